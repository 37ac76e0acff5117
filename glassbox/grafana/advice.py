"""What a user can do about a request that Grafana refused or did not answer."""

from __future__ import annotations

from socket import gaierror
from ssl import SSLCertVerificationError, SSLError

from niquests.exceptions import ConnectTimeout, InvalidJSONError, ProxyError
from niquests.packages import urllib3

from glassbox.grafana.credentials import GrafanaCredential
from glassbox.grafana.failures import Request
from glassbox.http.retries import RETRIES
from glassbox.http.sentences import causes, sentence_for

UNREADY = frozenset({502, 503, 504})
NOT_READY = (
    "Grafana or the proxy in front of it is not ready, so wait until GET /api/health answers 200, then run again"
)
NOT_REPEATED = "; it was not repeated because it may have been carried out, and a new run writes only what differs"
CHANGED = "it exists or was changed after it was read, so run again to compare with what is there"
ADVICE = {
    404: "check its uid, and that the URL is Grafana's own address, including its sub-path",
    409: CHANGED,
    412: CHANGED,
    413: "split it, or raise the limit of the proxy in front of Grafana (nginx: client_max_body_size; Grafana takes 16 MiB)",
    429: f"Grafana asks for fewer requests even after {RETRIES} retries, so wait a minute and run again",
}
# Which basic role has a permission: Grafana's "RBAC basic role definitions"; the first fragment found decides.
RULE_WRITER = "the Admin role (or fixed:alerting.provisioning:writer)"
ROLES = (
    ("alert.", RULE_WRITER),
    ("/provisioning/", RULE_WRITER),
    ("datasources", "the Viewer role (or fixed:datasources:reader where data sources are restricted)"),
    ("/api/org", "the Viewer role"),
    ("", "the Editor role"),
)
SLOW = "got no answer within {read_seconds:g} s: check Grafana's load and the proxy in front of it"
LOST = "lost its connection before an answer came: check Grafana's log and the proxy in front of it"
GARBLED = "got an answer that is not valid HTTP: check the proxy in front of Grafana"
UNANSWERED: tuple[tuple[type[BaseException], str], ...] = (
    (ProxyError, "failed at the proxy of HTTP_PROXY or HTTPS_PROXY: correct the proxy, or add the host to NO_PROXY"),
    (ConnectTimeout, "could not connect within {connect_seconds:g} s: check the address and the firewall"),
    (gaierror, "could not find the host: check the spelling of its name"),
    (SSLCertVerificationError, "found a bad certificate ({tls_reason}): name its CA file in REQUESTS_CA_BUNDLE"),
    (SSLError, "failed in TLS: does this port speak https?"),
    (ConnectionRefusedError, "was refused: is Grafana running there?"),
    (InvalidJSONError, "could not be sent: it holds a value that JSON does not have, such as NaN"),
    (urllib3.exceptions.ReadTimeoutError, SLOW),
    (ValueError, GARBLED),
)


def advice_for(request: Request, status: int, reason: str, credential: GrafanaCredential) -> str:
    """What to do about an error of this status; `reason` is Grafana's own text, its message id included."""
    if status == 401:
        return credential.advice
    if status == 403:
        return _missing_right(reason, request.path, credential)
    if "provenanceMismatch" in reason:
        return "its rules are provisioned elsewhere, from files or another tool: remove them there or rename this group"
    if status in UNREADY:
        return NOT_READY + (NOT_REPEATED if request.writes else "")
    if status >= 500 and "/rule-groups/" in request.path:
        return "see Grafana's log; versions 10 and 11 also answer this for rules that are provisioned elsewhere"
    return ADVICE.get(status, "see Grafana's log" if status >= 500 else "correct it at its source and push again")


def unanswered(request: Request, error: Exception, timeout_seconds: tuple[float, float]) -> str:
    """Why a request got no answer, and what to do; the timeouts are those to connect and to read."""
    sentence = sentence_for(error, UNANSWERED, LOST)
    tls_reasons = (cause.verify_message for cause in causes(error) if isinstance(cause, SSLCertVerificationError))
    connect_seconds, read_seconds = timeout_seconds
    text = sentence.format(connect_seconds=connect_seconds, read_seconds=read_seconds, tls_reason=next(tls_reasons, ""))
    return text + (NOT_REPEATED if request.writes and sentence in (SLOW, LOST, GARBLED) else "")


def _missing_right(reason: str, path: str, credential: GrafanaCredential) -> str:
    if "quota" in reason.lower():
        return "raise this organisation's quota or remove what it does not need any more"
    role = next(role for fragment, role in ROLES if fragment in f"{reason} {path}")
    return f"give {credential.holder} {role}"
