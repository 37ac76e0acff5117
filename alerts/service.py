"""Alerts on what a service's callers notice: no traffic, no target, slow answers."""

from alerts import outages
from alerts.texts import SERVICE_TEXT
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings
from recording_rules import judging, requests
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import SERVED
from recording_rules.slowness import slow


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
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
                description=f"{SERVICE_TEXT} finished {{{{ $value | humanize }}}} requests/s over the last minute, and it stays below {limits.qps_low:g}. Either there are no callers, or requests do not get through; if InferenceNothingAnswered or InferenceEngineStalled fires, they do not.",
                cannot_see="Whether callers stopped or requests get stuck: it counts finished requests only. A service without any target: InferenceNoCapacity pages. One model's traffic that is missing among that of others with the same job and name. Prefill instances without the label inference_role count each request twice.",
            ),
            *outages.alerts(settings),
            Alert(
                name="InferenceLatencyHigh",
                expr=slow(limits, SERVED),
                # Longer than the rate's window, in which a single slow minute stays for five.
                for_="10m",
                severity=Severity.TICKET,
                also_explained_on=(("inference-overview", "Latency p95"),),
                panel=("llm-serving", "Slow requests"),
                summary=f"{SERVICE_TEXT} answers slowly",
                description=f"{{{{ $value | humanizePercentage }}}} of the requests of the {last(RATE_WINDOW_SECONDS)} took longer than {limits.latency_high_seconds:g} s, have waited for longer, or were given up. Up to {percent(limits.latency_high_share_ratio)} is allowed.",
                cannot_see=f"Requests in work, which count when they finish or are given up: InferenceEngineStalled and InferenceNothingAnswered see those that do neither. Queues in front of a service of ours, a router or a gateway. A queue's requests count once in {span(RATE_WINDOW_SECONDS)}, so those given up there sooner are more than the share says; and a short queue at one replica may be hidden by others that start requests fast. The time in prefill instances, which is in the mean time by phase; without the label inference_role, their requests dilute the share of slow ones. {judging.slow_counted_at(settings)}".strip(),
            ),
        ),
    )
