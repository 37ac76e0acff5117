"""Alerts on how the engine's work goes wrong: stuck, thrashing, full, held up in front, cut off, repeating, refused."""

from alerts.texts import MODEL_TEXT
from glassbox.query.promql import duration_seconds, instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, workload
from recording_rules.conditions import (
    PREEMPTION_WINDOW_SECONDS,
    PREEMPTIONS_NOTABLE,
    TRUNCATED_FACTOR,
    finished_share,
    frontend_bound,
    preempts_too_often,
    queues_without_end,
    served_now,
    truncates_more_than_usual,
    with_enough_requests,
)
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL
from recording_rules.memory import USUAL_OFFSET, USUAL_WINDOW
from recording_rules.workload import STALL_WINDOW, STALLED

# With the recorded window of 2 minutes: 5 minutes without a token.
_STALL_WAIT = "3m"
_SHARE = "{{ $value | humanizePercentage }}"


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
    limits = settings.thresholds
    return AlertGroup("inference-saturation", Subject.INFERENCE, (*_engine_alerts(limits), *_answer_alerts(limits)))


def _engine_alerts(limits: Thresholds) -> tuple[Alert, ...]:
    """What holds the engine back."""
    return (
        Alert(
            name="InferenceEngineStalled",
            expr=instant(STALLED),
            for_=_STALL_WAIT,
            severity=Severity.PAGE,
            cannot_see="An engine that still reads or writes a token now and then, and one that hangs without running requests. Failed health checks show the second.",
            also_explained_on=(("inference-overview", "Health"),),
            panel=("replicas", "Running by replica"),
            summary=f"{MODEL_TEXT} hangs on {{{{ $labels.instance }}}}, engine {{{{ $labels.engine }}}}",
            description=f"{{{{ $value | humanize }}}} requests are in the batch, but for {span(duration_seconds(STALL_WINDOW) + duration_seconds(_STALL_WAIT))} the engine has neither read nor written a token.",
        ),
        Alert(
            name="InferencePreemptionThrash",
            expr=preempts_too_often(limits),
            for_="10m",
            severity=Severity.TICKET,
            cannot_see=f"Fewer than {PREEMPTIONS_NOTABLE} preemptions within its window, and a single thrashing replica among many healthy ones. See the preemptions of each replica.",
            panel=("llm-serving", "Preemptions per finished request"),
            summary=f"{MODEL_TEXT} does work twice",
            description=f"{{{{ $value | humanize }}}} requests were preempted within {span(PREEMPTION_WINDOW_SECONDS)}, more than {limits.preemptions_per_request:g} per finished request. Their work is done again.",
        ),
        Alert(
            name="InferenceKVCacheFullAndQueueing",
            # The record is of ten minutes of each engine: another wait would add to them.
            expr=instant(engine.KV_CACHE_USAGE_QUEUEING) > limits.kv_cache_full_ratio,
            for_="0s",
            severity=Severity.TICKET,
            cannot_see=f"A queue that is empty at one scrape within {span(engine.QUEUEING_WINDOW)}, or a cache that is full for less than half of them: see the preemptions and InferenceSaturated there. It does not see requests that wait in a router in front of the engine.",
            panel=("llm-serving", "KV cache usage"),
            summary=f"{MODEL_TEXT} queues for lack of KV cache",
            description=f"For half of the {last(engine.QUEUEING_WINDOW)}, one engine used at least {_SHARE} of its KV cache, above {percent(limits.kv_cache_full_ratio)}, and requests waited for it all the time.",
        ),
        Alert(
            name="InferenceSaturated",
            expr=queues_without_end(limits),
            for_="10m",
            severity=Severity.TICKET,
            cannot_see="Requests that are given up in the queue while others finish fast: they enter no queue time. InferenceLatencyHigh counts those that wait for longer than its bound. One saturated replica among many may stay below the share.",
            panel=("llm-serving", "Mean time by phase"),
            summary=f"Requests to {MODEL_TEXT} spend their time in the queue",
            description=f"{{{{ if lt $value 1.0 }}}}Finished requests spent {_SHARE} of their time waiting for the engine, above {percent(limits.queue_share_ratio)}.{{{{ else }}}}No request finished.{{{{ end }}}} The queue was never empty.",
        ),
        Alert(
            name="InferenceFrontendBound",
            expr=frontend_bound(limits),
            for_="15m",
            severity=Severity.TICKET,
            cannot_see=f"Time that requests spend before they reach the server, and requests that never reach the engine. Where fewer than {limits.minimum_requests} reach it and finish within {span(RATE_WINDOW_SECONDS)}, it is silent: InferenceQPSLow sees few requests, whatever the reason.",
            panel=("llm-serving", "Mean time by phase"),
            summary=f"{MODEL_TEXT} is held up in front of the engine",
            description=f"Finished requests spent {_SHARE} of their time before the engine got them, above {percent(limits.frontend_share_ratio)}. That time goes to the template, media download and preprocessing.",
        ),
    )


def _answer_alerts(limits: Thresholds) -> tuple[Alert, ...]:
    """What callers get instead of a complete answer."""
    return (
        Alert(
            name="InferenceTruncationSpike",
            expr=truncates_more_than_usual(limits),
            for_="30m",
            severity=Severity.TICKET,
            panel=("llm-serving", "Finished requests by reason"),
            summary=f"{MODEL_TEXT} cuts off more answers than usual",
            description=f"{_SHARE} of the answers were cut off at their token limit. That is more than {percent(limits.truncated_share_ratio)}, and more than {TRUNCATED_FACTOR} times the usual share: that of the {span(USUAL_WINDOW)} that ended {span(USUAL_OFFSET)} ago, all versions together, without times in which this alert's condition held.",
            cannot_see="A model that has cut off as many answers since its first hour: that share is its usual one. Engines that do not report why an answer ended. Truncation by a caller or a gateway. Answers that callers give up: they end for no reason that is counted.",
        ),
        Alert(
            name="InferenceRepetitionSpike",
            expr=with_enough_requests(finished_share("repetition") > limits.repetition_share_ratio, limits),
            for_="10m",
            severity=Severity.TICKET,
            cannot_see="Loops of engines before vLLM 0.17, which do not report them, loops that end at the token limit (see InferenceTruncationSpike), and loops that callers give up.",
            panel=("llm-serving", "Finished requests by reason"),
            summary=f"{MODEL_TEXT} repeats itself",
            description=f"{_SHARE} of the answers were ended because they ran in a loop. Up to {percent(limits.repetition_share_ratio)} is allowed.",
        ),
        Alert(
            name="InferenceAdmissionRejecting",
            expr=served_now(sum_by(MODEL, instant(workload.ADMISSION_REJECTIONS)) * RATE_WINDOW_SECONDS > 0),
            # As long as the rate's window, so that a single burst does not fire.
            for_="5m",
            severity=Severity.TICKET,
            cannot_see="Refusals by a gateway or router in front of the engine, and refusals of engines before vLLM 0.32. These show in the HTTP status codes.",
            panel=("llm-serving", "Refused requests"),
            summary=f"{MODEL_TEXT} refuses requests",
            description=f"{{{{ $value | humanize }}}} requests were refused with status 503 within {span(RATE_WINDOW_SECONDS)}, because the queue is at its limit.",
        ),
    )
