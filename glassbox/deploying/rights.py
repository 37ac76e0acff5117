"""What a credential may not do, found out before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from glassbox.grafana.advice import RULE_WRITER
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.grafana.survey import Survey


@dataclass(frozen=True)
class KindsWithinRights:
    """The kinds that can be compared and carried out, and a sentence about each other one."""

    kinds: tuple[ObjectKind, ...]
    left_out: tuple[str, ...]


def within_rights(survey: Survey, kinds: Iterable[ObjectKind]) -> KindsWithinRights:
    """Leave out the kinds that the credential may not read, and for a push those that it may not write."""
    kept, left_out = [], []
    for kind in kinds:
        if verb := _missing_verb(survey, kind):
            left_out.append(
                f"{kind.name.capitalize()}s are left out, since {survey.grafana.holder} may not {verb} them: give it {RULE_WRITER}."
            )
        else:
            kept.append(kind)
    return KindsWithinRights(tuple(kept), tuple(left_out))


def _missing_verb(survey: Survey, kind: ObjectKind) -> str:
    if not kind.is_readable(survey):
        return "read"
    if survey.grafana.read_only or not kind.needs_one_of:
        return ""
    allowed = survey.permissions
    return "write" if allowed is not None and not kind.needs_one_of & allowed else ""
