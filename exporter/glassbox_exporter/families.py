"""The metric families of requests in one registry: names, labels, buckets."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from threading import Lock
from time import monotonic
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from glassbox_exporter import forking
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.registration import register
from glassbox_exporter.window import Traffic
from glassbox_exporter.workers import prepare_folder, workers_folder

# From 0.3 s on, the grid of vLLM's own vllm:e2e_request_latency_seconds (vllm/v1/metrics/loggers.py), so that a
# service and the engine behind it compare bucket by bucket; the three below it serve a page of OCR and quick models.
DURATION_BUCKETS_SECONDS = (
    *(0.05, 0.1, 0.2),
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0),
    *(120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0),
)

# Labels that exist only where a service gives them, so that the series of other services keep their shape.
OPTIONAL_LABELS = ("model_version", "task_type", "inference_engine")


class RequestFamilies:
    """The families of one registry, shared by every middleware on it; `given` are the optional labels they carry.

    Raises ExporterError when the registry already holds a metric of one of their names.
    """

    def __init__(
        self, registry: CollectorRegistry, given: tuple[str, ...], clock: Callable[[], float] = monotonic
    ) -> None:
        prepare_folder()
        self.clock = clock
        self.given = given
        self.total = Counter(
            "http_requests_total",
            "HTTP requests answered, by status; 499: the client went away before the end of the answer.",
            ("method", "endpoint", "status", *given),
            registry=None,
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request to the last byte of its answer, in seconds.",
            ("method", "endpoint", *given),
            buckets=DURATION_BUCKETS_SECONDS,
            registry=None,
        )
        self._in_progress = self._gauge("http_requests_inprogress", "HTTP requests being answered now.")
        self.pages = self._counter("inference_pages_total", "Pages that the service says it has read.")
        self.prompt_tokens = self._counter("inference_prompt_tokens_total", "Tokens of prompts, as the service counts.")
        self.generation_tokens = self._counter(
            "inference_generation_tokens_total", "Generated tokens, as the service counts."
        )
        self._qps = self._gauge("qps", "HTTP requests that arrived in the last second.")
        self._traffic: dict[tuple[str, ...], Traffic] = {}
        self._published: dict[tuple[str, ...], tuple[int, int]] = {}
        self._adding = Lock()
        counters = (self.total, self.pages, self.prompt_tokens, self.generation_tokens)
        register(registry, (*counters, self.duration, self._in_progress, self._qps))

    def traffic(self, endpoint: str, given: tuple[str, ...]) -> Traffic:
        """The gauges of an endpoint."""
        values = (endpoint, *given)
        with self._adding:
            if values not in self._traffic:
                traffic = self._traffic[values] = Traffic(clock=self.clock)
                gauges = ((self._qps, traffic.count), (self._in_progress, traffic.in_progress))
                for gauge, function in gauges:
                    child = gauge.labels(*values)
                    if workers_folder() is None:
                        child.set_function(function)
                    else:
                        # The file of an ended process of the same number may hold what that was doing.
                        child.set(0)
            return self._traffic[values]

    def publish_gauges(self) -> None:
        """Write the gauges to where another worker process, which serves the metrics of all, can read them."""
        for values, traffic in self._traffic.copy().items():
            now = traffic.count(), traffic.in_progress()
            if self._published.get(values, (0, 0)) != now:
                self._published[values] = now
                self._qps.labels(*values).set(now[0])
                self._in_progress.labels(*values).set(now[1])

    def forget_traffic(self) -> None:
        """In a forked child: the requests under way are the parent's."""
        self._adding = Lock()
        self._published = {}
        for traffic in self._traffic.values():
            traffic.forget()

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, ("endpoint", *self.given), registry=None, multiprocess_mode="livesum")

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(name, meaning, ("endpoint", *self.given), registry=None)


_shared: WeakKeyDictionary[CollectorRegistry, RequestFamilies] = WeakKeyDictionary()
_sharing = Lock()


def request_families(
    registry: CollectorRegistry, given: Iterable[str] = (), clock: Callable[[], float] = monotonic
) -> RequestFamilies:
    """The families of `registry`, made on the first call (which alone sets the clock).

    Raises ExporterError when the first call gave other optional labels: one metric has one set of labels.
    """
    names = tuple(label for label in OPTIONAL_LABELS if label in set(given))
    with _sharing:
        if registry not in _shared:
            _shared[registry] = RequestFamilies(registry, names, clock)
        families = _shared[registry]
    if families.given != names:
        raise ExporterError(
            f"The labels of this service ({', '.join(names) or 'none'}) differ from those of another in the same registry "
            f"({', '.join(families.given) or 'none'}): give both the same ones, or a CollectorRegistry of its own."
        )
    return families


def all_request_families() -> Iterator[RequestFamilies]:
    """Those of every registry of this process."""
    with _sharing:
        return iter(list(_shared.values()))


def _forget_traffic() -> None:
    for families in list(_shared.values()):
        families.forget_traffic()


forking.in_children(_forget_traffic, ExitStack())
