"""The one HTTP transport under grafana-client: timeouts, retries, no redirects, and every failure as one sentence.

The sentences stand beside the rules that choose them, which makes the module long.
"""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from socket import gaierror
from ssl import SSLCertVerificationError, SSLError
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import urlsplit, urlunsplit

from grafana_client.client import GrafanaClient
from niquests import Response, Session
from niquests.auth import AuthBase
from niquests.exceptions import ConnectTimeout, InvalidJSONError, ProxyError, RequestException
from niquests.packages import urllib3

from glassbox.errors import GlassboxError
from glassbox.http.retries import (
    CONNECT_TIMEOUT_SECONDS,
    MESSAGE_MAX_CHARACTERS,
    RETRIES,
    RETRY_AFTER_MAX_SECONDS,
    PatientRetry,
    causes,
)

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
NOT_JSON = object()

UNREADY = frozenset({502, 503, 504})
SENT_BY_PROXIES = UNREADY | {413, 429}
DENIED = "You'll need additional permissions to perform this action. "
NOT_READY = "Grafana or the proxy before it is not ready, so wait until GET /api/health answers and run again"
NOT_REPEATED = "; it was not repeated since it may have been carried out, and running again writes only what differs"
CHANGED = "it exists or changed since it was read, so run again to compare with what is there"
ADVICE = {
    404: "check its uid, and that the URL is Grafana's own address, including its sub-path",
    409: CHANGED,
    412: CHANGED,
    413: "split it, or raise the limit of the proxy before Grafana (nginx: client_max_body_size; Grafana takes 16 MiB)",
    429: f"Grafana still asks for fewer requests after {RETRIES} retries, so wait a minute and run again",
}
# Which basic role holds a permission: Grafana's "RBAC basic role definitions"; the first fragment found decides.
RULE_WRITER = "the Admin role (or fixed:alerting.provisioning:writer)"
ROLES = (
    ("alert.", RULE_WRITER),
    ("/provisioning/", RULE_WRITER),
    ("datasources", "the Viewer role (or fixed:datasources:reader where data sources are restricted)"),
    ("/api/org", "the Viewer role"),
    ("", "the Editor role"),
)
SLOW = "got no answer within {read_seconds:g} s: check Grafana's load and the proxy before it"
LOST = "lost its connection before an answer came: check Grafana's log and the proxy before it"
GARBLED = "got an answer that is no valid HTTP: check the proxy before Grafana"
UNANSWERED: tuple[tuple[type[BaseException], str], ...] = (
    (ProxyError, "did not get past the proxy of HTTP_PROXY or HTTPS_PROXY: correct it, or name the host in NO_PROXY"),
    (ConnectTimeout, "found no connection within {connect_seconds:g} s: check the address and the firewall"),
    (gaierror, "found no such host: check the spelling of its name"),
    (SSLCertVerificationError, "met a bad certificate ({tls_reason}): name its CA file in REQUESTS_CA_BUNDLE"),
    (SSLError, "failed in TLS: does this port speak https?"),
    (ConnectionRefusedError, "was refused: is Grafana running there?"),
    (InvalidJSONError, "could not be sent: it holds a value that JSON lacks, such as NaN"),
    (urllib3.exceptions.ReadTimeoutError, SLOW),
    (ValueError, GARBLED),
)


class Credential(Protocol):
    """What the transport asks of a credential: how to sign a request, what to hide, what to name in an error."""

    advice: ClassVar[str]
    holder: ClassVar[str]

    @property
    def auth(self) -> AuthBase: ...
    @property
    def secrets(self) -> tuple[str, ...]: ...


class GrafanaError(GlassboxError):
    """A request that Grafana refused or never answered.

    `status` is the HTTP status, None without an answer; `path` starts at /api; `message_id` is Grafana's own name for
    the reason ("api-key.expired", "version-mismatch"), empty when it gave none.
    """

    def __init__(self, text: str, *, method: str, path: str, status: int | None = None, message_id: str = "") -> None:
        super().__init__(text)
        self.method, self.path, self.status, self.message_id = method, path, status, message_id


class NotVisibleError(GrafanaError):
    """Grafana itself answered 404 or 403: the object is absent, or this credential may not see it.

    A credential with rights on single folders gets 403 for a uid that does not exist (Grafana 12: the routes test the
    scope `dashboards:uid:<uid>` before the handler looks), so the two cannot be told apart.
    """


@dataclass(frozen=True)
class Request:
    """What an error names: the object, the method and the path."""

    subject: str
    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it may change something in Grafana."""
        return self.method != "GET"

    def failed(
        self, problem: str, status: int | None = None, message_id: str = "", kind: type[GrafanaError] = GrafanaError
    ) -> GrafanaError:
        """The error whose sentence is "<object>: <method> <path> <problem>."."""
        text = f"{self.subject}: {self.method} {self.path} {problem}{'' if problem.endswith('?') else '.'}"
        return kind(text, method=self.method, path=self.path, status=status, message_id=message_id)


class GrafanaTransport(GrafanaClient):
    """grafana-client's transport with our rules; its elements (Folder, Dashboard, ...) take it as their client.

    `writes` lists (method, path) of every request other than GET, noted before it is sent; views share it.
    """

    def __init__(self, url: str, credential: Credential, timeout_seconds: float) -> None:
        timeout = (min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds)
        super().__init__(credential.auth, timeout=timeout, user_agent="glassbox")
        headers = self.s.headers
        self.s.close()
        retry = PatientRetry(
            RETRIES, other=0, allowed_methods=["GET"], raise_on_status=False, retry_after_max=RETRY_AFTER_MAX_SECONDS
        )
        # HTTP/3 would send UDP to whatever port an Alt-Svc header names.
        self.s = Session(retries=retry, disable_http3=True, pool_maxsize=self.session_pool_size)
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
            raise request.failed(f"at {self.url} {_unanswered(request, error, self.timeout)}") from None
        return self._decoded(request, response, accept_empty_json)

    def _decoded(self, request: Request, response: Response, accept_empty: bool) -> Any:
        status = response.status_code or 0
        if 300 <= status < 400:
            raise request.failed(_redirected(request, response, self.credential), status)
        body = _parsed(response.content)
        if status >= 400:
            raise _refused(request, response, body, self.credential)
        if not response.content and (accept_empty or status in (202, 204)):
            return None
        if body is NOT_JSON or (body is None and not response.content):
            raise request.failed(_not_json(response, self.credential), status)
        if not isinstance(body, self.expected):
            wanted = self.expected.__name__
            raise request.failed(f"answered with JSON that is no {wanted}: is the URL Grafana's own address?", status)
        return body


def _parsed(content: bytes | None) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return NOT_JSON


def error_text(body: Any) -> tuple[str, str]:
    """(message, message id) of any error body Grafana writes; both empty for `null`, no body and what is not JSON.

    The bodies: legacy {"message", "status"?}, errutil {"message", "messageId"}, access denied {"message",
    "accessErrorId"}, Kubernetes Status {"kind": "Status", "message", "reason", "details": {"uid", "causes"}}.
    """
    if not isinstance(body, dict):
        return "", ""
    details = body["details"] if isinstance(body.get("details"), dict) else {}
    causes = [cause.get("message") for cause in details.get("causes") or () if isinstance(cause, dict)]
    message = ", ".join(str(part) for part in (body.get("message") or body.get("error"), *causes) if part)
    status = None if body.get("kind") == "Status" else body.get("status")
    return message, str(body.get("messageId") or details.get("uid") or body.get("reason") or status or "")


def _refused(request: Request, response: Response, body: Any, credential: Credential) -> GrafanaError:
    status = response.status_code or 0
    if body is NOT_JSON and status not in SENT_BY_PROXIES:
        return request.failed(_not_json(response, credential), status)
    message, message_id = (_shown(text, credential) for text in error_text(body))
    advice = _advice(request, status, f"{message_id} {message}", credential)
    said = f' ("{message.removeprefix(DENIED)}")' if message else ""
    kind = NotVisibleError if status in (403, 404) else GrafanaError
    return request.failed(f"answered {status}{said}: {advice}", status, message_id, kind)


def _advice(request: Request, status: int, said: str, credential: Credential) -> str:
    if status == 401:
        return credential.advice
    if status == 403:
        return _missing_right(said, request.path, credential)
    if "provenanceMismatch" in said:
        return "its rules are provisioned elsewhere, from files or another tool: remove them there or rename this group"
    if status in UNREADY:
        return NOT_READY + (NOT_REPEATED if request.writes else "")
    if status >= 500 and "/rule-groups/" in request.path:
        return "see Grafana's log; versions 10 and 11 also say this of rules that are provisioned elsewhere"
    return ADVICE.get(status, "see Grafana's log" if status >= 500 else "correct it at its source and push again")


def _missing_right(said: str, path: str, credential: Credential) -> str:
    if "quota" in said.lower():
        return "raise this organisation's quota or remove what it no longer needs"
    role = next(role for fragment, role in ROLES if fragment in f"{said} {path}")
    return f"give {credential.holder} {role}"


def _not_json(response: Response, credential: Credential) -> str:
    content = response.content or b""
    kind = _shown(str(response.headers.get("Content-Type") or "text"), credential).partition(";")[0]
    if "html" in kind or content.lstrip()[:1] == b"<":
        kind = "HTML"
    status = response.status_code or 0
    code = f" {status}" if status >= 400 else ""
    return (
        f"answered{code} with {kind if content else 'an empty body'}, not JSON: "
        "is the URL Grafana's own address, including its sub-path?"
    )


def _redirected(request: Request, response: Response, credential: Credential) -> str:
    scheme, host, path, _, _ = urlsplit(str(response.headers.get("Location") or ""))
    # The user, password and query are where log-in pages and proxies put tokens.
    location = _shown(urlunsplit((scheme, host.rpartition("@")[2], path, "", "")), credential) or "no address"
    if location.endswith(request.path):
        advice = f"use {location.removesuffix(request.path) or 'that'} as the URL"
    else:
        advice = "use that URL if it is Grafana's own address, or let requests with a credential pass its log-in page"
    return f"answered {response.status_code} to {location}, and redirects are not followed: {advice}"


def _unanswered(request: Request, error: Exception, timeout_seconds: tuple[float, float]) -> str:
    found = tuple(causes(error))
    sentence = next((text for kind, text in UNANSWERED if any(isinstance(cause, kind) for cause in found)), LOST)
    tls_reason = next((cause.verify_message for cause in found if isinstance(cause, SSLCertVerificationError)), "")
    connect_seconds, read_seconds = timeout_seconds
    text = sentence.format(connect_seconds=connect_seconds, read_seconds=read_seconds, tls_reason=tls_reason)
    return text + (NOT_REPEATED if request.writes and sentence in (SLOW, LOST, GARBLED) else "")


def _shown(text: str, credential: Credential) -> str:
    """A server's text as part of our sentence: one line, short, and without a secret it may echo."""
    for secret in credential.secrets:
        text = text.replace(secret, "***")
    return " ".join(text.split()).rstrip(".")[:MESSAGE_MAX_CHARACTERS]
