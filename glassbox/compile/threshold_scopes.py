"""Jobs and models with thresholds of their own, and how the rules of each become one."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr
from glassbox.query.promql import labelled
from glassbox.settings.model import ThresholdsFor


@dataclass(frozen=True)
class Scope:
    """The series that carry these labels: job, model_name, inference_engine, identity labels, or several of them."""

    labels: tuple[tuple[str, str], ...]

    def within(self, other: "Scope") -> bool:
        """Whether it is a part of the other scope, which is wider."""
        return set(other.labels) < set(self.labels)

    def only(self, expr: Expr) -> Expr:
        """The results that belong to it."""
        return expr.and_(labelled(self.labels), on=[label for label, _ in self.labels])

    def without(self, expr: Expr) -> Expr:
        """The results that do not."""
        return expr.unless(labelled(self.labels), on=[label for label, _ in self.labels])

    def meets(self, other: "Scope") -> "Scope | None":
        """What is in both; None where nothing can be."""
        own, theirs = dict(self.labels), dict(other.labels)
        if any(own[label] != value for label, value in theirs.items() if label in own):
            return None
        return Scope((*self.labels, *((label, value) for label, value in other.labels if label not in own)))

    @property
    def words(self) -> str:
        """The same for people, in Markdown."""
        return " and ".join(f"{label} `{value}`" for label, value in self.labels)

    @property
    def condition(self) -> str:
        """The same in an alert's template."""
        each = [f"eq $labels.{label} {json.dumps(value, ensure_ascii=False)}" for label, value in self.labels]
        return each[0] if len(each) == 1 else f"and {' '.join(f'({one})' for one in each)}"


def scope_of(entry: ThresholdsFor) -> Scope:
    """What an entry of the settings is for."""
    labels = {
        "job": entry.job,
        "model_name": entry.model_name,
        "inference_engine": entry.inference_engine,
        **entry.labels,
    }
    return Scope(tuple((label, value) for label, value in labels.items() if value))


def scopes(entries: Sequence[ThresholdsFor]) -> dict[Scope, dict[str, float]]:
    """Each scope's thresholds, from all entries that cover it; the most specific one wins.

    Where entries meet, such as one for a job and one for a model, both hold; GlassboxError where they disagree about a threshold.
    """
    found = list(dict.fromkeys(map(scope_of, entries)))
    known = {frozenset(scope.labels) for scope in found}
    for scope in found:
        for other in map(scope_of, entries):
            meeting = scope.meets(other)
            if meeting and frozenset(meeting.labels) not in known:
                known.add(frozenset(meeting.labels))
                # The loop goes on over what it finds.
                found.append(meeting)
    return {scope: _thresholds(scope, entries) for scope in found}


def _thresholds(scope: Scope, entries: Sequence[ThresholdsFor]) -> dict[str, float]:
    covering = [each for each in entries if set(scope_of(each).labels) <= set(scope.labels)]
    keys = dict.fromkeys(key for entry in covering for key in entry.thresholds)
    return {key: _of_the_closest(scope, key, [each for each in covering if key in each.thresholds]) for key in keys}


def _of_the_closest(scope: Scope, key: str, entries: Sequence[ThresholdsFor]) -> float:
    closest = [each for each in entries if not any(scope_of(other).within(scope_of(each)) for other in entries)]
    if len({each.thresholds[key] for each in closest}) > 1:
        what = ", ".join(f"{label} {value!r}" for label, value in scope.labels)
        raise GlassboxError(
            f"Setting thresholds_for: {key} of {what} is set by several entries to different values, and none of them is within another; "
            "add an entry with all of these labels and the value that they are to have."
        )
    return closest[0].thresholds[key]


def joined(usual: Expr, variants: Mapping[Scope, Expr]) -> Expr:
    """The scopes' own queries where they differ, the usual one of all other series: each series is in exactly one part."""
    special = _special(usual, variants)
    own = [_except(_widest(special, scope), scope.only(variants[scope])) for scope in special]
    return reduce(Expr.or_, own, _except(_widest(special), usual))


def _widest(special: Sequence[Scope], scope: Scope | None = None) -> list[Scope]:
    """Those within the scope, or all, that are not within another of them."""
    inner = [each for each in special if scope is None or each.within(scope)]
    return [each for each in inner if not any(each.within(other) for other in inner)]


def _except(left_out: Iterable[Scope], expr: Expr) -> Expr:
    return reduce(lambda rest, scope: scope.without(rest), left_out, expr)


def joined_text(usual: str, variants: Mapping[Scope, str]) -> str:
    """The scopes' own texts where they differ, as a template of the alert's labels."""
    special = sorted(_special(usual, variants), key=lambda scope: -len(scope.labels))
    if not special:
        return usual
    first, last = _shared([usual, *(variants[scope] for scope in special)])
    words = usual.split(" ")
    cases = " else ".join(
        f"if {scope.condition} }}}}{' '.join(_middle(variants[scope], first, last))}{{{{" for scope in special
    )
    choice = f"{{{{ {cases} else }}}}{' '.join(_middle(usual, first, last))}{{{{ end }}}}"
    return " ".join((*words[:first], choice, *words[len(words) - last :]))


def _shared(texts: Sequence[str]) -> tuple[int, int]:
    """How many words all texts share at their beginning and at their end; none where that would take a template apart."""
    words = [text.split(" ") for text in texts]
    first = _equal(words)
    last = _equal([each[first:][::-1] for each in words])
    inner = "".join(word for each in words for word in each[first : len(each) - last])
    begun = " ".join(words[0][:first])
    return (0, 0) if re.search("[{}]", inner) or begun.count("{{") != begun.count("}}") else (first, last)


def _equal(rows: Iterable[Sequence[str]]) -> int:
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def _middle(text: str, first: int, last: int) -> Sequence[str]:
    words = text.split(" ")
    return words[first : len(words) - last]


def _special(usual: Any, variants: Mapping[Scope, Any]) -> list[Scope]:
    """Scopes that differ from what is around them, the wider ones first."""
    special: list[Scope] = []
    for scope in sorted(variants, key=lambda each: len(each.labels)):
        around = [variants[other] for other in special if scope.within(other)] or [usual]
        if any(variants[scope] != other for other in around):
            special.append(scope)
    return special
