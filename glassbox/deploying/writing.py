"""One change at a server that may fail in any way: what is not known is read again and compared with what was sent."""

from __future__ import annotations

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Change
from glassbox.errors import GlassboxError
from glassbox.grafana.advice import TITLES_TAKEN
from glassbox.grafana.client import Grafana
from glassbox.grafana.failures import GrafanaError
from glassbox.http.retries import Patience

# A write that answers so may have been carried out or not; None is no answer at all, 200 one that cannot be read.
# 500 is SQLite's "database is locked".
_UNDECIDED = frozenset({None, 200, 409, 412, 500, 502, 503, 504})
_CONFLICTS = frozenset({409, 412})


def written(grafana: Grafana, change: Change) -> None:
    """Write the content of a change and make sure that it stands; GlassboxError where it does not."""
    patience, attempt = Patience(), 0
    while True:
        attempt += 1
        try:
            change.kind.write(grafana, _content(change), change.live)
        except GrafanaError as error:
            if error.status not in _UNDECIDED:
                raise
            if _stands(grafana, change, error):
                return
            if not (_is_worth_repeating(grafana, change, error, attempt) and patience.waited(attempt, {})):
                raise
        else:
            _refuse_other_content(grafana, change)
            return


def removed(grafana: Grafana, change: Change, folder_uid: str) -> None:
    """Delete the object of a change; again where the answer leaves open whether it was deleted, since a second time is harmless."""
    if change.live is None:
        raise ValueError("a deletion without a live object")
    patience, attempt = Patience(), 0
    while True:
        attempt += 1
        try:
            change.kind.remove(grafana, change.live, folder_uid)
        except GrafanaError as error:
            if error.status not in _UNDECIDED or not patience.waited(attempt, {}):
                raise
        else:
            return


def _content(change: Change) -> Json:
    if change.content is None:
        raise ValueError("a write without content")
    return change.content


def _stands(grafana: Grafana, change: Change, error: GrafanaError) -> bool:
    """Whether Grafana holds what was sent. A server that cannot be read leaves the error as it is."""
    now = _now(grafana, change, error)
    return now is not None and _is_sent(grafana, change, now)


def _is_worth_repeating(grafana: Grafana, change: Change, error: GrafanaError, attempt: int) -> bool:
    """Whether the object is still what the plan compared with, so that writing again overwrites nobody.

    A conflict about an object that is not there is repeated once: what it conflicts with, such as a title, stays. GlassboxError
    where that is the object itself, which the credential does not see.
    """
    now = _now(grafana, change, error)
    if now is None and error.status in _CONFLICTS and attempt > 1:
        if change.live is None and error.message_id not in TITLES_TAKEN:
            raise GlassboxError(f"Grafana says that the {change.name} is there already ({error.said or error.status}), and {grafana.holder} does not see it: give it the right to read it, or delete it in Grafana, then run again.")  # fmt: skip  # a refusal is one line
        return False
    return change.kind.is_unchanged(now, change.live)


def _now(grafana: Grafana, change: Change, error: GrafanaError) -> Json | None:
    try:
        return change.kind.now(grafana, _content(change))
    except GrafanaError:
        raise error from None


def _is_sent(grafana: Grafana, change: Change, now: Json) -> bool:
    content = _content(change)
    return change.kind.equal(content, now) or change.kind.is_what_we_pushed(grafana, content, now)


def _refuse_other_content(grafana: Grafana, change: Change) -> None:
    now = change.kind.now(grafana, _content(change))
    if now is None:
        raise GlassboxError(f"Grafana took the {change.name} and does not have it: it was deleted at once, or this credential may not read it. Run again.")  # fmt: skip  # a refusal is one line
    if not _is_sent(grafana, change, now):
        found = "; ".join(each.text for each in change.kind.differences(_content(change), now | {"elsewhere": []}))
        raise GlassboxError(f"Grafana took the {change.name} and has something else now, so somebody saved it at the same time ({found}): run again.")  # fmt: skip  # a refusal is one line
