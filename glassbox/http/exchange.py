"""Requests to one server: by the environment's route, bounded in time, size and patience, and without redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from socket import gaierror
from typing import Any

from niquests import Session
from niquests.auth import AuthBase
from niquests.exceptions import ConnectTimeout, InvalidJSONError, ProxyError, RequestException
from niquests.packages import urllib3

from glassbox.http.bounded import ENCODINGS, UnreadableAnswerError, bounded_body
from glassbox.http.deadline import within
from glassbox.http.retries import CONNECT_TIMEOUT_SECONDS, RETRIES, Patience, is_repeated
from glassbox.http.route import route_to
from glassbox.http.sentences import causes
from glassbox.http.unreachable import no_connection

WHOLE_ANSWER = 4
"""The whole answer may take this many times as long as its first byte."""


@dataclass(frozen=True)
class HttpAnswer:
    """What a server said, whatever its status; the content is uncompressed."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class NoAnswerError(Exception):
    """No usable answer: the text ends a sentence about the server; `maybe_done` where it may have carried the request out."""

    def __init__(self, problem: str, *, maybe_done: bool = False, again: bool = False) -> None:
        super().__init__(problem)
        self.maybe_done, self.again = maybe_done, again


class Exchange:
    """Reads are repeated on 429, 502, 503, 504 and lost connections; writes only on 429 and when no connection was made.

    A read that timed out is not repeated: four times the timeout is longer than anyone waits. `server` is its name in
    sentences. Raises GlassboxError for proxies and certificates of the environment that cannot be used. Safe to share
    between threads.
    """

    def __init__(self, url: str, server: str, *, read_seconds: float, auth: AuthBase | None = None) -> None:
        self.url, self.server, self._auth = url, server, auth
        self.timeout = (min(CONNECT_TIMEOUT_SECONDS, read_seconds), read_seconds)
        self.route = route_to(url)
        if self.route.proxy:
            self.route.proxy.needs("python_socks", "niquests[socks]")
        self._patience = Patience()
        # HTTP/3 would send UDP to whatever port an Alt-Svc header names. A .netrc counts as little as the environment's
        # variables, which the route has read.
        self.session = Session(retries=urllib3.Retry(0, read=False), disable_http3=True)
        self.session.trust_env = False
        self.session.headers.update({"Accept": "application/json", "Accept-Encoding": ENCODINGS})
        if self.route.proxy_url:
            self.session.proxies = dict.fromkeys(("http", "https"), self.route.proxy_url)
        if self.route.authorities:
            if self.route.authorities.variable:
                self.route.context()
            self.session.verify = self.route.authorities.pem

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def send(self, method: str, path: str, *, repeats: int = RETRIES, **content: Any) -> HttpAnswer:
        """The answer, whatever its status, after at most this many repeats; raises NoAnswerError."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._once(method, path, content)
            except NoAnswerError as error:
                if error.again and attempt <= repeats and self._patience.waited(attempt, {}):
                    continue
                raise
            may_repeat = is_repeated(method, answer.status) and attempt <= repeats
            if not (may_repeat and self._patience.waited(attempt, answer.headers)):
                return answer

    def _once(self, method: str, path: str, content: Mapping[str, Any]) -> HttpAnswer:
        try:
            return within(sum(self.timeout) * WHOLE_ANSWER, lambda: self._read(method, path, content))
        except UnreadableAnswerError as error:
            raise NoAnswerError(f"{error}: check the address", maybe_done=True) from None
        # niquests lets the ValueError of a malformed Location through, even when it follows no redirects, and calls itself
        # for each preliminary answer (100, 103).
        except (RequestException, urllib3.exceptions.HTTPError, ValueError, OSError, RecursionError) as error:
            # `from None`: the cause holds the request, and the request its Authorization header.
            raise self._failed(method, error) from None

    def _read(self, method: str, path: str, content: Mapping[str, Any]) -> HttpAnswer:
        options = {"auth": self._auth, "timeout": self.timeout, "allow_redirects": False, "stream": True}
        response = self.session.request(method, f"{self.url}{path}", **{**options, **content})
        try:
            headers = {str(name).title(): str(value) for name, value in response.headers.items()}
            body = bounded_body(response.iter_raw(), headers.get("Content-Encoding", ""))
            return HttpAnswer(response.status_code or 0, headers, body)
        finally:
            response.close()

    def _failed(self, method: str, error: Exception) -> NoAnswerError:
        found = tuple(causes(error))
        if isinstance(error, InvalidJSONError):
            return NoAnswerError("could not be sent: it holds a value that JSON does not have, such as NaN")
        if any(isinstance(cause, gaierror | ConnectionRefusedError | ConnectTimeout) for cause in found):
            return NoAnswerError(self._not_connected(error), again=True)
        if problem := no_connection(error, self.route):
            return NoAnswerError(problem, again=isinstance(error, ProxyError) and "407" not in problem)
        if any(isinstance(cause, urllib3.exceptions.ReadTimeoutError | TimeoutError) for cause in found):
            slow = f"got no answer within {self.timeout[1]:g} s, or not all of it within {sum(self.timeout) * WHOLE_ANSWER:g} s"
            return NoAnswerError(f"{slow}: check its load, and the proxy in front of it", maybe_done=True)
        if isinstance(error, ValueError | RecursionError | urllib3.exceptions.HTTPError):
            return NoAnswerError(
                f"got an answer that is not valid HTTP: check the proxy in front of {self.server}", maybe_done=True
            )
        # TLS 1.3 has no better sign: the server ends the connection after the handshake.
        uncertified = self.url.lower().startswith("https://") and not self.session.cert
        certificate = ", and whether it wants a client certificate" if uncertified else ""
        lost = f"lost its connection before an answer came: check {self.server}'s log and the proxy in front of it{certificate}"
        return NoAnswerError(lost, maybe_done=True, again=method == "GET")

    def _not_connected(self, error: Exception) -> str:
        if problem := no_connection(error, self.route):
            return problem
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes(error)):
            return f"refused the connection: is {self.server} running there?"
        return f"could not connect within {self.timeout[0]:g} s: check the address and the firewall"
