"""Marks of contact points, mute timings, templates and routes: whose they are, and what we pushed last.

None of them has an annotation. An integration has our mark in its uid, a mute timing in its name, a template in a comment,
and a route in a matcher that always holds: no alert has the label `__glassbox__`. Each mark names the whole uid of our
folder, or a hash of it, and none is a part of another. The route also keeps what we pushed of contact points and mute
timings, since these have no place for it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import json_text
from glassbox.grafana.ownership import ANNOTATION

Pushed = Mapping[str, str]
"""What we pushed, as fingerprints by `key_of`."""
_TEMPLATE_MARK = re.compile(r"\A\{\{/\* glassbox ([A-Za-z0-9_-]+) ([0-9a-f]{12}) (.+?) \*/\}\}\n")


def short_hash(*parts: str, digits: int = 12) -> str:
    """Hexadecimal digits that stand for these texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:digits]


def fingerprint(content: object, digits: int = 12) -> str:
    """Hexadecimal digits that stand for a JSON value."""
    return short_hash(json_text({"content": content}), digits=digits)


def integration_uid(folder_uid: str, name: str, type_: str, number: int) -> str:
    """The uid of the integration of this type and number, from 1, of a contact point; at most 40 characters, as Grafana asks."""
    return f"{_integrations_of(folder_uid)}{short_hash(name, type_)}-{number}"


def is_our_integration(uid: str, folder_uid: str) -> bool:
    """Whether the uid is one that `integration_uid` makes for this folder."""
    return uid.startswith(_integrations_of(folder_uid))


def _integrations_of(folder_uid: str) -> str:
    return f"gb-{short_hash(folder_uid)}-"


def mute_timing_name(folder_uid: str, name: str) -> str:
    """What Grafana calls our mute timing: "Weekend (glassbox 3f9c2a)"; nobody writes the digits by chance."""
    return f"{name} ({folder_uid} {short_hash(folder_uid, name, digits=6)})"


def is_our_mute_timing(name: str, folder_uid: str) -> bool:
    """Whether the name is one that `mute_timing_name` makes for this folder."""
    return name == mute_timing_name(folder_uid, name.rpartition(" (")[0])


def marked_template(folder_uid: str, name: str, text: str) -> str:
    """The text with its mark, a comment on the first line."""
    return f"{{{{/* glassbox {folder_uid} {fingerprint(text)} {name} */}}}}\n{text}"


def unmarked_template(text: str) -> str:
    """The text without its mark."""
    return _TEMPLATE_MARK.sub("", text)


def owner_of_template(template: Json) -> str | None:
    """The folder that the mark of a template names; None without a mark, and for a copy of another name."""
    mark = _TEMPLATE_MARK.match(str(template["template"]))
    return mark[1] if mark and mark[3] == template["name"] else None


def was_template_edited(template: Json) -> bool:
    """Whether a template with our mark is not what we pushed."""
    mark = _TEMPLATE_MARK.match(str(template["template"]))
    return bool(mark and mark[2] != fingerprint(unmarked_template(str(template["template"]))))


@dataclass(frozen=True)
class RouteMark:
    """The mark of our route: the folder, a fingerprint of the route, and what we pushed beside it."""

    folder_uid: str
    route: str
    pushed: Pushed = field(default_factory=dict)

    @property
    def matcher(self) -> list[str]:
        """The matcher that holds the mark."""
        pushed = (f"{key}-{print_}" for key, print_ in sorted(self.pushed.items()))
        return [ANNOTATION, "!=", ".".join((self.folder_uid, self.route, *pushed))]


def mark_of_route(route: Json) -> RouteMark | None:
    """The mark of a route; None without one."""
    for matcher in route.get("object_matchers") or ():
        if matcher[:2] == [ANNOTATION, "!="] and len(matcher) == 3:
            folder_uid, *rest = matcher[2].split(".")
            pushed = dict(part.split("-", 1) for part in rest[1:] if "-" in part)
            return RouteMark(folder_uid, rest[0] if rest else "", pushed)
    return None


def without_mark(matchers: Iterable[list[str]] | None) -> list[list[str]]:
    """The matchers of a route that are not our mark, in one order."""
    return sorted(list(each) for each in matchers or () if each[:2] != [ANNOTATION, "!="])


def key_of(kind: str, identity: str) -> str:
    """What stands for an object among what we pushed."""
    return short_hash(kind, identity, digits=8)
