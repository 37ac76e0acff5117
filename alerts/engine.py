"""Alerts on the engine's saturation: memory, queue and speed."""

from kit.promql import deriv, instant, over_time
from kit.rules import Alert, AlertGroup, Severity
from kit.settings import Settings
from recording_rules import engine

_WHO = "{{ $labels.model_name }} ({{ $labels.job }})"
_GROWTH_WINDOW_SECONDS = 600


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds."""
    limits = settings.thresholds
    tokens = instant(engine.GENERATION_TOKENS)
    tokens_per_request = tokens / over_time("avg", engine.RUNNING, "5m")
    always_queued = over_time("min", engine.WAITING_FOR_CAPACITY, "5m") > 0
    # A queue that is long but steady makes the slope flip around 0; one request more in ten minutes is growth.
    growing = deriv(engine.WAITING_FOR_CAPACITY, "10m") * _GROWTH_WINDOW_SECONDS >= 1
    return AlertGroup(
        "inference-engine",
        (
            Alert(
                name="InferenceKVCacheNearlyFull",
                expr=instant(engine.KV_CACHE_USAGE_MAX) > limits.kv_cache_high_ratio,
                for_="1m",
                severity=Severity.TICKET,
                summary=f"KV cache of {_WHO} is nearly full",
                description="The fullest engine uses {{ $value | humanizePercentage }} of its KV cache, above "
                f"{limits.kv_cache_high_ratio:.0%} for a minute. Full alone is normal under load; with waiting requests or preemptions, memory limits the batch.",
            ),
            Alert(
                name="InferenceQueueGrowing",
                expr=always_queued.and_(growing),
                for_="5m",
                severity=Severity.TICKET,
                summary=f"Queue of {_WHO} keeps growing",
                description="Never fewer than {{ $value | humanize }} requests waited for capacity in the last 5 minutes, and the queue grows: "
                "more arrives than is served.",
            ),
            Alert(
                name="InferenceThroughputLow",
                expr=(tokens < limits.tokens_low_per_second)
                .and_(tokens_per_request < limits.tokens_low_per_second_per_request)
                .and_(over_time("min", engine.RUNNING, "5m") > 0),
                for_="10m",
                severity=Severity.TICKET,
                summary=f"{_WHO} generates slowly",
                description="{{ $value | humanize }} tokens/s in all while requests are running, "
                f"below {limits.tokens_low_per_second:g} in all and below {limits.tokens_low_per_second_per_request:g} for each running request.",
            ),
        ),
    )
