"""What vLLM's HTTP server exposes beside requests by status, and operations of its developers' endpoints.

`prometheus-fastapi-instrumentator` 8.1 makes those without a prefix: they do not say of which model, and leave out the metrics' own paths.
"""

from glassbox.metrics.types import Counter, Gauge, Histogram, SummaryMetric, Unit

_FIRST, _REALTIME = "appears with the first request", "only with the realtime endpoint"
_SLEEP, _WEIGHTS = "only with the endpoints for sleep", "only with the endpoints for new weights"
_OPERATION_SECONDS = (0.01, 0.1, 1, 10, 30, 60, 120, 300, 600)

HTTP_DURATION = Histogram(
    name="http_request_duration_seconds",
    unit=Unit.SECONDS,
    labels=("handler", "method"),
    bounds=(0.1, 0.5, 1),
    shared_name=True,
    help="Time of an HTTP request, all of a stream included.",
    often_absent=_FIRST,
)
HTTP_DURATION_OF_ALL = Histogram(
    name="http_request_duration_highr_seconds",
    unit=Unit.SECONDS,
    bounds=(0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60),
    shared_name=True,
    help="The same of all paths together, in finer buckets.",
)
HTTP_REQUEST_SIZE = SummaryMetric(
    name="http_request_size_bytes",
    unit=Unit.BYTES,
    labels=("handler",),
    shared_name=True,
    help="Length of an HTTP request as its header says it.",
    often_absent=_FIRST,
)
HTTP_RESPONSE_SIZE = SummaryMetric(
    name="http_response_size_bytes",
    unit=Unit.BYTES,
    labels=("handler",),
    shared_name=True,
    help="Length of an HTTP answer as its header says it; streams have none.",
    often_absent=_FIRST,
)
WEBSOCKETS = Counter(
    name="vllm:websocket_connections_total",
    unit=Unit.EVENTS,
    help="WebSocket connections.",
    since="0.18.0",
    often_absent=_REALTIME,
)
WEBSOCKETS_ACTIVE = Gauge(
    name="vllm:websocket_connections_active",
    unit=Unit.EVENTS,
    help="WebSocket connections that are open.",
    since="0.18.0",
    often_absent=_REALTIME,
)
WEBSOCKET_DURATION = Histogram(
    name="vllm:websocket_connection_duration_seconds",
    unit=Unit.SECONDS,
    bounds=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800),
    help="How long a WebSocket connection was open.",
    since="0.18.0",
    often_absent=_REALTIME,
)
SLEEP_DURATION = Histogram(
    name="vllm:sleep_mode_operation_duration_seconds",
    unit=Unit.SECONDS,
    labels=("operation",),
    bounds=_OPERATION_SECONDS,
    help="Time of an operation: sleep, release_kv_cache_memory or wake.",
    since="0.32.0",
    often_absent=_SLEEP,
)
SLEEP_IN_FLIGHT = Gauge(
    name="vllm:sleep_mode_operations_in_flight",
    unit=Unit.EVENTS,
    labels=("operation",),
    help="Such operations that have not ended.",
    since="0.32.0",
    often_absent=_SLEEP,
)
WEIGHTS_DURATION = Histogram(
    name="vllm:rl_weight_update_operation_duration_seconds",
    unit=Unit.SECONDS,
    labels=("operation",),
    bounds=_OPERATION_SECONDS,
    help="Time of an operation on new weights: init, shutdown, start, start_draft, update or finish.",
    since="0.32.0",
    often_absent=_WEIGHTS,
)
WEIGHTS_IN_FLIGHT = Gauge(
    name="vllm:rl_weight_update_operations_in_flight",
    unit=Unit.EVENTS,
    labels=("operation",),
    help="Such operations that have not ended.",
    since="0.32.0",
    often_absent=_WEIGHTS,
)
