"""Requests, errors and request latency, the same for vLLM and for any service beside our exporter."""

from glassbox.metrics import service, vllm
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, Matcher, differs, not_regex, regex
from glassbox.query.promql import first_by, group_by, instant, rate, sum_by, with_label
from glassbox.query.rules import Record, RecordGroup
from recording_rules.histograms import histogram
from recording_rules.levels import ENDPOINT, MODEL, TARGET
from recording_rules.sources import DECLARED, ENGINES, rates

GROUP = RecordGroup("requests")

REQUESTS = Record(
    "model:inference_requests:rate1m",
    sum_by(MODEL, rates(vllm.REQUEST_SUCCESS, service.HTTP_REQUESTS, "1m")),
    "Finished requests each second, whatever their outcome.",
)
REQUESTS_BY_ENDPOINT = Record(
    "endpoint:inference_requests:rate1m",
    sum_by(
        ENDPOINT,
        with_label("endpoint", rate(service.HTTP_REQUESTS, "1m", **DECLARED), copied_from="exported_endpoint"),
    ),
    "Finished requests each second by endpoint, where our exporter counts them.",
)
REQUESTS_FINISHED = Record(
    "model:inference_requests_finished:rate5m",
    sum_by((*MODEL, "finished_reason"), rate(vllm.REQUEST_SUCCESS, "5m")),
    "Finished requests each second by reason: `length` is cut off, `error` failed in the engine.",
)
PAGES = Record(
    "model:inference_pages:rate5m",
    sum_by(MODEL, rate(service.PAGES, "5m")).measured_in(Unit.PAGES_PER_SECOND),
    "Pages read each second, where the service counts them; 0 where it does not.",
)


_PROCESS = (*TARGET, "model_version", "inference_engine")


def _http(**status: Matcher) -> Expr:
    """HTTP requests each second. vLLM's carry no model, so each process lends them the model it serves, if it tells one."""
    # /v1/models is polled by gateways and clients; health and metrics paths are not counted by vLLM at all.
    from_vllm = rate(vllm.HTTP_REQUESTS, "5m", handler=not_regex("|/v1/models"), **status)
    served = first_by(TARGET, group_by((*TARGET, "model_name"), ENGINES))
    named = sum_by(_PROCESS, from_vllm).taking(("model_name",), served, on=TARGET)
    every = named.or_(sum_by((*_PROCESS, "model_name"), from_vllm), on=TARGET)
    from_service = rate(service.HTTP_REQUESTS, "5m", **DECLARED, **status)
    counted_by_vllm = rate(vllm.HTTP_REQUESTS, "5m", handler=differs(""))
    return sum_by(MODEL, every.or_(from_service.unless(counted_by_vllm, on=TARGET)))


HTTP_REQUESTS = Record("model:inference_http_requests:rate5m", _http(), "Answered HTTP requests each second.")
# A status that never occurred has no series; no errors among known requests are 0 errors.
HTTP_ERRORS = Record(
    "model:inference_http_errors:rate5m",
    _http(status=regex("5..")).or_(instant(HTTP_REQUESTS) * 0),
    "HTTP requests answered with a server error each second.",
)

DURATION = histogram(
    "model:inference_request_duration_seconds",
    lambda part: rates(getattr(vllm.E2E_REQUEST_LATENCY, part), getattr(service.HTTP_REQUEST_DURATION, part), "5m"),
    "Arrival to the end of the answer.",
)
