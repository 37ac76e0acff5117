"""One server process each, for finding the replica that differs. Its data-parallel ranks are added up.

A mean is recorded as such here: below the replica nothing is averaged, and above it nobody may average means.
"""

from kit.promql import max_by, mean, rate, sum_by
from kit.rules import Record, RecordGroup
from metrics import service, vllm
from recording_rules import sources
from recording_rules.levels import INSTANCE
from recording_rules.sources import rates

RUNNING = Record(
    "instance:inference_requests_running:sum",
    sum_by(INSTANCE, sources.RUNNING),
    "Requests in work on one replica. Whatever has this series can be seen by the boards and alerts.",
)
WAITING = Record(
    "instance:inference_requests_waiting:sum",
    sum_by(INSTANCE, sources.WAITING),
    "Requests that wait for the engines of one replica.",
)
KV_CACHE_USAGE = Record(
    "instance:inference_kv_cache_usage_ratio:max",
    max_by(INSTANCE, sources.KV_CACHE_USAGE),
    "KV-cache use of the replica's fullest engine.",
)
REQUESTS = Record(
    "instance:inference_requests:rate5m",
    sum_by(INSTANCE, rates(vllm.REQUEST_SUCCESS, service.HTTP_REQUESTS, "5m")),
    "Finished requests each second.",
)
GENERATION_TOKENS = Record(
    "instance:inference_generation_tokens:rate5m",
    sum_by(INSTANCE, rate(vllm.GENERATION_TOKENS, "5m")),
    "Output tokens each second.",
)
TIME_TO_FIRST_TOKEN = Record(
    "instance:inference_time_to_first_token_seconds:mean5m",
    mean(
        sum_by(INSTANCE, rate(vllm.TIME_TO_FIRST_TOKEN.sum, "5m")),
        sum_by(INSTANCE, rate(vllm.TIME_TO_FIRST_TOKEN.count, "5m")),
    ),
    "Mean time to first token; nothing without requests.",
)
DURATION = Record(
    "instance:inference_request_duration_seconds:mean5m",
    mean(
        sum_by(INSTANCE, rates(vllm.E2E_REQUEST_LATENCY.sum, service.HTTP_REQUEST_DURATION.sum, "5m")),
        sum_by(INSTANCE, rates(vllm.E2E_REQUEST_LATENCY.count, service.HTTP_REQUEST_DURATION.count, "5m")),
    ),
    "Mean time of a request from arrival to the end of the answer; nothing without requests.",
)

GROUP = RecordGroup(
    "instances", (RUNNING, WAITING, KV_CACHE_USAGE, REQUESTS, GENERATION_TOKENS, TIME_TO_FIRST_TOKEN, DURATION)
)
