"""What prometheus_client and client_golang report about their own process, on Linux (their `ProcessCollector`s).

vLLM and our exporter share these names with half the world. vLLM with several API servers lacks them, since their metrics
are merged from files (seen in `demo/expositions`); from 0.15.0 on data-parallel engines have several API servers by default.
"""

from glassbox.metrics.types import Counter, Gauge, Unit

_SEVERAL_SERVERS = "vLLM with several API servers has none"

START_TIME = Gauge(
    name="process_start_time_seconds",
    unit=Unit.TIMESTAMP_SECONDS,
    shared_name=True,
    help="When the process started, in seconds since 1970.",
    often_absent=_SEVERAL_SERVERS,
)
CPU_SECONDS = Counter(
    name="process_cpu_seconds_total",
    unit=Unit.SECONDS,
    shared_name=True,
    help="CPU time of the process alone; vLLM's engine cores are processes of their own and not in it.",
    often_absent=_SEVERAL_SERVERS,
)
RESIDENT_MEMORY = Gauge(
    name="process_resident_memory_bytes",
    unit=Unit.BYTES,
    shared_name=True,
    help="Memory of the process that is in RAM, GPU memory and other processes apart.",
    often_absent=_SEVERAL_SERVERS,
)
