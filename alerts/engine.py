"""Alerts on the engine's saturation: memory, queue and speed."""

from alerts.texts import MODEL_TEXT
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, deriv, duration_seconds, instant, over_time, sum_by
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.selectors import regex
from glassbox.query.wording import last, percent
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, requests
from recording_rules.levels import MODEL

_QUEUE_WINDOW, _GROWTH_WINDOW = "5m", "10m"
# A long queue of constant length still varies by some requests, and a short one by most of its length:
# only more than both within the window counts as growth.
_GROWTH_RATIO = 0.2
_GROWTH_REQUESTS = 5
# Work that is nearly all prefill, such as OCR, reads thousands of tokens per second per request and writes few.
# A slow engine reads hardly more than it writes.
_PREFILL_TOKENS_PER_SECOND_PER_REQUEST = 100


def _queue_grows() -> Expr:
    """The shortest queue within the window, where the queue grows and requests wait now."""
    waiting = engine.WAITING_FOR_CAPACITY
    shortest = over_time("min", waiting, _QUEUE_WINDOW) > 0
    growth = deriv(waiting, _GROWTH_WINDOW) * duration_seconds(_GROWTH_WINDOW)
    notable = clamp_min(over_time("avg", waiting, _GROWTH_WINDOW) * _GROWTH_RATIO, _GROWTH_REQUESTS)
    # The windows still contain a model that has gone; its current queue does not.
    return shortest.and_(growth >= notable).and_(instant(waiting))


def _generates_slowly(limits: Thresholds) -> Expr:
    """Output tokens per second of a model that is never idle, where they are few and the model is not busy reading input."""
    tokens = instant(engine.GENERATION_TOKENS)
    mean_running = over_time("avg", engine.RUNNING, "5m")
    few = (tokens < limits.tokens_low_per_second).and_(tokens / mean_running < limits.tokens_low_per_second_per_request)
    never_idle = over_time("min", engine.RUNNING, "5m") > 0
    # As above: a model that has gone is not slow.
    runs_now = instant(engine.RUNNING)
    reads = instant(engine.PROMPT_TOKENS) / mean_running >= _PREFILL_TOKENS_PER_SECOND_PER_REQUEST
    return few.and_(never_idle).and_(runs_now).unless(reads).unless(_answers_without_tokens())


def _answers_without_tokens() -> Expr:
    """Models that finish requests and generate nothing, such as embedders and rerankers. A generated answer has a token at least."""
    answered = instant(requests.REQUESTS_FINISHED, finished_reason=regex("stop|length"))
    return (sum_by(MODEL, answered) > 0).and_(instant(engine.GENERATION_TOKENS).equals(0))


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
    limits = settings.thresholds
    return AlertGroup(
        "inference-engine",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceKVCacheNearlyFull",
                # The record is of a minute of each engine: another wait would add to it.
                expr=instant(engine.KV_CACHE_USAGE_LASTING) > limits.kv_cache_high_ratio,
                for_="0s",
                severity=Severity.TICKET,
                also_explained_on=(("llm-serving", "KV cache, fullest"), ("replicas", "KV cache, fullest")),
                cannot_see="A cache that falls at least once a minute, as that of a saturated engine does whenever long requests end: InferenceKVCacheFullAndQueueing sees it where requests wait. Look at the preemptions there.",
                panel=("llm-serving", "KV cache usage"),
                summary=f"KV cache of {MODEL_TEXT} is nearly full",
                description=f"For a minute, one engine has used at least {{{{ $value | humanizePercentage }}}} of its KV cache, above {percent(limits.kv_cache_high_ratio)}. A full cache alone is normal under load. With waiting requests or preemptions, memory limits the batch.",
            ),
            Alert(
                name="InferenceQueueGrowing",
                expr=_queue_grows(),
                for_="5m",
                severity=Severity.TICKET,
                cannot_see="A long queue that stays as long as it is: see InferenceSaturated. It does not see requests that wait in a router or gateway in front of the engine.",
                panel=("llm-serving", "Waiting by reason"),
                summary=f"Queue of {MODEL_TEXT} keeps growing",
                description=f"At least {{{{ $value | humanize }}}} requests waited for capacity throughout the {last(_QUEUE_WINDOW)}, and the queue grows. More requests arrive than are served.",
            ),
            Alert(
                name="InferenceThroughputLow",
                expr=_generates_slowly(limits),
                for_="10m",
                severity=Severity.TICKET,
                cannot_see="A slow engine that is idle now and then, or that is busy reading input. One slow replica beside others, whose tokens count too: the Replicas board compares them. Tokens of answers that callers give up count as output. It compares with fixed limits, not with what the model usually does.",
                panel=("llm-serving", "Tokens"),
                summary=f"{MODEL_TEXT} generates slowly",
                description=f"{{{{ $value | humanize }}}} tokens/s in total while requests are running. That is below {limits.tokens_low_per_second:g} in total, and below {limits.tokens_low_per_second_per_request:g} per running request.",
            ),
        ),
    )
