"""Requests, errors and request latency, the same for vLLM and for any service beside our exporter."""

from collections.abc import Callable
from functools import partial, reduce

from glassbox.metrics import roles, service, vllm
from glassbox.metrics.roles import Role
from glassbox.metrics.types import Counter, Unit
from glassbox.query.apart import of_each_engine
from glassbox.query.births import rate_from_birth
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, first_by, group_by, instant, most, over_time, rate, sum_by, with_label
from glassbox.query.readings import beside_first
from glassbox.query.reporters import telling
from glassbox.query.rules import Record, RecordGroup
from glassbox.query.selectors import Matcher, Matchers, Source, differs, not_regex, regex
from recording_rules.histograms import histogram
from recording_rules.instances import RUNNING
from recording_rules.levels import ENDPOINT, INSTANCE, MODEL, TARGET
from recording_rules.sources import (
    DECLARED,
    ENGINES,
    OF_CALLERS,
    OF_PREFILL,
    either,
    either_of_one,
    rates,
    through_gaps,
)

GROUP = RecordGroup("requests")

# The window of the request rate, short so that a drop shows soon, and the one that takes its place where scrapes fail.
WINDOW, _LONGER = "1m", "2m"

# Paths that vLLM answers without its engine: clients poll for models and stored answers, count tokens, render prompts and load
# adapters (0.33, `vllm/entrypoints`). They need not be well where the engine is not, and say nothing of it.
_FOR_THE_ENGINE = not_regex(
    "|/v1/models|/(de)?tokenize|/tokenizer_info|.*/(count_tokens|render)|/v1/responses/.*|/v1/(un)?load_lora_adapter|/docs|/openapi.json|/is_.*"
)

# The status that our exporter gives to a request whose client left before the end of the answer.
CLIENT_LEFT = "499"
_ANSWERED = differs(CLIENT_LEFT)


def _finished_of_one(window: str) -> Expr:
    """Without what a series is born with, which a board could not ask for several times in one query."""
    of_service = rate(service.HTTP_REQUESTS, window, **DECLARED, **OF_CALLERS, status=_ANSWERED)
    return either_of_one(rate(roles.FINISHED, window, **OF_CALLERS), of_service)


REQUESTS = Record(
    "model:inference_requests:rate1m",
    sum_by(
        MODEL,
        through_gaps(
            rates(roles.FINISHED, service.HTTP_REQUESTS, WINDOW, OF_CALLERS, status=_ANSWERED),
            either(
                rate(roles.FINISHED, _LONGER, **OF_CALLERS),
                rate(service.HTTP_REQUESTS, _LONGER, **DECLARED, **OF_CALLERS, status=_ANSWERED),
            ),
        ),
    ),
    "Finished requests per second, whatever their outcome, without those whose callers left.",
    of_one=sum_by(MODEL, through_gaps(_finished_of_one(WINDOW), _finished_of_one(_LONGER))),
)
REQUESTS_BY_ENDPOINT = Record(
    "endpoint:inference_requests:rate1m",
    sum_by(
        ENDPOINT,
        with_label(
            "endpoint",
            through_gaps(
                rate_from_birth(service.HTTP_REQUESTS, WINDOW, **DECLARED),
                rate(service.HTTP_REQUESTS, _LONGER, **DECLARED),
            ),
            copied_from="exported_endpoint",
        ),
    ),
    "Finished requests per second by endpoint, where our exporter counts them.",
)
REQUESTS_FINISHED = Record(
    "model:inference_requests_finished:rate5m",
    sum_by((*MODEL, "finished_reason"), rate(roles.FINISHED, "5m", **OF_CALLERS)),
    "Finished requests per second by reason: `length` is cut off, `error` failed in the engine.",
)


def by_reason(finished: Expr) -> Expr:
    """What tells the finished requests apart by the reason of their end, which not all engines do that count them."""
    return finished.reported_by(telling(roles.FINISHED, "finished_reason"))


PAGES = Record(
    "model:inference_pages:rate5m",
    sum_by(MODEL, rate_from_birth(service.PAGES, "5m")).measured_in(Unit.PAGES_PER_SECOND),
    "Pages read per second where the service counts them, 0 where it does not.",
)


_PROCESS = (*TARGET, "model_version", "inference_engine")
# Answers that are server errors.
FAILED: Matchers = {"status": regex("5..")}
_COUNTED = partial(rate_from_birth, window="5m")


def http(counted: Callable[..., Expr], *, failed: bool = False) -> Expr:
    """HTTP requests per second, as `counted(counter, **matchers)` reads a counter: all, or those that failed.

    Where a process counts them without the model, they take the model that it serves, where it reports one.
    """
    by_process, by_model = _counted_by_engines(failed)
    of_others = (_of_models(counted(by_process, **OF_CALLERS)), counted(by_model, **OF_CALLERS))
    of_vllm_and_services = _http_of_vllm_and_services(counted, FAILED if failed else {})
    return reduce(Expr.or_, (sum_by(MODEL, each) for each in of_others), of_vllm_and_services)


def _counted_by_engines(failed: bool) -> tuple[Role, Role]:
    """What engines count by process, and what by model."""
    return (roles.FAILED_BY_PROCESS, roles.FAILED) if failed else (roles.ANSWERED_BY_PROCESS, roles.ANSWERED)


def _http_of_vllm_and_services(counted: Callable[..., Expr], status: Matchers) -> Expr:
    """The same of vLLM, and of services beside our exporter."""
    of_models = _of_models(_http_of_vllm(counted, status)).or_(_http_of_services(counted, status))
    return beside_first(sum_by(MODEL, of_models))


def _http_of_vllm(counted: Callable[..., Expr], status: Matchers) -> Expr:
    """Requests by process. What fails in a prefill instance never reaches a decode instance, so it counts as a request of its own."""
    # vLLM does not count health and metrics paths at all.
    of_vllm = partial(counted, vllm.HTTP_REQUESTS, handler=_FOR_THE_ENGINE)
    return of_vllm(**OF_CALLERS, **status).or_(of_vllm(**OF_PREFILL, **FAILED))


def _http_of_services(counted: Callable[..., Expr], status: Matchers) -> Expr:
    """Requests of services beside our exporter that vLLM does not count itself."""
    from_service = counted(service.HTTP_REQUESTS, **DECLARED, **OF_CALLERS, **{"status": _ANSWERED, **status})
    return from_service.unless(most(vllm.HTTP_REQUESTS, "5m", handler=differs("")), on=TARGET)


def _http_of_one(*, failed: bool = False) -> Expr:
    """The same of one process, in fewer words, and without what a series is born with: a board asks for both in one query."""
    counted: Callable[..., Expr] = partial(rate, window="5m")
    status = FAILED if failed else {}
    by_process, by_model = _counted_by_engines(failed)
    served = first_by(TARGET, group_by(INSTANCE, over_time("last", RUNNING, "5m")))
    processes = sum_by(_PROCESS, _http_of_vllm(counted, status).or_(counted(by_process, **OF_CALLERS)))
    of_processes = processes.taking(("model_name",), served, on=TARGET)
    of_models = counted(by_model, **OF_CALLERS).or_(_http_of_services(counted, status))
    return sum_by(MODEL, of_processes.or_(of_models))


def without_failures(failed: Expr, answered: Source) -> Expr:
    """Failed requests per second. A status that never occurred has no series: known requests without failures have 0."""
    return failed.or_(of_each_engine(answered, dict(failed.by_engine)) * 0)


def _of_models(by_process: Expr) -> Expr:
    """Requests by process, with the model that it serves."""
    # Without the engine's own series, a label of the target may name the model.
    labels = group_by((*TARGET, "model_name"), most(vllm.HTTP_REQUESTS, "5m", handler=differs("")))
    served = first_by(TARGET, group_by((*TARGET, "model_name"), ENGINES).or_(beside_first(labels), on=TARGET))
    return sum_by(_PROCESS, by_process).taking(("model_name",), served, on=TARGET)


HTTP_REQUESTS = Record(
    "model:inference_http_requests:rate5m",
    http(_COUNTED),
    "Answered HTTP requests per second, without those whose clients left.",
    of_one=_http_of_one(),
)
HTTP_ERRORS = Record(
    "model:inference_http_errors:rate5m",
    without_failures(http(_COUNTED, failed=True), HTTP_REQUESTS),
    "HTTP requests answered with a server error, per second.",
    of_one=without_failures(_http_of_one(failed=True), HTTP_REQUESTS),
)


def failed_midway() -> Expr:
    """Requests of a model per second that an engine ended with an error, beyond those that were answered with one.

    A stream that has begun keeps its status 2xx (vLLM 0.33, `GenerateBaseServing._raise_if_error`). A list of prompts is one HTTP
    request and several of the engine: no more are counted than were answered.
    """
    ended = by_reason(sum_by(MODEL, instant(REQUESTS_FINISHED, finished_reason="error")))
    more_than_answered = clamp_min(ended - instant(HTTP_REQUESTS), 0)
    return clamp_min(ended - more_than_answered - instant(HTTP_ERRORS), 0)


def failed() -> Expr:
    """Requests of a model per second that ended in an error of the server, whatever their status."""
    return instant(HTTP_ERRORS) + failed_midway().or_(instant(HTTP_ERRORS) * 0)


# A request whose client left counts as a success in vLLM (`abandoned` has the source).
SUCCEEDED = Record(
    "model:inference_http_succeeded:rate5m",
    beside_first(
        sum_by(
            MODEL,
            _of_models(rate(vllm.HTTP_REQUESTS, "5m", **OF_CALLERS, handler=_FOR_THE_ENGINE, status=regex("2.."))),
        )
    ),
    "Requests for an engine per second that its HTTP server counts as answered well, those whose clients left among them.",
)


def _durations(part: str) -> tuple[Role, Counter]:
    return getattr(roles.LATENCY, part), getattr(service.HTTP_REQUEST_DURATION, part)


def observed(part: str, **le: Matcher) -> Expr:
    """Observations per second of the time that requests take, by process, or those of one bucket."""
    return rates(*_durations(part), "5m", {**OF_CALLERS, **le})


def _of_one(part: str) -> Expr:
    """Without what a series is born with, which a board could not ask for four times in one query."""
    of_engine, of_service = _durations(part)
    return either_of_one(rate(of_engine, "5m", **OF_CALLERS), rate(of_service, "5m", **DECLARED, **OF_CALLERS))


DURATION = histogram(
    "model:inference_request_duration_seconds",
    observed,
    "Time from arrival to the end of the answer.",
    _of_one,
)
