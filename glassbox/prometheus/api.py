"""Prometheus' HTTP API: range queries, and every failure as one sentence.

https://prometheus.io/docs/prometheus/latest/querying/api/; Mimir, Thanos and VictoriaMetrics have the same API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from types import TracebackType
from typing import Any, Self

from niquests import PreparedRequest
from niquests.auth import AuthBase

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.http.exchange import Exchange, HttpAnswer, NoAnswerError
from glassbox.http.json_text import NOT_JSON, parsed
from glassbox.http.sentences import masked, on_one_line
from glassbox.prometheus.credential import HOW_TO_SET, PrometheusCredential
from glassbox.prometheus.samples import (
    Sample,
    SampledSeries,
    StoredAnswer,
    every_value,
    labels_of,
    sampled_series,
    stored_series,
)

READ_TIMEOUT_SECONDS = 60.0
# Prometheus refuses a range query that would return more points for each series.
MAX_POINTS = 11_000

CANNOT_EVALUATE = "it cannot evaluate this query, so check its version and its query limits"
NOT_ACCEPTED = "it does not accept this credential: check that it is whole, still valid, and meant for this server"
ADVICE = {
    400: CANNOT_EVALUATE,
    401: HOW_TO_SET,
    403: "this credential may not query metrics: use one that may",
    404: "is the URL Prometheus' own address, including its sub-path?",
    422: CANNOT_EVALUATE,
}

# What the servers answer to a query of too many samples or series, or of too long an evaluation.
TOO_MUCH = frozenset({413, 422, 500, 503, 504})


class TooMuchError(GlassboxError):
    """A query that a server or our own bounds refuse as it is, and that may work over a shorter time."""


class NotAQueryError(GlassboxError):
    """A query that a server does not accept, over whatever time; another server may."""


class Prometheus:
    """One server, queried with this credential; raises GlassboxError for a URL that is not a server's address."""

    def __init__(self, url: str, credential: PrometheusCredential | None = None) -> None:
        self.url = _checked(url)
        self._secrets = credential.secrets if credential else ()
        self._partial: dict[str, None] = {}
        self._exchange = Exchange(self.url, "Prometheus", read_seconds=READ_TIMEOUT_SECONDS, auth=_Signed(credential))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.close()

    def range(self, query: str, start: int, end: int, step_seconds: int) -> list[SampledSeries]:
        """The query's values at `start` and at every step after it until `end` (Unix seconds); raises GlassboxError."""
        if (end - start) // step_seconds >= MAX_POINTS:
            raise GlassboxError(
                f"Prometheus at {self.url} returns at most {MAX_POINTS} points for each series: choose a shorter window."
            )
        parameters = {"query": query, "start": start, "end": end, "step": step_seconds}
        result = self._get("/api/v1/query_range", parameters)
        with self._reading("JSON that is not a range of values", out_of_range="a time or a value that is out of range"):
            return [sampled_series(each, start, end) for each in result["data"]["result"]]

    def evaluated(self, query: str, start: int, end: int, step_seconds: int) -> list[SampledSeries]:
        """The query's values as a rule sees them, which are not finite where they are not; of histograms NaN.

        Raises TooMuchError where fewer steps may do, NotAQueryError for what is not a query there, and GlassboxError as `range`.
        """
        parameters = {"query": query, "start": start, "end": end, "step": step_seconds}
        result = self._ask("POST", "/api/v1/query_range", data=parameters)
        with self._reading("JSON that is not a range of values"):
            return [every_value(each, start, end) for each in result["data"]["result"]]

    def now(self, query: str) -> list[Sample]:
        """The query's newest values, of those that are finite; raises GlassboxError."""
        return self._newest({"query": query})

    def clock(self) -> list[float]:
        """The server's time in Unix seconds, or nothing where it does not report it; raises GlassboxError.

        VictoriaMetrics answers as of some time ago, by default half a minute (`-search.latencyOffset`), unless it is asked like this.
        """
        return [each.value for each in self._newest({"query": "vector(time())", "nocache": "1"})]

    def _newest(self, asked: Mapping[str, str]) -> list[Sample]:
        result = self._ask("POST", "/api/v1/query", data=dict(asked))
        with self._reading("JSON that is not a list of values"):
            samples = [Sample(labels_of(each["metric"]), float(each["value"][1])) for each in result["data"]["result"]]
            return [sample for sample in samples if isfinite(sample.value)]

    def stored(self, selector: str, end_ms: int, seconds: int) -> StoredAnswer:
        """The samples of the series as they are stored, after `seconds` before the end and until it.

        A range selector gives them on Prometheus, Thanos, Mimir and VictoriaMetrics; markers of staleness are not among them.
        Raises TooMuchError, and GlassboxError for everything else.
        """
        parameters = {"query": f"{selector}[{seconds}s]", "time": f"{end_ms / 1000:.3f}"}
        answer = self._answer("GET", "/api/v1/query", {"params": parameters})
        result = self._decoded(answer)
        with self._reading("JSON that is not a list of samples"):
            found = result["data"]["result"]
            series = [stored_series(each, end_ms - seconds * 1000, end_ms) for each in found if "values" in each]
            # The one sample of a series may be the one that is too old.
            series = [each for each in series if each.times_ms]
            return StoredAnswer(series, sum("histograms" in each for each in found), len(answer.content))

    def values_of(self, label: str, start: int, end: int) -> list[str]:
        """The label's values between two moments (Unix seconds); raises GlassboxError."""
        result = self._get(f"/api/v1/label/{label}/values", {"start": start, "end": end})
        found = result.get("data")
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._strange("JSON that is not a list of names")
        return found

    def about(self, path: str) -> Any:
        """The data of an endpoint below /api/v1 that not every server has; None where this one lacks it."""
        answer = self._answer("GET", f"/api/v1/{path}", {})
        body = parsed(answer.content) if answer.status == 200 else None
        return body.get("data") if isinstance(body, dict) and body.get("status") == "success" else None

    def answered(self, method: str, path: str, form: Mapping[str, Any] | None = None) -> HttpAnswer:
        """The answer to a request, with these fields or none, whatever its status; raises GlassboxError where none comes."""
        return self._answer(method, path, {"data": dict(form)} if form else {})

    @property
    def partial_sentence(self) -> str:
        """A sentence for people where answers of this server were incomplete, with its first reason; else empty."""
        if not self._partial:
            return ""
        reason = on_one_line(self.without_secrets(next(iter(self._partial))))
        return (
            f'Prometheus at {self.url} answered only in part ("{reason}"): what it left out is missing here too, '
            "so repair that and run this again."
        )

    def without_secrets(self, text: str) -> str:
        """The server's text with the credential masked, in case the server repeats it."""
        return masked(text, self._secrets)

    def _get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        return self._ask("GET", path, params=dict(parameters))

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        return self._decoded(self._answer(method, path, content))

    def _answer(self, method: str, path: str, content: Mapping[str, Any]) -> HttpAnswer:
        try:
            return self._exchange.send(method, path, **content)
        except NoAnswerError as error:
            failed = self._failed(f"{self._exchange.route}{error}")
            raise TooMuchError(str(failed)) if error.maybe_done else failed from None

    def _decoded(self, answer: HttpAnswer) -> Any:
        if 300 <= answer.status < 400:
            raise self._failed(
                f"answered {answer.status}, and redirects are not followed: give Prometheus' own address"
            )
        body = parsed(answer.content)
        if answer.status == 200 and isinstance(body, dict) and body.get("status") == "success":
            self._partial.update(dict.fromkeys(_reasons_for_less(body)))
            return body
        said = body.get("error") if isinstance(body, dict) else None
        quoted = f' ("{on_one_line(self.without_secrets(said))}")' if isinstance(said, str) and said else ""
        strange = " without JSON" if body is NOT_JSON else " with JSON that is not Prometheus'"
        failed = self._failed(
            f"answered {answer.status}{strange if answer.status == 200 else ''}{quoted}: {self._advice(answer.status)}"
        )
        if quoted and answer.status == 400:
            raise NotAQueryError(str(failed))
        raise TooMuchError(str(failed)) if quoted and answer.status in TOO_MUCH else failed

    def _advice(self, status: int) -> str:
        if status == 401 and self._secrets:
            return NOT_ACCEPTED
        return ADVICE.get(status, "is the URL Prometheus' own address, and is it ready?")

    @contextmanager
    def _reading(self, strange: str, *, out_of_range: str = "") -> Iterator[None]:
        """Raise GlassboxError where the body meets something else than it reads: the answer is what `strange` says then."""
        try:
            yield
        except OverflowError:
            raise self._strange(out_of_range or strange) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise self._strange(strange) from None

    def _strange(self, what: str) -> GlassboxError:
        return self._failed(f"answered with {what}: is the URL Prometheus' own address?")

    def _failed(self, problem: str) -> GlassboxError:
        return GlassboxError(f"Prometheus at {self.url} {problem}{'' if problem.endswith('?') else '.'}")


def _reasons_for_less(body: Mapping[str, Any]) -> Iterator[str]:
    """Why a success is incomplete: Thanos and Mimir report it by warnings, a VictoriaMetrics cluster by `isPartial`.

    Prometheus 3 also warns of what a query does; those begin with PromQL and leave nothing out.
    """
    warnings = body.get("warnings")
    for each in warnings if isinstance(warnings, list) else ():
        if isinstance(each, str) and not each.startswith("PromQL"):
            yield each
    if body.get("isPartial") is True:
        yield "isPartial"


def _checked(url: str) -> str:
    server_address(url, option="--prometheus", example="http://localhost:9090", credential=HOW_TO_SET)
    return url.rstrip("/")


class _Signed(AuthBase):
    """Signs each request with the credential; without one it signs none, whatever a .netrc says."""

    def __init__(self, credential: PrometheusCredential | None) -> None:
        self._credential = credential

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._credential and request.headers is not None:
            request.headers["Authorization"] = self._credential.authorization
        return request
