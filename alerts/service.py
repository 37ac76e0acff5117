"""Alerts on what a service's callers feel: no traffic, no target, slow answers."""

from alerts import outages
from alerts.texts import SERVICE_TEXT
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.settings.model import Settings
from recording_rules import requests
from recording_rules.conditions import slow
from recording_rules.levels import SERVED


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds; raises GlassboxError where one cannot be asked of our histograms."""
    limits = settings.thresholds
    return AlertGroup(
        "inference-service",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceQPSLow",
                expr=sum_by(SERVED, instant(requests.REQUESTS)) < limits.qps_low,
                # Pending at the first evaluation, firing at the third in a row.
                for_=f"{2 * settings.evaluation_interval_seconds}s",
                severity=Severity.TICKET,
                also_explained_on=(("inference-overview", "QPS now"),),
                panel=("inference-overview", "QPS"),
                summary=f"{SERVICE_TEXT} serves fewer than {limits.qps_low:g} requests/s",
                description=f"{SERVICE_TEXT} finished {{{{ $value | humanize }}}} requests/s over the last minute, "
                f"below {limits.qps_low:g} at three evaluations in a row. Either callers are gone, or requests do not get through.",
            ),
            *outages.alerts(settings),
            Alert(
                name="InferenceLatencyHigh",
                expr=slow(settings, SERVED),
                # Longer than the rate's window, in which a single slow minute stays for five.
                for_="10m",
                severity=Severity.TICKET,
                panel=("llm-serving", "End-to-end latency"),
                summary=f"{SERVICE_TEXT} answers slowly",
                description="{{ $value | humanizePercentage }} of the requests of the last 5 minutes took longer than "
                f"{limits.latency_high_seconds:g} s; {limits.latency_high_share_ratio:.0%} may.",
            ),
        ),
    )
