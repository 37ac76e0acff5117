"""Answers of Grafana that a request did not expect, each as one sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from glassbox.grafana.advice import UNREADY, advice_for, long_wait
from glassbox.grafana.credentials import GrafanaCredential
from glassbox.grafana.failures import GrafanaError, NotVisibleError, Request
from glassbox.http.exchange import HttpAnswer
from glassbox.http.json_text import NOT_JSON
from glassbox.http.retries import RETRY_AFTER_MAX_SECONDS, asked_for_seconds
from glassbox.http.sentences import masked, on_one_line

SENT_BY_PROXIES = UNREADY | {413, 429}
DENIED = "You'll need additional permissions to perform this action. "


def error_text(body: Any) -> tuple[str, str]:
    """(message, message id) of any error body Grafana writes; both empty for `null`, an empty body and text.

    The bodies: legacy {"message", "status"?}, errutil {"message", "messageId"}, access denied {"message",
    "accessErrorId"}, Kubernetes Status {"kind": "Status", "message", "reason", "details": {"uid", "causes"}}.
    """
    if not isinstance(body, dict):
        return "", ""
    details = body["details"] if isinstance(body.get("details"), dict) else {}
    causes = details["causes"] if isinstance(details.get("causes"), list) else []
    told = [cause.get("message") for cause in causes if isinstance(cause, dict)]
    parts = (body.get("message") or body.get("error"), *told)
    status = None if body.get("kind") == "Status" else body.get("status")
    names = (body.get("messageId"), details.get("uid"), body.get("reason"), status)
    return ", ".join(filter(None, map(_text, parts))), next(filter(None, map(_text, names)), "")


def _text(value: Any) -> str:
    """A text or number of JSON, "" for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def refused(request: Request, response: HttpAnswer, body: Any, credential: GrafanaCredential) -> GrafanaError:
    """The error for an answer of 400 or more; NotVisibleError where Grafana itself says 403 or 404."""
    status = response.status
    if body is NOT_JSON and status not in SENT_BY_PROXIES:
        return request.failed(not_json(response, credential), status)
    message, message_id = (_shown(text, credential) for text in error_text(body))
    asked = asked_for_seconds(response.headers.get("Retry-After", ""))
    advice = long_wait(asked) if status == 429 and asked > RETRY_AFTER_MAX_SECONDS else advice_for(request, status, f"{message_id} {message}", credential)  # fmt: skip  # one thing is one line
    quoted = f' ("{message.removeprefix(DENIED)}")' if message else ""
    kind = NotVisibleError if status in (403, 404) else GrafanaError
    return request.failed(f"answered {status}{quoted}: {advice}", status, message_id, kind, message)


def not_json(response: HttpAnswer, credential: GrafanaCredential) -> str:
    """The problem of an answer that is not JSON, such as a log-in page."""
    content = response.content
    kind = _shown(str(response.headers.get("Content-Type") or "text"), credential).partition(";")[0]
    if "html" in kind or content.lstrip()[:1] == b"<":
        kind = "HTML"
    status = response.status
    code = f" {status}" if status >= 400 else ""
    return (
        f"answered{code} with {kind if content else 'an empty body'}, not JSON: "
        "is the URL Grafana's own address, including its sub-path?"
    )


def wrong_shape(problem: str) -> str:
    """The problem of JSON of another shape than Grafana's."""
    return f"answered with JSON that is not Grafana's ({problem}): is the URL Grafana's own address?"


def redirected(request: Request, response: HttpAnswer, credential: GrafanaCredential) -> str:
    """The problem of a redirect, which would turn a write into a read."""
    scheme, host, path, _, _ = urlsplit(str(response.headers.get("Location") or ""))
    # The user, password and query are where log-in pages and proxies put tokens.
    location = _shown(urlunsplit((scheme, host.rpartition("@")[2], path, "", "")), credential) or "no address"
    if location.endswith(request.path):
        advice = f"use {location.removesuffix(request.path) or 'that'} as the URL"
    else:
        advice = "use that URL if it is Grafana's own address, or let requests with a credential pass its log-in page"
    return f"answered {response.status} to {location}, and redirects are not followed: {advice}"


def _shown(text: str, credential: GrafanaCredential) -> str:
    """A server's text without a secret that it repeats."""
    return on_one_line(masked(text, credential.secrets))
