"""The one HTTP transport under grafana-client: timeouts, retries, no redirects, and every failure as one sentence."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

from grafana_client.client import GrafanaClient

from glassbox.grafana.advice import unanswered
from glassbox.grafana.answer_shape import Shape, misfit
from glassbox.grafana.answers import not_json, redirected, refused, wrong_shape
from glassbox.grafana.credentials import GrafanaCredential, Hidden
from glassbox.grafana.failures import Request
from glassbox.grafana.passage import NOTHING_MORE, Passage
from glassbox.http.exchange import Exchange, HttpAnswer, NoAnswerError
from glassbox.http.json_text import NOT_JSON, parsed
from glassbox.http.retries import RETRIES

_QUERY = re.compile(r"/datasources/proxy/uid/[^/]+/api/v1/(?:query|query_range)")
_OF_A_DATA_SOURCE = "/datasources/proxy/"
VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class GrafanaTransport(GrafanaClient):
    """grafana-client's transport with our rules; its elements (Folder, Dashboard, ...) take it as their client.

    `writes` lists (method, path) of every request other than GET, noted before it is sent; views share it. A `read_only`
    transport sends none of them.
    """

    def __init__(
        self,
        url: str,
        credential: GrafanaCredential,
        timeout_seconds: float,
        *,
        read_only: bool = False,
        passage: Passage = NOTHING_MORE,
    ) -> None:
        super().__init__(credential.auth, user_agent="glassbox")
        agent = self.s.headers["User-Agent"]
        self.s.close()
        self.exchange = Exchange(url, "Grafana", read_seconds=timeout_seconds, auth=credential.auth)
        self.s = self.exchange.session
        self.s.headers["User-Agent"] = agent
        for name, value in passage.sent.items():
            self.s.headers[name] = value
        if passage.certificate:
            self.s.cert = (str(passage.certificate.certificate), str(passage.certificate.key))
        self.url = url
        self.read_only = read_only
        self.credential = Hidden(credential, passage.secrets)
        self.subject = "Grafana"
        self.expected: Shape = object
        self.writes: list[tuple[str, str]] = []

    def about(self, subject: str, expected: Shape = object) -> Self:
        """A view on this transport whose errors name `subject` and whose answers must have the `expected` shape."""
        view = copy.copy(self)
        view.subject, view.expected = subject, expected
        return view

    def close(self) -> None:
        """Close all connections."""
        self.exchange.close()

    def __getattr__(self, item: str) -> Callable[..., Any]:
        if item not in VERBS:
            raise AttributeError(item)
        return functools.partial(self._send, item)

    def _send(self, method: str, url: str, *, accept_empty_json: bool = False, **content: Any) -> Any:
        request = Request(self.subject, method, f"/api{url}")
        if request.writes and self.read_only:
            raise request.failed("was not sent, since a plan only reads: this is a fault of ours, so report it")
        if request.writes:
            self.writes.append((method, request.path))
        return self._exchanged(request, url, accept_empty=accept_empty_json, **content)

    def _exchanged(self, request: Request, url: str, *, accept_empty: bool = False, **content: Any) -> Any:
        try:
            response = self.exchange.send(request.method, request.path, repeats=_repeats(url), **content)
        except NoAnswerError as error:
            raise request.failed(f"at {self.url} {self.exchange.route}{unanswered(request, error)}") from None
        return self._decoded(request, response, accept_empty)

    def read(self, path: str) -> Any:
        """What Grafana answers to a GET of a path outside of /api."""
        return self._exchanged(Request(self.subject, "GET", path), path)

    def ask(self, url: str, form: Mapping[str, str]) -> Any:
        """What a data source answers to a query of Prometheus' API: a read, although sent by POST, since queries may be longer than an address."""
        if not _QUERY.fullmatch(url):
            raise ValueError(f"{url} is not a query of a data source")
        request = Request(self.subject, "POST", f"/api{url}")
        try:
            response = self.exchange.send("POST", request.path, data=dict(form))
        except NoAnswerError as error:
            raise request.failed(f"at {self.url} {self.exchange.route}{error}") from None
        return self._decoded(request, response, accept_empty=False)

    def _decoded(self, request: Request, response: HttpAnswer, accept_empty: bool) -> Any:
        status = response.status
        if 300 <= status < 400:
            raise request.failed(redirected(request, response, self.credential), status)
        body = parsed(response.content)
        if status >= 400:
            raise refused(request, response, body, self.credential)
        if not response.content and (accept_empty or status in (202, 204)):
            return None
        if body is NOT_JSON or (body is None and not response.content):
            raise request.failed(not_json(response, self.credential), status)
        if problem := misfit(body, self.expected):
            raise request.failed(wrong_shape(problem), status)
        return body


def _repeats(url: str) -> int:
    """How often a request is repeated: a 502 about a data source is mostly one that is down, and a command asks it several times."""
    return 1 if url.startswith(_OF_A_DATA_SOURCE) else RETRIES
