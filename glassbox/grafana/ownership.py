"""Whose an object is. An installation is known by the uid of its folder, which Grafana keeps unique in an organisation.

A mark names the whole uid, so that no installation takes another's objects whose uid begins like its own. What is ours
has the mark, a uid that begins with our folder's, and its place in our folder: a copy that somebody made has the mark
with another uid, and what was moved to another folder is somebody's own from then on. The place of a rule is the folder of
rules, or the one that its mark says we pushed it to.
"""

from __future__ import annotations

from collections.abc import Iterable

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG

ANNOTATION = "__glassbox__"
"""Grafana leaves annotations of this form out of notifications (`removePrivateItems` of its alerting templates)."""


def tag_of(folder_uid: str) -> str:
    """The tag of the dashboards of an installation."""
    return f"{TAG}:{folder_uid}"


def begins_as_ours(uid: str, folder_uid: str) -> bool:
    """Whether the uid begins as those of this folder do; others' may as well."""
    return uid.startswith(f"{folder_uid}-")


def owner_among(tags: Iterable[str]) -> str | None:
    """The folder that the mark among these tags names; None without a mark."""
    return next((tag.removeprefix(f"{TAG}:") for tag in tags if tag.startswith(f"{TAG}:")), None)


def owner_of_rule(rule: Json) -> str | None:
    """The folder that the mark of a rule names; None without a mark."""
    return (
        str(annotation).partition(" ")[0] if (annotation := (rule.get("annotations") or {}).get(ANNOTATION)) else None
    )


def left_alone(word: str, title: str, uid: str, owner: str | None, manager: str = "") -> str:
    """The sentence about an object that looks like ours and is not; `manager` is what manages it, such as "Terraform"."""
    if owner:
        return f"{word} {title!r} ({uid}) is left alone: it belongs to the installation of the folder {owner!r}."
    to_do = f"{manager} manages it: delete it there" if manager else "Delete it in Grafana"
    return f"{word} {title!r} ({uid}) is left alone: it lacks our mark, so it may be somebody's own. {to_do} if nobody needs it."
