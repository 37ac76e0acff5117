"""Prometheus' HTTP API: range queries, and every failure as one sentence.

https://prometheus.io/docs/prometheus/latest/querying/api/; Mimir, Thanos and VictoriaMetrics have the same API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from socket import gaierror
from types import TracebackType
from typing import Any, Self

from niquests import PreparedRequest, Response, Session
from niquests.auth import AuthBase
from niquests.exceptions import ConnectTimeout, RequestException, Timeout
from niquests.packages import urllib3

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.http.retries import CONNECT_TIMEOUT_SECONDS, patient_retry
from glassbox.http.sentences import on_one_line, sentence_for
from glassbox.prometheus.credential import HOW_TO_SET, PrometheusCredential

READ_TIMEOUT_SECONDS = 60.0
# Prometheus refuses a range query that would return more points for each series.
MAX_POINTS = 11_000

UNANSWERED: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectTimeout, f"could not connect within {CONNECT_TIMEOUT_SECONDS:g} s: check the address and the firewall"),
    (gaierror, "could not find the host: check the spelling of its name"),
    (ConnectionRefusedError, "refused the connection: is Prometheus running there?"),
    (Timeout, f"got no answer within {READ_TIMEOUT_SECONDS:g} s: query a shorter window, or check Prometheus' load"),
)
LOST = "lost its connection before an answer came: check Prometheus' log and the proxy in front of it"
CANNOT_EVALUATE = "it cannot evaluate this query, so check its version and its query limits"
ADVICE = {
    400: CANNOT_EVALUATE,
    401: HOW_TO_SET,
    403: "this credential may not query metrics: use one that may",
    404: "is the URL Prometheus' own address, including its sub-path?",
    422: CANNOT_EVALUATE,
}


@dataclass(frozen=True)
class SampledSeries:
    """Labels, and the values by their time in Unix seconds; values are finite."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


class Prometheus:
    """One server, queried with this credential; raises GlassboxError for a URL that is not a server's address."""

    def __init__(self, url: str, credential: PrometheusCredential | None = None) -> None:
        self.url = _checked(url)
        self._session = Session(retries=patient_retry(), disable_http3=True)
        self._session.headers["Accept"] = "application/json"
        self._session.auth = _Signed(credential)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def range(self, query: str, start: int, end: int, step_seconds: int) -> list[SampledSeries]:
        """The query's values at `start` and at every step after it until `end` (Unix seconds); raises GlassboxError."""
        if (end - start) // step_seconds >= MAX_POINTS:
            raise GlassboxError(
                f"Prometheus at {self.url} returns at most {MAX_POINTS} points for each series: choose a shorter window."
            )
        parameters = {"query": query, "start": start, "end": end, "step": step_seconds}
        result = self._get("/api/v1/query_range", parameters)
        try:
            return [SampledSeries(dict(each["metric"]), _finite(each["values"])) for each in result["data"]["result"]]
        except (KeyError, TypeError, ValueError):
            raise self._failed(
                "answered with JSON that is not a range of values: is the URL Prometheus' own address?"
            ) from None

    def _get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        timeout = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
        try:
            response = self._session.get(
                f"{self.url}{path}", params=dict(parameters), timeout=timeout, allow_redirects=False
            )
        except (RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            # `from None`: the cause holds the request, and the request its Authorization header.
            raise self._failed(sentence_for(error, UNANSWERED, LOST)) from None
        return self._decoded(response)

    def _decoded(self, response: Response) -> Any:
        status = response.status_code or 0
        if 300 <= status < 400:
            raise self._failed(f"answered {status}, and redirects are not followed: give Prometheus' own address")
        try:
            body = response.json()
        except ValueError:
            body = None
        if status == 200 and isinstance(body, dict) and body.get("status") == "success":
            return body
        message = on_one_line(str(body.get("error") or "")) if isinstance(body, dict) else ""
        quoted = f' ("{message}")' if message else ""
        advice = ADVICE.get(status, "is the URL Prometheus' own address, and is it ready?")
        raise self._failed(f"answered {status}{quoted}: {advice}")

    def _failed(self, problem: str) -> GlassboxError:
        return GlassboxError(f"Prometheus at {self.url} {problem}{'' if problem.endswith('?') else '.'}")


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


def _finite(values: Sequence[tuple[float, str]]) -> dict[int, float]:
    numbers = ((round(time), float(text)) for time, text in values)
    return {time: value for time, value in numbers if isfinite(value)}
