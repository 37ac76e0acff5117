"""What the exporter costs the service beside it, against the code of the article that it replaces: `make bench-exporter`.

The article's code is written anew in its own shape: for each request it appends to a list and rebuilds the list with what
is younger than a second, under a lock; once a second it starts nvidia-smi. There is no GPU here: a shell script that
prints nvidia-smi's lines is a lower bound of that program, which loads the driver's library first; and NVML's functions
are replaced by ones that answer at once, so that what is measured is our code around them.
"""

import asyncio
import csv
import os
import resource
import statistics
import subprocess
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic, thread_time
from typing import Any
from unittest.mock import patch

import click
import pynvml
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from glassbox_exporter import GlassboxMiddleware, ServiceRequests
from glassbox_exporter.asgi import ASGIApp, Message, Receive, Scope, Send
from glassbox_exporter.families import request_families
from glassbox_exporter.gpu import GpuPoller
from glassbox_exporter.nvml import NvmlGpus

RATES_PER_SECOND = (10, 1_000, 10_000)
RUNS = 5
REQUESTS, ARTICLE_REQUESTS, ANSWERS = 20_000, 1_000, 10_000
MEMORY_REQUESTS, TRACED_REQUESTS = 10_000_000, 200_000
GPUS, COLLECTIONS, PROCESSES, SCRAPES = 8, 500, 20, 20
SMI_LINE = "{}, 73, 61440, 81920, 412.25, 71, 1980, 2619, 0x0000000000000004"
MIB = 2**20

# Name, value and goal of a line of the table.
Line = tuple[str, str, str]


class Steps:
    """A clock that goes on by one request at each reading of `go_on`: a rate without waiting for it."""

    def __init__(self, rate_per_second: int) -> None:
        self._now_seconds = 1000.0
        self._step_seconds = 1 / rate_per_second

    def __call__(self) -> float:
        return self._now_seconds

    def go_on(self) -> None:
        self._now_seconds += self._step_seconds


class Article:
    """The article's counting of requests, and its look at GPUs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        registry = CollectorRegistry()
        self._clock = clock
        self._times: list[float] = []
        self._lock = Lock()
        self._requests = Counter("http_requests_total", "x", ("method", "endpoint", "status"), registry=registry)
        self._qps = Gauge("qps", "x", ("endpoint",), registry=registry)
        self._utilization = Gauge("gpu_utilization_percent", "x", ("gpu_id",), registry=registry)
        self._memory = Gauge("gpu_memory_used_mb", "x", ("gpu_id",), registry=registry)

    def record(self) -> None:
        self._requests.labels(method="POST", endpoint="/infer", status="200").inc()
        with self._lock:
            now = self._clock()
            self._times.append(now)
            self._times = [each for each in self._times if now - each < 1]
            self._qps.labels(endpoint="/infer").set(len(self._times))

    def collect(self, nvidia_smi: Path) -> None:
        output = subprocess.run([nvidia_smi], capture_output=True, text=True, check=True).stdout
        for index, utilization, used, *_ in csv.reader(output.splitlines(), skipinitialspace=True):
            self._utilization.labels(gpu_id=index).set(float(utilization))
            self._memory.labels(gpu_id=index).set(float(used))


def measure() -> Iterator[Line]:
    """The lines of the table, each as soon as it is measured."""
    for rate in RATES_PER_SECOND:
        yield f"recording a request at {rate}/s", f"{_recording(rate) * 1e6:.1f} µs", "goal < 10 µs, at every rate"
        yield "  the article's code", f"{_article(rate) * 1e6:.1f} µs", ""
    yield "the whole ASGI middleware", f"{_middleware() * 1e6:.1f} µs", "goal < 40 µs more than the app alone"
    ours, article = _collecting()
    yield f"reading {GPUS} GPUs", f"{ours * 1e3:.2f} ms", "NVML's functions replaced: only our code"
    yield "  the article's code", f"{article * 1e3:.2f} ms", "a script for nvidia-smi: at least"
    yield "  as many times dearer", f"{article / ours:.0f}", "goal >= 20"
    yield f"a scrape at {GPUS} GPUs and 3 endpoints", f"{_scraping() * 1e3:.1f} ms", "goal < 10 ms"
    traced, resident = _growth()
    yield f"memory more after {TRACED_REQUESTS:,} requests, traced", f"{traced / 1e3:.1f} kB", "goal: none"
    yield f"  after {MEMORY_REQUESTS:,}, resident", f"{resident / 1e3:.0f} kB", "goal: none"


def show_exporter(row: Callable[[str, str, str], None]) -> None:
    """Print the table."""
    click.echo(
        f"\nThe exporter beside a service: processor time, medians of {RUNS} runs on {os.cpu_count()} cores at load {os.getloadavg()[0]:.0f}"
    )
    for line in measure():
        row(*line)


def _seconds_each(action: Callable[[], object], times: int, clock: Callable[[], float] = thread_time) -> float:
    """Processor time of the action, or what another clock says, as the median of a few runs of so many."""
    runs = []
    for _ in range(RUNS):
        start = clock()
        for _ in range(times):
            action()
        runs.append((clock() - start) / times)
    return statistics.median(runs)


def _one_request(rate_per_second: int) -> Callable[[], None]:
    """A request of a service at this steady rate for longer than the window of `qps`."""
    clock, registry = Steps(rate_per_second), CollectorRegistry()
    request_families(registry, clock=clock)
    requests = ServiceRequests(endpoints=("/infer",), registry=registry)

    def one() -> None:
        clock.go_on()
        requests.begin("POST", "/infer").finish("200")

    for _ in range(2 * rate_per_second):
        one()
    return one


def _recording(rate_per_second: int) -> float:
    return _seconds_each(_one_request(rate_per_second), REQUESTS)


def _article(rate_per_second: int) -> float:
    clock = Steps(rate_per_second)
    article = Article(clock)
    # Its window is filled as it would have filled itself, which takes it a minute at 10,000/s.
    for _ in range(rate_per_second):
        clock.go_on()
        article._times.append(clock())

    def one() -> None:
        clock.go_on()
        article.record()

    return _seconds_each(one, max(10, ARTICLE_REQUESTS * 10 // rate_per_second))


async def _answer(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    """A client that takes everything."""


def _middleware() -> float:
    requests = ServiceRequests(endpoints=("/infer",), registry=CollectorRegistry())
    wrapped = GlassboxMiddleware(_answer, requests=requests)
    return _answering(wrapped) - _answering(_answer)


def _answering(app: ASGIApp) -> float:
    async def many() -> float:
        start = thread_time()
        for _ in range(ANSWERS):
            await app({"type": "http", "method": "POST", "path": "/infer"}, _receive, _send)
        return (thread_time() - start) / ANSWERS

    return statistics.median(asyncio.run(many()) for _ in range(RUNS))


def _collecting() -> tuple[float, float]:
    """Processor time of a look at all GPUs, children's too: ours and the article's."""
    with tempfile.TemporaryDirectory() as folder, _driver():
        script = Path(folder) / "nvidia-smi"
        lines = "\n".join(SMI_LINE.format(index) for index in range(GPUS))
        script.write_text(f"#!/bin/sh\necho '{lines}'\n", encoding="utf-8")
        script.chmod(0o755)
        article = Article(monotonic)
        return (
            _seconds_each(GpuPoller(NvmlGpus()).poll, COLLECTIONS, _with_children),
            _seconds_each(lambda: article.collect(script), PROCESSES, _with_children),
        )


def _with_children() -> float:
    """Processor time of this process and of those it has started."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def _driver() -> Iterator[None]:
    """NVML's functions, which answer at once."""

    def timeout(*_: Any) -> Any:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_TIMEOUT)

    utilization = pynvml.c_nvmlUtilization_t(gpu=73, memory=20)
    memory = pynvml.c_nvmlMemory_t(total=81920 * MIB, free=20480 * MIB, used=61440 * MIB)
    functions: dict[str, Callable[..., Any]] = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: GPUS,
        "nvmlDeviceGetHandleByIndex": lambda index: pynvml.c_nvmlDevice_t(pynvml.struct_c_nvmlDevice_t()),
        "nvmlDeviceGetUUID": id,
        "nvmlDeviceGetMigMode": lambda handle: [0, 0],
        "nvmlDeviceGetUtilizationRates": lambda handle: utilization,
        "nvmlDeviceGetMemoryInfo": lambda handle: memory,
        "nvmlDeviceGetPowerUsage": lambda handle: 412_250,
        "nvmlDeviceGetTemperature": lambda handle, sensor: 71,
        "nvmlDeviceGetClockInfo": lambda handle, kind: 1980,
        "nvmlDeviceGetCurrentClocksEventReasons": lambda handle: 4,
        "nvmlEventSetCreate": lambda: "event set",
        "nvmlEventSetFree": lambda event_set: None,
        "nvmlDeviceGetSupportedEventTypes": lambda handle: pynvml.nvmlEventTypeXidCriticalError,
        "nvmlDeviceRegisterEvents": lambda handle, kinds, event_set: None,
        "nvmlEventSetWait_v2": timeout,
    }
    with ExitStack() as patched:
        for name, function in functions.items():
            patched.enter_context(patch.object(pynvml, name, function))
        yield


def _scraping() -> float:
    registry = CollectorRegistry()
    ServiceRequests(endpoints=("/infer", "/batch", "/status"), registry=registry)
    with _driver():
        poller = GpuPoller(NvmlGpus())
        registry.register(poller)
        poller.poll()
        return _seconds_each(lambda: generate_latest(registry), SCRAPES)


def _growth() -> tuple[int, int]:
    """Bytes more after many requests than after some: of Python's objects, and of the process."""
    one = _one_request(RATES_PER_SECOND[1])
    tracemalloc.start()
    for _ in range(RATES_PER_SECOND[1]):
        one()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(TRACED_REQUESTS):
        one()
    traced = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    resident = _resident_bytes()
    for _ in range(MEMORY_REQUESTS):
        one()
    return traced, _resident_bytes() - resident


def _resident_bytes() -> int:
    # proc(5): the second number counts pages in memory.
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    """Measure and print; takes about a minute and a half."""
    show_exporter(lambda name, value, goal: click.echo(f"{name:<60} {value:>14}   {goal}".rstrip()))


if __name__ == "__main__":
    main()
