"""What our own exporter exposes (package glassbox_exporter) beside an inference service of any kind."""

from glassbox.metrics.types import Counter, Gauge, Histogram, Unit
from glassbox.metrics.vllm import REQUEST_SECONDS

# vLLM's own grid, so that two engines are compared on equal buckets, with three finer steps below it.
DURATION_SECONDS = (0.05, 0.1, 0.2, *REQUEST_SECONDS)

# vLLM's HTTP metrics have `handler`. Where a scrape configuration sets a target label `endpoint`, as the Prometheus
# Operator does, ours becomes `exported_endpoint` unless it says honorLabels.
_NAMESAKE_LABELS = ("handler", "exported_endpoint")
# A service may report its version and engine in these labels; otherwise its target has them, or nothing has.
_OPTIONAL = ("model_version", "task_type", "inference_engine")

HTTP_REQUESTS = Counter(
    name="http_requests_total",
    unit=Unit.REQUESTS,
    labels=("method", "endpoint", "status"),
    optional_labels=_OPTIONAL,
    shared_name=True,
    namesake_labels=_NAMESAKE_LABELS,
    help="Finished requests by declared endpoint; status is the exact code. vLLM's metric of the same name has other labels.",
)
HTTP_REQUEST_DURATION = Histogram(
    name="http_request_duration_seconds",
    unit=Unit.SECONDS,
    labels=("method", "endpoint"),
    optional_labels=_OPTIONAL,
    bounds=DURATION_SECONDS,
    shared_name=True,
    namesake_labels=_NAMESAKE_LABELS,
    help="First byte of the request to the end of the response's body.",
)
HTTP_REQUESTS_INPROGRESS = Gauge(
    name="http_requests_inprogress",
    unit=Unit.REQUESTS,
    labels=("endpoint",),
    optional_labels=_OPTIONAL,
    shared_name=True,
    namesake_labels=_NAMESAKE_LABELS,
    help="Requests inside the service now.",
)
QPS = Gauge(
    name="qps",
    unit=Unit.REQUESTS_PER_SECOND,
    labels=("endpoint",),
    optional_labels=_OPTIONAL,
    shared_name=True,
    help="Requests within the last second.",
)


def _work(name: str, unit: Unit, text: str) -> Counter:
    return Counter(
        name=f"inference_{name}_total",
        unit=unit,
        labels=("endpoint",),
        optional_labels=_OPTIONAL,
        namesake_labels=_NAMESAKE_LABELS,
        help=f"{text} 0 where it does not count them.",
    )


PAGES = _work("pages", Unit.EVENTS, "Pages read, as the service counts.")
PROMPT_TOKENS = _work("prompt_tokens", Unit.TOKENS, "Tokens of prompts, as the service counts.")
GENERATION_TOKENS = _work("generation_tokens", Unit.TOKENS, "Generated tokens, as the service counts.")


def _gpu(name: str, unit: Unit, text: str) -> Gauge:
    return Gauge(name=f"gpu_{name}", unit=unit, labels=("gpu_id",), help=text)


GPU_UTILIZATION = _gpu("utilization_percent", Unit.PERCENT, "Share of time with a kernel running, 0..100.")
GPU_MEMORY_USED = _gpu("memory_used_mb", Unit.MEBIBYTES, "Memory in use, in MiB in spite of its name.")
GPU_MEMORY_TOTAL = _gpu("memory_total_mb", Unit.MEBIBYTES, "Memory of the board, in MiB in spite of its name.")
GPU_POWER = _gpu("power_watts", Unit.WATTS, "Power drawn by the board.")
GPU_TEMPERATURE = _gpu("temperature_celsius", Unit.CELSIUS, "GPU temperature.")
GPU_SM_CLOCK = _gpu("sm_clock_mhz", Unit.MEGAHERTZ, "SM clock.")
GPU_MEMORY_CLOCK = _gpu("memory_clock_mhz", Unit.MEGAHERTZ, "Memory clock.")
GPU_THROTTLED = Gauge(
    name="gpu_throttled",
    unit=Unit.BOOLEAN,
    labels=("gpu_id", "reason"),
    help="1 while this holds the GPU's clocks down; reasons are named as nvidia-smi's clocks_event_reasons.",
)
GPU_XID_LAST_CODE = _gpu(
    "xid_last_code", Unit.NONE, "Code of the last XID error since the exporter started, 0 for none."
)
GPU_XID_ERRORS = Counter(
    name="gpu_xid_errors_total",
    unit=Unit.EVENTS,
    labels=("gpu_id",),
    help="XID errors since the exporter started; only through NVML, of GPUs that report them.",
)
GPU_READ_ERRORS = Counter(
    name="gpu_read_errors_total", unit=Unit.EVENTS, labels=("gpu_id",), help="Readings of a GPU that failed."
)
FILES_LEFT_OUT = Gauge(
    name="exporter_files_left_out",
    unit=Unit.NONE,
    often_absent="only with several worker processes",
    help="Files in the workers' folder that are damaged or of something else: what they count is missing.",
)
_MIG_SLICE = "only where a GPU is divided, and through NVML"
MIG_MEMORY_USED = Gauge(
    name="gpu_mig_memory_used_mb",
    unit=Unit.MEBIBYTES,
    labels=("gpu_id", "mig_id"),
    often_absent=_MIG_SLICE,
    help="Memory in use by a MIG slice, in MiB; mig_id is GPU instance/compute instance.",
)
MIG_MEMORY_TOTAL = Gauge(
    name="gpu_mig_memory_total_mb",
    unit=Unit.MEBIBYTES,
    labels=("gpu_id", "mig_id"),
    often_absent=_MIG_SLICE,
    help="Memory of a MIG slice, in MiB.",
)
EXPORTER_UP = Gauge(name="gpu_exporter_up", unit=Unit.BOOLEAN, help="1 while the exporter can read GPUs, else 0.")
EXPORTER_LAST_SUCCESS = Gauge(
    name="gpu_exporter_last_success_timestamp_seconds",
    unit=Unit.TIMESTAMP_SECONDS,
    help="When the exporter last read a GPU; 0 where it never has.",
)
