"""Which rules a Prometheus or vmalert has loaded, how they do, and having it read its rule files again.

`/-/reload` and `/api/v1/rules` are Prometheus' "Management API" and "HTTP API"; vmalert has both. Prometheus 2.42 answers 500
to a reload that fails; vmalert 1.79 answers 200 at once and reloads afterwards, so that only its metrics show how that ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.http.exchange import HttpAnswer
from glassbox.http.json_text import parsed
from glassbox.http.sentences import on_one_line
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.credential import HOW_TO_SET

NEVER = datetime.min.replace(tzinfo=UTC)
_LIFECYCLE_OFF = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_LAST_RELOAD = re.compile(
    r"^(?:prometheus|vmalert)_config_last_reload_(successful|success_timestamp_seconds) ([0-9.e+]+)$", re.MULTILINE
)


@dataclass(frozen=True)
class LoadedRule:
    """A rule as the server has it: its name, and why its last evaluation failed, "" where it did not."""

    name: str
    error: str = ""


@dataclass(frozen=True)
class LoadedGroup:
    """A group as the server has it; `file` is the name of its file without the folder, `evaluated` NEVER at first.

    `known` says that every rule has been evaluated since it was loaded.
    """

    name: str
    file: str
    rules: tuple[LoadedRule, ...]
    evaluated: datetime
    known: bool


@dataclass(frozen=True)
class ReloadState:
    """How the server's last reload ended, and when its last successful one was, in Unix seconds of its own clock."""

    successful: bool
    succeeded_at: float


def loaded_groups(prometheus: Prometheus) -> tuple[list[LoadedGroup], datetime]:
    """The groups, and the server's own time, rounded down to a second; raises GlassboxError."""
    answer = prometheus.answered("GET", "/api/v1/rules")
    body = parsed(answer.content)
    try:
        found = [_group(each) for each in body["data"]["groups"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise GlassboxError(
            f"The server at {prometheus.url} answered {answer.status} to /api/v1/rules without a list of rules: "
            f"give the address of Prometheus or vmalert itself{_advice(answer.status)}."
        ) from None
    return found, _date(answer.headers)


def reload(prometheus: Prometheus) -> None:
    """Have the server read its files again; raises GlassboxError where it refuses, or says that it failed."""
    answer = prometheus.answered("POST", "/-/reload")
    if answer.status in _LIFECYCLE_OFF:
        raise GlassboxError(
            f"The server at {prometheus.url} does not take reloads ({answer.status}): {_own_address(answer.status)}start Prometheus "
            "with --web.enable-lifecycle, or name the file of its process id with --prometheus-pid-file."
        )
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise GlassboxError(
            f"The server at {prometheus.url} could not reload (it answered {answer.status}{_said(prometheus, answer)}): "
            f"see its log{_advice(answer.status)}."
        )


def _own_address(status: int) -> str:
    return "check that this is its own address, including its sub-path; else " if status == HTTPStatus.NOT_FOUND else ""


def reload_state(prometheus: Prometheus) -> ReloadState | None:
    """How the last reload ended, from the server's own metrics; None where these cannot be read."""
    answer = prometheus.answered("GET", "/metrics")
    found = dict(_LAST_RELOAD.findall(answer.content.decode(errors="replace")))
    if answer.status != HTTPStatus.OK or len(found) < len(ReloadState.__dataclass_fields__):
        return None
    return ReloadState(float(found["successful"]) == 1, float(found["success_timestamp_seconds"]))


def _group(each: Mapping[str, Any]) -> LoadedGroup:
    rules = each.get("rules") or ()
    return LoadedGroup(
        str(each["name"]),
        PurePath(str(each.get("file") or "")).name,
        tuple(_rule(rule) for rule in rules),
        moment(each.get("lastEvaluation")),
        all(rule.get("health") != "unknown" for rule in rules),
    )


def _rule(rule: Mapping[str, Any]) -> LoadedRule:
    failed = rule.get("health") == "err"
    return LoadedRule(str(rule["name"]), str(rule.get("lastError") or "no reason given") if failed else "")


def moment(text: Any) -> datetime:
    """A time of Go's: up to nine digits of a second, and the year 1 for never; raises ValueError for any other text."""
    if not isinstance(text, str):
        return NEVER
    found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _date(headers: Mapping[str, str]) -> datetime:
    """The server's clock as its answer says; ours where it does not say."""
    try:
        return parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return datetime.now(UTC).replace(microsecond=0)


def _said(prometheus: Prometheus, answer: HttpAnswer) -> str:
    text = on_one_line(prometheus.without_secrets(answer.content.decode(errors="replace")))
    return f': "{text}"' if text and not text.startswith("<") else ""


def _advice(status: int) -> str:
    return f", and {HOW_TO_SET}" if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) else ""
