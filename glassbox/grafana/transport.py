"""The one HTTP transport under grafana-client: timeouts, retries, no redirects, and every failure as one sentence."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, Self

from grafana_client.client import GrafanaClient
from niquests import Response, Session
from niquests.exceptions import RequestException
from niquests.packages import urllib3

from glassbox.grafana.advice import unanswered
from glassbox.grafana.answers import NOT_JSON, not_json, parsed, redirected, refused, wrong_type
from glassbox.grafana.credentials import GrafanaCredential
from glassbox.grafana.failures import Request
from glassbox.http.retries import CONNECT_TIMEOUT_SECONDS, patient_retry

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class GrafanaTransport(GrafanaClient):
    """grafana-client's transport with our rules; its elements (Folder, Dashboard, ...) take it as their client.

    `writes` lists (method, path) of every request other than GET, noted before it is sent; views share it.
    """

    def __init__(self, url: str, credential: GrafanaCredential, timeout_seconds: float) -> None:
        timeout = (min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds)
        super().__init__(credential.auth, timeout=timeout, user_agent="glassbox")
        headers = self.s.headers
        self.s.close()
        # HTTP/3 would send UDP to whatever port an Alt-Svc header names.
        self.s = Session(retries=patient_retry(), disable_http3=True, pool_maxsize=self.session_pool_size)
        self.s.headers.update({**headers, "Accept": "application/json"})
        self.url = url
        self.credential = credential
        self.subject = "Grafana"
        self.expected: type = object
        self.writes: list[tuple[str, str]] = []

    def about(self, subject: str, expected: type = object) -> Self:
        """A view on this transport whose errors name `subject` and whose answers must be of the `expected` type."""
        view = copy.copy(self)
        view.subject, view.expected = subject, expected
        return view

    def close(self) -> None:
        """Close all connections."""
        self.s.close()

    def __getattr__(self, item: str) -> Callable[..., Any]:
        if item not in VERBS:
            raise AttributeError(item)
        return functools.partial(self._send, item)

    def _send(self, method: str, url: str, *, accept_empty_json: bool = False, **content: Any) -> Any:
        request = Request(self.subject, method, f"/api{url}")
        if request.writes:
            self.writes.append((method, request.path))
        content |= {"auth": self.auth, "timeout": self.timeout, "allow_redirects": False}
        try:
            response = self.s.request(method, f"{self.url}{request.path}", **content)
        except (RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            # niquests lets the ValueError of a malformed Location through, even when it follows no redirects.
            # `from None`: the cause holds the request, and the request its Authorization header.
            raise request.failed(f"at {self.url} {unanswered(request, error, self.timeout)}") from None
        return self._decoded(request, response, accept_empty_json)

    def _decoded(self, request: Request, response: Response, accept_empty: bool) -> Any:
        status = response.status_code or 0
        if 300 <= status < 400:
            raise request.failed(redirected(request, response, self.credential), status)
        body = parsed(response.content)
        if status >= 400:
            raise refused(request, response, body, self.credential)
        if not response.content and (accept_empty or status in (202, 204)):
            return None
        if body is NOT_JSON or (body is None and not response.content):
            raise request.failed(not_json(response, self.credential), status)
        if not isinstance(body, self.expected):
            raise request.failed(wrong_type(self.expected), status)
        return body
