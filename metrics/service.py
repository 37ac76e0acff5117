"""What our own exporter exposes (package glassbox_exporter) beside an inference service of any kind."""

from metrics.types import Counter, Gauge, Histogram, Unit
from metrics.vllm import REQUEST_SECONDS

# vLLM's own grid, so that two engines are compared on equal buckets, with three finer steps below it.
DURATION_SECONDS = (0.05, 0.1, 0.2, *REQUEST_SECONDS)

# vLLM's HTTP metrics have `handler`. Where a scrape configuration sets a target label `endpoint`, as the Prometheus
# Operator does, ours becomes `exported_endpoint` unless it says honorLabels.
_TOLD_APART_BY = ("handler", "exported_endpoint")

HTTP_REQUESTS = Counter(
    name="http_requests_total",
    unit=Unit.REQUESTS,
    labels=("method", "endpoint", "status"),
    shared_name=True,
    told_apart_by=_TOLD_APART_BY,
    help="Finished requests by declared endpoint; status is the exact code. vLLM's metric of the same name has other labels.",
)
HTTP_REQUEST_DURATION = Histogram(
    name="http_request_duration_seconds",
    unit=Unit.SECONDS,
    labels=("method", "endpoint"),
    bounds=DURATION_SECONDS,
    shared_name=True,
    told_apart_by=_TOLD_APART_BY,
    help="First byte of the request to the end of the response's body.",
)
HTTP_REQUESTS_INPROGRESS = Gauge(
    name="http_requests_inprogress",
    unit=Unit.REQUESTS,
    labels=("endpoint",),
    shared_name=True,
    told_apart_by=_TOLD_APART_BY,
    help="Requests inside the service now.",
)
QPS = Gauge(
    name="qps",
    unit=Unit.REQUESTS_PER_SECOND,
    labels=("endpoint",),
    shared_name=True,
    help="Requests within the last second.",
)
GPU_UTILIZATION = Gauge(
    name="gpu_utilization_percent",
    unit=Unit.PERCENT,
    labels=("gpu_id",),
    help="Share of time with a kernel running, 0..100.",
)
GPU_MEMORY_USED = Gauge(
    name="gpu_memory_used_mb",
    unit=Unit.MEBIBYTES,
    labels=("gpu_id",),
    help="Memory in use, in MiB in spite of its name.",
)
GPU_MEMORY_TOTAL = Gauge(
    name="gpu_memory_total_mb",
    unit=Unit.MEBIBYTES,
    labels=("gpu_id",),
    help="Memory of the board, in MiB in spite of its name.",
)
GPU_POWER = Gauge(name="gpu_power_watts", unit=Unit.WATTS, labels=("gpu_id",), help="Power drawn by the board.")
GPU_READ_ERRORS = Counter(
    name="gpu_read_errors_total", unit=Unit.EVENTS, labels=("gpu_id",), help="Readings of a GPU that failed."
)

CATALOGUE = (
    HTTP_REQUESTS,
    HTTP_REQUEST_DURATION,
    HTTP_REQUESTS_INPROGRESS,
    QPS,
    GPU_UTILIZATION,
    GPU_MEMORY_USED,
    GPU_MEMORY_TOTAL,
    GPU_POWER,
    GPU_READ_ERRORS,
)
