"""The requests of one service, from arrival to end."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from glassbox_exporter.endpoints import OTHER, Endpoints
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.families import request_families
from glassbox_exporter.forking import answer_first_request, before_first_request
from glassbox_exporter.window import Traffic

# rate() misses a burst that creates its series, so the answers an inference service gives exist at 0 from the start.
PRECREATED_STATUSES = ("200", "400", "422", "429", "499", "500", "503", "504")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# IANA knows 63 statuses; a proxy that passes on whatever it gets must not make a series of each number there is.
MAX_STATUSES = 100


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """What every request for one endpoint touches."""

    endpoint: str
    task_type: str
    traffic: Traffic


class ServiceRequests:
    """Counts the requests of one service in `registry`. All methods are thread-safe.

    `endpoints` are the paths or path templates that get an `endpoint` label of their own, and `methods` those whose
    series exist from the start. `model_version` and `inference_engine` become labels of every series of the service
    where they are given. `task_types` makes the label `task_type`: a mapping gives endpoints their type, a list
    declares those that `ActiveRequest.set_task_type` may choose from.

    Raises ExporterError for an endpoint that is not a path, for types of undeclared endpoints, or when `registry` holds
    other metrics of the same names.
    """

    def __init__(
        self,
        *,
        endpoints: Iterable[str],
        methods: Iterable[str] = ("POST",),
        model_version: str | None = None,
        inference_engine: str | None = None,
        task_types: Mapping[str, str] | Iterable[str] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._endpoints = Endpoints(endpoints)
        self._types = _types_by_endpoint(task_types, self._endpoints.labels)
        self._known_types = frozenset(task_types.values() if isinstance(task_types, Mapping) else task_types)
        self._constants = {"model_version": model_version, "inference_engine": inference_engine}
        given = [label for label, value in self._constants.items() if value is not None]
        self.families = request_families(registry, (*given, *(["task_type"] if self._known_types else [])))
        self._statuses: set[str] = set()
        self._ends: dict[tuple[str, str, str, str], tuple[Counter, Histogram]] = {}
        self._arrivals = {label: self._declare(label) for label in (*self._endpoints.labels, OTHER)}
        self._precreate(methods)

    def begin(self, method: str, path: str) -> "ActiveRequest":
        """A request has arrived; the caller must `finish` what this returns."""
        if before_first_request:
            answer_first_request()
        arrivals = self._arrivals[self._endpoints.label(path)]
        arrivals.traffic.begin()
        return ActiveRequest(self, arrivals, method if method in METHODS else OTHER)

    def known_type(self, task_type: str) -> str:
        """The type as a label: itself where it is declared, else `other`."""
        return task_type if task_type in self._known_types else OTHER

    def ends(self, method: str, endpoint: str, task_type: str, status: str) -> tuple[Counter, Histogram]:
        """What a request that has ended so is counted in."""
        key = (method, endpoint, task_type, status)
        found = self._ends.get(key)
        return found if found is not None else self._add_ends(method, endpoint, task_type, self._known_status(status))

    def given(self, task_type: str) -> tuple[str, ...]:
        """The values of the optional labels, in the families' order."""
        values = {**self._constants, "task_type": task_type}
        return tuple(str(values[label]) for label in self.families.given)

    def _declare(self, endpoint: str) -> _Arrivals:
        task_type = self._types.get(endpoint, "")
        given = self.given(task_type)
        for counter in (self.families.pages, self.families.prompt_tokens, self.families.generation_tokens):
            counter.labels(endpoint, *given)
        return _Arrivals(endpoint, task_type, self.families.traffic(endpoint, given))

    def _precreate(self, methods: Iterable[str]) -> None:
        for method in methods:
            for endpoint in self._endpoints.labels:
                for status in PRECREATED_STATUSES:
                    self.ends(method, endpoint, self._types.get(endpoint, ""), status)

    def _add_ends(self, method: str, endpoint: str, task_type: str, status: str) -> tuple[Counter, Histogram]:
        given = self.given(task_type)
        ends = (
            self.families.total.labels(method, endpoint, status, *given),
            self.families.duration.labels(method, endpoint, *given),
        )
        self._ends[(method, endpoint, task_type, status)] = ends
        return ends

    def _known_status(self, status: str) -> str:
        if status not in self._statuses:
            # A status is the app's word, and a WSGI app may say anything.
            if len(self._statuses) >= MAX_STATUSES or not (
                status.isascii() and status.isdecimal() and len(status) == 3
            ):
                return OTHER
            self._statuses.add(status)
        return status


class ActiveRequest:
    """One request under way."""

    __slots__ = ("_arrivals", "_began", "_finished", "_method", "_service", "_task_type")

    def __init__(self, service: ServiceRequests, arrivals: _Arrivals, method: str) -> None:
        self._service = service
        self._arrivals = arrivals
        self._method = method
        self._task_type = arrivals.task_type
        self._began = service.families.clock()
        self._finished = False

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return self._service.families.clock() - self._began

    def set_task_type(self, task_type: str) -> None:
        """Count this request under another of the declared task types; one that is not declared is `other`."""
        self._task_type = self._service.known_type(task_type)

    def count_pages(self, pages: int) -> None:
        """Add pages that were read for this request."""
        self._count(self._service.families.pages, pages)

    def count_tokens(self, *, prompt: int = 0, generation: int = 0) -> None:
        """Add tokens that were read and generated for this request."""
        self._count(self._service.families.prompt_tokens, prompt)
        self._count(self._service.families.generation_tokens, generation)

    def finish(self, status: str) -> None:
        """Count the request under `status`; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        seconds = self.seconds
        self._arrivals.traffic.end()
        total, duration = self._service.ends(self._method, self._arrivals.endpoint, self._task_type, status)
        duration.observe(seconds)
        total.inc()

    def _count(self, counter: Counter, amount: int) -> None:
        counter.labels(self._arrivals.endpoint, *self._service.given(self._task_type)).inc(amount)


_current: ContextVar[ActiveRequest | None] = ContextVar("glassbox_request", default=None)


def enter(request: ActiveRequest | None) -> None:
    """Make it the request that `current_request` gives to code which this context calls."""
    _current.set(request)


def current_request() -> ActiveRequest:
    """The request that is being answered, to count its pages and tokens and to name its task.

    Raises ExporterError outside of a request, and in threads that do not inherit the context: hand them what
    this returns in the handler.
    """
    request = _current.get()
    if request is None:
        raise ExporterError(
            "No request is being answered here: call current_request() in a handler of an instrumented app, "
            "and pass the result on to your own threads."
        )
    return request


def _types_by_endpoint(task_types: Mapping[str, str] | Iterable[str], declared: tuple[str, ...]) -> dict[str, str]:
    if isinstance(task_types, str):
        raise ExporterError(f'task_types is the text "{task_types}", not a list: write task_types=("{task_types}",).')
    if not isinstance(task_types, Mapping):
        return {}
    for endpoint in task_types:
        if endpoint not in declared:
            raise ExporterError(f'Task type of "{endpoint}", which is not a declared endpoint: add it to endpoints.')
    return dict(task_types)
