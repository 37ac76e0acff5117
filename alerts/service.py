"""Alerts on what a service's callers feel: no traffic, no target, slow answers."""

from kit.expr import Expr
from kit.promql import absent, instant, over_time, sum_by
from kit.rules import Alert, AlertGroup, Severity
from kit.settings import Settings
from metrics import scrape
from recording_rules import requests, targets

_SERVICE = ("job", "model_name")
_RATE_WINDOW_SECONDS = 300


def _down(settings: Settings) -> Expr:
    """A target that does not answer, a job that had targets within the last day, an expected job without any."""
    vanished = over_time("last", targets.TARGETS, "1d").unless(instant(targets.TARGETS)) * 0
    down = instant(scrape.UP).equals(0).or_(vanished)
    for job in settings.jobs.expected:
        # A vanished job is found above already, with the same labels; `or` keeps one of the two.
        down = down.or_(absent(scrape.UP, job=job) * 0)
    return down


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds."""
    limits = settings.thresholds
    slow = requests.DURATION.share_above(limits.latency_high_seconds, _SERVICE)
    enough = sum_by(_SERVICE, instant(requests.DURATION.count)) * _RATE_WINDOW_SECONDS >= limits.minimum_requests
    return AlertGroup(
        "inference-service",
        (
            Alert(
                name="InferenceQPSLow",
                expr=sum_by(_SERVICE, instant(requests.REQUESTS)) < limits.qps_low,
                # Pending at the first evaluation, firing at the third in a row.
                for_=f"{2 * settings.evaluation_interval_seconds}s",
                severity=Severity.TICKET,
                summary="{{ $labels.job }} serves fewer than " + f"{limits.qps_low:g} requests/s",
                description="{{ $labels.job }} {{ $labels.model_name }} finished {{ $value | humanize }} requests/s over the last minute, "
                f"below {limits.qps_low:g} at three evaluations in a row. Either callers are gone, or requests do not get through.",
            ),
            Alert(
                name="InferenceInstanceDown",
                expr=_down(settings),
                for_="1m",
                severity=Severity.PAGE,
                summary="{{ $labels.job }}{{ if $labels.instance }} on {{ $labels.instance }} is down{{ else }} has no targets left{{ end }}",
                description="{{ if $labels.instance }}Prometheus cannot scrape {{ $labels.instance }} of {{ $labels.job }}."
                "{{ else }}Prometheus knows no target of {{ $labels.job }} any more: all are gone, or service discovery lost them.{{ end }}",
            ),
            Alert(
                name="InferenceLatencyHigh",
                expr=(slow > limits.latency_high_share_ratio).and_(enough),
                for_="5m",
                severity=Severity.TICKET,
                summary="{{ $labels.job }} {{ $labels.model_name }} answers slowly",
                description="{{ $value | humanizePercentage }} of the requests of the last 5 minutes took longer than "
                f"{limits.latency_high_seconds:g} s; {limits.latency_high_share_ratio:.0%} may.",
            ),
        ),
    )
