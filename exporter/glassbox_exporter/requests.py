"""The HTTP series of a service: how many requests, how long, how many now."""

from collections.abc import Callable, Iterable
from threading import Lock
from time import monotonic
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from glassbox_exporter.endpoints import OTHER
from glassbox_exporter.registration import register
from glassbox_exporter.window import SlidingWindow

# From 0.3 s on, the grid of vLLM's own vllm:e2e_request_latency_seconds (vllm/v1/metrics/loggers.py), so that a
# service and the engine behind it compare bucket by bucket; the three below it serve quick non-LLM models.
DURATION_BUCKETS_SECONDS = (
    *(0.05, 0.1, 0.2),
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0),
    *(120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0),
)

# rate() misses a burst that creates its series, so the answers an inference service gives exist at 0 from the start.
PRECREATED_STATUSES = ("200", "400", "422", "429", "499", "500", "503", "504")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """The HTTP series of one registry, shared by every middleware on it. All methods are thread-safe.

    Raises ExporterError when the registry already holds a metric of one of these names.
    """

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.total = Counter(
            "http_requests_total",
            "HTTP requests answered, by status; 499: the client went away before the end of the answer.",
            ("method", "endpoint", "status"),
            registry=None,
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request to the last byte of its answer, in seconds.",
            ("method", "endpoint"),
            buckets=DURATION_BUCKETS_SECONDS,
            registry=None,
        )
        self.in_progress = Gauge(
            "http_requests_inprogress", "HTTP requests being answered now.", ("endpoint",), registry=None
        )
        self._qps = Gauge("qps", "HTTP requests that arrived in the last second.", ("endpoint",), registry=None)
        self._windows: dict[str, SlidingWindow] = {}
        self._declaring = Lock()
        self.declare((OTHER,), methods=())
        register(registry, (self.total, self.duration, self.in_progress, self._qps))

    def declare(self, endpoints: Iterable[str], methods: Iterable[str]) -> None:
        """Create, at 0, the series of every endpoint and method named."""
        methods = tuple(methods)
        with self._declaring:
            for endpoint in endpoints:
                self._declare_gauges(endpoint)
                for method in methods:
                    self.duration.labels(method, endpoint)
                    for status in PRECREATED_STATUSES:
                        self.total.labels(method, endpoint, status)

    def begin(self, method: str, endpoint: str) -> "ActiveRequest":
        """A request for a declared endpoint (or `other`) has arrived; the caller must `finish` what this returns."""
        self._windows[endpoint].record()
        self.in_progress.labels(endpoint).inc()
        return ActiveRequest(self, method if method in METHODS else OTHER, endpoint)

    def _declare_gauges(self, endpoint: str) -> None:
        if endpoint in self._windows:
            return
        window = self._windows[endpoint] = SlidingWindow(clock=self.clock)
        self._qps.labels(endpoint).set_function(window.count)
        self.in_progress.labels(endpoint)


class ActiveRequest:
    """One request under way."""

    def __init__(self, metrics: RequestMetrics, method: str, endpoint: str) -> None:
        self._metrics = metrics
        self._method = method
        self._endpoint = endpoint
        self._began = metrics.clock()
        self._finished = False

    def finish(self, status: str) -> None:
        """Count the request under `status`; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        self._metrics.in_progress.labels(self._endpoint).dec()
        self._metrics.duration.labels(self._method, self._endpoint).observe(self._metrics.clock() - self._began)
        self._metrics.total.labels(self._method, self._endpoint, status).inc()


_shared: WeakKeyDictionary[CollectorRegistry, RequestMetrics] = WeakKeyDictionary()
_sharing = Lock()


def request_metrics(registry: CollectorRegistry, clock: Callable[[], float] = monotonic) -> RequestMetrics:
    """The HTTP series of `registry`, made on the first call (which alone sets the clock)."""
    with _sharing:
        if registry not in _shared:
            _shared[registry] = RequestMetrics(registry, clock)
        return _shared[registry]
