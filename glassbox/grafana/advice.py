"""What a user can do about a request that Grafana refused or did not answer."""

from __future__ import annotations

from glassbox.grafana.credentials import GrafanaCredential
from glassbox.grafana.failures import Request
from glassbox.http.exchange import NoAnswerError

UNREADY = frozenset({502, 503, 504})
NOT_READY = (
    "Grafana or the proxy in front of it is not ready, so wait until GET /api/health answers 200, then run again"
)
# Grafana's pkg/util/proxyutil/reverse_proxy.go: 502 and 504 where a data source behind its proxy cannot be reached.
_PROXIED = ("/api/datasources/proxy/", "/api/ruler/")
NOT_REACHED = "Grafana does not reach this data source, so test it on its page in Grafana (Connections, Data sources), then run again"
NOT_REPEATED = "; it was not repeated because it may have been carried out, and a new run writes only what differs"
CHANGED = "it exists or was changed after it was read, so run again to compare with what is there"
TITLE_TAKEN = "another {} of that folder has its title, which Grafana before {} allows once: rename or move that one, then run again"
OTHER_ORGANISATION = (
    "the token belongs to another organisation: use one of grafana.organisation_id, or correct that setting"
)
IN_USE = "a route or a rule uses it, so choose another there (or take the edit of our route into the settings), then run again"
TITLES_TAKEN = frozenset({"name-exists", "name-match"})
"""What Grafana calls a conflict with the title of another object."""
_BY_NAME = {
    "contact-points.referenced": IN_USE,
    "contact-points.used-by-rule": IN_USE,
    "time-intervals.used": IN_USE,
    "name-exists": TITLE_TAKEN.format("dashboard", "11.3"),
    "name-match": "a folder has its title, which Grafana before 11.3 does not allow a dashboard: rename that folder, then run again",
    "rule title under the same organisation and folder should be unique": TITLE_TAKEN.format("rule", "12"),
}
"""By what Grafana itself calls the reason, or says of it."""
ADVICE = {
    407: "the proxy wants a user and a password, so put both into the address in HTTP_PROXY",
    # Grafana 13, for a dashboard of schema v2 that it cannot convert.
    406: "somebody saved it in schema v2, which this API does not return: choose an older version on its page in Grafana, or leave it out with --only",
    404: "check its uid, and that the URL is Grafana's own address, including its sub-path",
    409: CHANGED,
    412: CHANGED,
    413: "split it, or raise the limit of the proxy in front of Grafana (nginx: client_max_body_size; Grafana takes 16 MiB)",
    429: "Grafana asks for fewer requests even after retries, so wait a minute and run again",
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


def advice_for(request: Request, status: int, reason: str, credential: GrafanaCredential) -> str:
    """What to do about an error of this status; `reason` is Grafana's own text, its message id included."""
    if status == 401:
        return OTHER_ORGANISATION if "organization-mismatch" in reason else credential.advice
    if status == 403:
        return _missing_right(reason, request.path, credential)
    if "provenanceMismatch" in reason:
        return "its rules are provisioned elsewhere, from files or another tool: remove them there or rename this group"
    if status in UNREADY:
        reason = NOT_REACHED if status != 503 and request.path.startswith(_PROXIED) else NOT_READY
        return reason + (NOT_REPEATED if request.writes else "")
    if status >= 500 and "/rule-groups/" in request.path:
        return "see Grafana's log; versions 10 and 11 also answer this for rules that are provisioned elsewhere"
    by_status = ADVICE.get(status, "see Grafana's log" if status >= 500 else "correct it at its source and push again")
    return next((advice for name, advice in _BY_NAME.items() if name in reason), by_status)


def long_wait(seconds: float) -> str:
    """What to do about a server that asks for a longer pause than a command makes."""
    return f"Grafana asks to wait {seconds:.0f} s, so run again after that"


def unanswered(request: Request, error: NoAnswerError) -> str:
    """Why a request got no answer, and what to do."""
    return f"{error}{NOT_REPEATED if request.writes and error.maybe_done else ''}"


def _missing_right(reason: str, path: str, credential: GrafanaCredential) -> str:
    if "quota" in reason.lower():
        return "raise this organisation's quota or remove what it does not need any more"
    role = next(role for fragment, role in ROLES if fragment in f"{reason} {path}")
    return f"give {credential.holder} {role}"
