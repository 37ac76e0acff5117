"""What the kinds of notifications share: objects found by name, and those that somebody else provisions."""

from __future__ import annotations

from collections.abc import Iterable

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.grafana.managers import provisioner_of


def of_name(found: Iterable[Json], name: str) -> Json | None:
    """The object of this name, or None."""
    return next((each for each in found if each["name"] == name), None)


def version_of(live: Json | None) -> Json:
    """The field with which Grafana refuses to overwrite another state, where it has one."""
    return {"version": live["version"]} if live and live.get("version") else {}


def is_editable(live: Json) -> bool:
    """Whether Grafana's page may change it; a write must leave that as it is."""
    return not live.get("provenance")


def refuse_provisioned(word: str, live: Json) -> None:
    """GlassboxError for an object that files or another tool provision."""
    if by := provisioner_of(live):
        raise GlassboxError(
            f"{word} {live.get('name', '')!r} is managed by {by!r}, which wins, and is left alone: "
            "change it there, or give yours another name in the settings."
        )


def left_to_provisioner(what: str, by: str, what_to_do: str) -> str:
    """The sentence about an object of ours that `by` provisions, such as "file"."""
    return f"{what} is left out, since {by!r} manages it: {what_to_do} it there, or release it there and run again."


def refuse_changed(kind: ObjectKind, now: Json | None, live: Json | None) -> None:
    """GlassboxError where an object is not what the plan compared with: most of Grafana's writes of notifications do not ask."""
    if not kind.is_unchanged(now, live):
        found = now or live or {}
        raise GlassboxError(
            f"{kind.name.capitalize()} {kind.title(found)!r} was changed after the plan was made: "
            "run again to compare with what is there."
        )


def in_use(word: str, live: Json, users: Iterable[str]) -> str:
    """The sentence about an object of ours that cannot be deleted."""
    return f"{word} {live['name']!r} stays, since {' and '.join(sorted(set(users)))} use{'s' * (len(set(users)) == 1)} it: choose another there, then push again."  # fmt: skip  # one sentence
