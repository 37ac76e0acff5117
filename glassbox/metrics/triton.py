"""What Triton exposes at /metrics on port 8002, as far as any query here uses it: of its core, and of its vLLM backend.

Names, labels and buckets were read from `src/metrics.cc` and `src/metric_model_reporter.cc` of its core, commit 73aad7c3 (June 2026),
and from `src/utils/metrics.py` of the backend, commit 8de0c148 (January 2026); nothing was run. Counters have no `_total`.

Models are the label `model`, with their `version`, an ensemble beside the models that it is made of. The backend uses vLLM's names
with these labels, other buckets, and inter-token times under an old name. Of models that answer while they run on (decoupled), as
the backend's do, the core's durations and pending requests are not those of a request (triton-inference-server/server, issues
8463 and 6494), so that they are read only of models of which neither it nor the TensorRT-LLM backend says anything.
"""

from dataclasses import replace

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Histogram, Metric, Unit

_MODEL = ("model", "version")
# With a card per model there is a series for each.
_CORE = (*_MODEL, "gpu_uuid")
_MICROSECONDS, _MILLISECONDS = 1e-6, 1e-3

FIRST_TOKEN_SECONDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5)
REQUEST_SECONDS = (1, 2.5, 5, 10, 15, 20, 30, 40, 50, 60)
# 1, 2, 5, 10, ... as far as the longest context goes.
REQUEST_TOKENS = (
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000,
    10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
)  # fmt: skip  # a grid reads as one line

REQUEST_SUCCESS = Counter(
    name="nv_inference_request_success",
    unit=Unit.REQUESTS,
    labels=_CORE,
    help="Requests that ended well.",
)
REQUEST_FAILURE = Counter(
    name="nv_inference_request_failure",
    unit=Unit.REQUESTS,
    labels=(*_CORE, "reason"),
    help="Requests that failed: REJECTED, CANCELED, BACKEND or OTHER.",
)
REQUEST_DURATION_MICROSECONDS = Counter(
    name="nv_inference_request_duration_us",
    unit=Unit.SECONDS,
    labels=_CORE,
    help="Time of all requests, in microseconds.",
)
QUEUE_DURATION_MICROSECONDS = Counter(
    name="nv_inference_queue_duration_us",
    unit=Unit.SECONDS,
    labels=_CORE,
    help="Time of all requests in the queue, in microseconds.",
)
PENDING_REQUESTS = Gauge(
    name="nv_inference_pending_request_count",
    unit=Unit.REQUESTS,
    labels=_CORE,
    help="Requests that wait for an instance of the model.",
)
TRT_LLM_REQUESTS = Gauge(
    name="nv_trt_llm_request_metrics",
    unit=Unit.REQUESTS,
    labels=(*_MODEL, "request_type"),
    help="Requests of the TensorRT-LLM backend by state; read to know its models.",
    often_absent="only with the TensorRT-LLM backend",
)
FIRST_RESPONSE_MILLISECONDS = Histogram(
    name="nv_inference_first_response_histogram_ms",
    unit=Unit.SECONDS,
    labels=_CORE,
    bounds=(100, 500, 2000, 5000),
    help="Arrival to the first response of a decoupled model, in milliseconds.",
    often_absent="only with --metrics-config histogram_latencies=true",
)
PROMPT_TOKENS = Counter(
    name="vllm:prompt_tokens_total", unit=Unit.TOKENS, labels=_MODEL, help="Prompt tokens, of the vLLM backend."
)
GENERATION_TOKENS = Counter(
    name="vllm:generation_tokens_total", unit=Unit.TOKENS, labels=_MODEL, help="Generated tokens, of the vLLM backend."
)
TIME_TO_FIRST_TOKEN = Histogram(
    name="vllm:time_to_first_token_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=FIRST_TOKEN_SECONDS,
    help="Arrival at the vLLM backend to the first token.",
)
INTER_TOKEN_LATENCY = Histogram(
    name="vllm:time_per_output_token_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=TOKEN_SECONDS,
    help="Time between two tokens of one request, in spite of its name.",
)
E2E_REQUEST_LATENCY = Histogram(
    name="vllm:e2e_request_latency_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=REQUEST_SECONDS,
    help="Arrival at the vLLM backend to the last token.",
)
REQUEST_PROMPT_TOKENS = Histogram(
    name="vllm:request_prompt_tokens",
    unit=Unit.TOKENS,
    labels=_MODEL,
    bounds=REQUEST_TOKENS,
    ends_at="max_model_len",
    help="Prompt tokens of a finished request of the vLLM backend.",
)
REQUEST_GENERATION_TOKENS = Histogram(
    name="vllm:request_generation_tokens",
    unit=Unit.TOKENS,
    labels=_MODEL,
    bounds=REQUEST_TOKENS,
    ends_at="max_model_len",
    help="Generated tokens of a finished request of the vLLM backend.",
)

_RENAMED = {"model": "model_name", "version": "model_version"}


def _of_core(metric: Metric, scale: float = 1, **where: str) -> Reading:
    return Reading(metric=metric, where=where, scale=scale, renamed=_RENAMED)


def _failures(*reasons: str) -> Reading:
    return _of_core(REQUEST_FAILURE, reason="|".join(reasons))


def _of_vllm(metric: Metric) -> Reading:
    """Where a label of the target names a model, vLLM's own rules take these series for a server's."""
    return Reading(metric=metric, where={"model": ".+", "model_name": ""}, renamed=_RENAMED)


def _of_waiting(metric: Metric, scale: float = 1) -> Reading:
    """The two backends queue requests within themselves."""
    inside = (_of_vllm(E2E_REQUEST_LATENCY.count), _of_core(TRT_LLM_REQUESTS))
    return replace(_of_core(metric, scale), unless=inside)


_OF_VLLM = "Of models of the vLLM backend."
_OF_OTHERS = "Of models of other backends than those of vLLM and TensorRT-LLM, which queue requests within themselves."
_OF_STREAMS = (
    "Of models of the vLLM backend, and of other decoupled ones with --metrics-config histogram_latencies=true."
)

ENGINE = Engine(
    name="triton",
    title="Triton",
    reports={
        roles.WAITING: _of_waiting(PENDING_REQUESTS),
        roles.PROMPT_TOKENS: _of_vllm(PROMPT_TOKENS),
        roles.GENERATION_TOKENS: _of_vllm(GENERATION_TOKENS),
        roles.LIVE_PROMPT_TOKENS: _of_vllm(PROMPT_TOKENS),
        roles.LIVE_GENERATION_TOKENS: _of_vllm(GENERATION_TOKENS),
        roles.FINISHED: (_of_vllm(E2E_REQUEST_LATENCY.count), _of_core(REQUEST_SUCCESS)),
        roles.REJECTIONS: _failures("REJECTED"),
        roles.ANSWERED: replace(_of_core(REQUEST_SUCCESS), also=(_failures("REJECTED", "BACKEND", "OTHER"),)),
        roles.FAILED: _failures("REJECTED", "BACKEND"),
        roles.LATENCY.bucket: _of_vllm(E2E_REQUEST_LATENCY.bucket),
        roles.LATENCY.sum: (
            _of_vllm(E2E_REQUEST_LATENCY.sum),
            _of_core(REQUEST_DURATION_MICROSECONDS, _MICROSECONDS),
        ),
        roles.LATENCY.count: (_of_vllm(E2E_REQUEST_LATENCY.count), _of_core(REQUEST_SUCCESS)),
        roles.TIME_TO_FIRST_TOKEN.bucket: _of_vllm(TIME_TO_FIRST_TOKEN.bucket),
        # The core's buckets are of milliseconds, and so are left out.
        roles.TIME_TO_FIRST_TOKEN.sum: (
            _of_vllm(TIME_TO_FIRST_TOKEN.sum),
            _of_core(FIRST_RESPONSE_MILLISECONDS.sum, _MILLISECONDS),
        ),
        roles.TIME_TO_FIRST_TOKEN.count: (
            _of_vllm(TIME_TO_FIRST_TOKEN.count),
            _of_core(FIRST_RESPONSE_MILLISECONDS.count),
        ),
        roles.QUEUE_TIME.sum: _of_waiting(QUEUE_DURATION_MICROSECONDS, _MICROSECONDS),
        roles.QUEUE_TIME.count: _of_waiting(REQUEST_SUCCESS),
        roles.INTER_TOKEN_LATENCY: _of_vllm(INTER_TOKEN_LATENCY),
        roles.PROMPT_LENGTH: _of_vllm(REQUEST_PROMPT_TOKENS),
        roles.OUTPUT_LENGTH: _of_vllm(REQUEST_GENERATION_TOKENS),
    },
    of_some_models={
        roles.WAITING: _OF_OTHERS,
        roles.QUEUE_TIME.sum: _OF_OTHERS,
        roles.QUEUE_TIME.count: _OF_OTHERS,
        roles.TIME_TO_FIRST_TOKEN.sum: _OF_STREAMS,
        roles.TIME_TO_FIRST_TOKEN.count: _OF_STREAMS,
        roles.TIME_TO_FIRST_TOKEN.bucket: _OF_VLLM,
        roles.LATENCY.bucket: _OF_VLLM,
        **dict.fromkeys(
            (
                roles.PROMPT_TOKENS,
                roles.GENERATION_TOKENS,
                roles.LIVE_PROMPT_TOKENS,
                roles.LIVE_GENERATION_TOKENS,
                roles.INTER_TOKEN_LATENCY,
                roles.PROMPT_LENGTH,
                roles.OUTPUT_LENGTH,
            ),
            _OF_VLLM,
        ),
    },
    not_reported={
        roles.RUNNING: "There is no such gauge.",
        roles.WAITING_BY_REASON: "There is no such gauge.",
        roles.KV_CACHE_USAGE: "The vLLM backend has no such gauge.",
        roles.SLEEP_STATE: "There is no such gauge.",
        roles.PREEMPTIONS: "The vLLM backend has no such counter.",
        roles.PREFIX_CACHE_QUERIES: "The vLLM backend has no such counter.",
        roles.PREFIX_CACHE_HITS: "The vLLM backend has no such counter.",
        roles.MM_CACHE_QUERIES: "There is no such counter.",
        roles.MM_CACHE_HITS: "There is no such counter.",
        roles.DRAFT_TOKENS: "The vLLM backend has no such metric.",
        roles.ACCEPTED_TOKENS: "The vLLM backend has no such metric.",
        roles.STEP_DRAFT: "The vLLM backend has no such metric.",
        roles.STEP_YIELD: "The vLLM backend has no such metric.",
        roles.ANSWERED_BY_PROCESS: "Answers are counted with their model.",
        roles.FAILED_BY_PROCESS: "Answers are counted with their model.",
        roles.TIME_PER_OUTPUT_TOKEN: "Only the time between two tokens is observed.",
        roles.QUEUE_TIME.bucket: "The core has a sum of the time in its queue.",
        roles.PREFILL_TIME: "The vLLM backend has no such histogram.",
        roles.DECODE_TIME: "The vLLM backend has no such histogram.",
        roles.INFERENCE_TIME: "The vLLM backend has no such histogram.",
        roles.STEP_TOKENS: "The vLLM backend has no such histogram.",
    },
)
