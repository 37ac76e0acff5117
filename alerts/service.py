"""Alerts on what a service's callers feel: no traffic, no target, slow answers."""

from kit.errors import GlassboxError
from kit.expr import Expr, QueryError
from kit.promql import absent, changes, instant, over_time, sum_by
from kit.rules import Alert, AlertGroup, Severity, Subject
from kit.settings import Settings
from metrics import scrape
from recording_rules import requests, targets
from recording_rules.histograms import RATE_WINDOW_SECONDS

_SERVICE = ("job", "model_name")
_SERVICE_TEXT = "{{ $labels.job }}{{ with $labels.model_name }} {{ . }}{{ end }}"

# Long enough to wake somebody, short enough that a job removed for good is forgotten the same day.
# Jobs that must never vanish are the settings' `jobs.expected`.
_VANISHED_JOBS_REMEMBERED = "1h"
_FLAPPING_WINDOW = "10m"
_FLAPPING_UP_RATIO = 0.5
# Down, up, down, up: an outage and its recovery are two changes.
_FLAPPING_CHANGES = 4

_DOWN_SUMMARY = (
    "{{ $labels.job }}{{ if $labels.instance }} on {{ $labels.instance }} "
    "{{ if $value }}fails most scrapes{{ else }}is down{{ end }}{{ else }} has no targets left{{ end }}"
)
_DOWN_DESCRIPTION = (
    "{{ if $labels.instance }}Prometheus cannot scrape {{ $labels.instance }} of {{ $labels.job }}"
    "{{ if $value }} most of the time: {{ $value | humanizePercentage }} of the scrapes of the last 10 minutes succeeded{{ end }}."
    "{{ else }}Prometheus knows no target of {{ $labels.job }} any more: all are gone, or service discovery lost them.{{ end }}"
)


def _flapping() -> Expr:
    """The share of scrapes that succeeded, of targets that go down again and again and are down more than up."""
    up_ratio = over_time("avg", scrape.UP, _FLAPPING_WINDOW)
    often = changes(scrape.UP, _FLAPPING_WINDOW) >= _FLAPPING_CHANGES
    # The windows remember a target that has gone; `up` of this moment does not.
    return (up_ratio < _FLAPPING_UP_RATIO).and_(often).and_(instant(scrape.UP))


def _gone(settings: Settings) -> Expr:
    """Targets that do not answer, jobs that had targets until lately, expected jobs without any."""
    remembered = over_time("last", targets.TARGETS, _VANISHED_JOBS_REMEMBERED)
    gone = instant(scrape.UP).equals(0).or_(remembered.unless(instant(targets.TARGETS)))
    for job in settings.jobs.expected:
        # A vanished job is found above already, with the same labels; `or` keeps one of the two.
        gone = gone.or_(absent(scrape.UP, job=job))
    return gone


def _down(settings: Settings) -> Expr:
    """What is gone, at 0, and what flaps, at its share of good scrapes."""
    # Grafana tells alerts apart by the metric's name too. The product drops it, so that a target stays one alert
    # while it changes between down and flapping.
    return _flapping().or_(_gone(settings) * 0)


def _share_slow(settings: Settings) -> Expr:
    try:
        bound_seconds = settings.thresholds.latency_high_seconds
        return requests.DURATION.share_above(bound_seconds, _SERVICE, settings.histogram_buckets)
    except QueryError as error:
        raise GlassboxError(f"Setting thresholds.latency_high_seconds: {error}") from None


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds; raises GlassboxError where one cannot be asked of our histograms."""
    limits = settings.thresholds
    slow = _share_slow(settings)
    enough = sum_by(_SERVICE, instant(requests.DURATION.count)) * RATE_WINDOW_SECONDS >= limits.minimum_requests
    return AlertGroup(
        "inference-service",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceQPSLow",
                expr=sum_by(_SERVICE, instant(requests.REQUESTS)) < limits.qps_low,
                # Pending at the first evaluation, firing at the third in a row.
                for_=f"{2 * settings.evaluation_interval_seconds}s",
                severity=Severity.TICKET,
                panel=("inference-service", "QPS"),
                summary=f"{_SERVICE_TEXT} serves fewer than {limits.qps_low:g} requests/s",
                description=f"{_SERVICE_TEXT} finished {{{{ $value | humanize }}}} requests/s over the last minute, "
                f"below {limits.qps_low:g} at three evaluations in a row. Either callers are gone, or requests do not get through.",
            ),
            Alert(
                name="InferenceInstanceDown",
                expr=_down(settings),
                for_=f"{limits.down_seconds}s",
                severity=Severity.PAGE,
                panel=("inference-service", "Health"),
                summary=_DOWN_SUMMARY,
                description=_DOWN_DESCRIPTION,
            ),
            Alert(
                name="InferenceLatencyHigh",
                expr=(slow > limits.latency_high_share_ratio).and_(enough),
                # Longer than the rate's window, in which a single slow minute stays for five.
                for_="10m",
                severity=Severity.TICKET,
                panel=("llm-serving", "End-to-end latency"),
                summary=f"{_SERVICE_TEXT} answers slowly",
                description="{{ $value | humanizePercentage }} of the requests of the last 5 minutes took longer than "
                f"{limits.latency_high_seconds:g} s; {limits.latency_high_share_ratio:.0%} may.",
            ),
        ),
    )
