"""Small faults of a rule, one at a time: those of its expression, and half and double of its `for`.

Two faults that print the same rule are one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import promql_parser as ast

from glassbox.compile.bundle import Json
from tests.mutation import readings
from tests.mutation.copies import faults_of
from tests.mutation.faults import SPELLINGS, Fault, half_and_double

# What settings put into a rule, and descriptions quote: limits, durations, names of jobs, labels of groups, and brackets for these.
_OF_SETTINGS = re.compile(r"""'[^']*'|"[^"]*"| by \([^)]*\)|[\s()]|([\d.]+(ms|[smhdwy])?)+""")
# What a target lends to the series of its GPUs, where namespaces identify services.
_LENT = re.compile(
    r" \* on \([^)]*\) group_left \([^)]*\)\s*topk by \([^)]*\) \(\s*1,\s*group by \([^)]*\) \(\s*up\{[^}]*\}\s*\)\s*\)"
)
# Of these many letters of a description, and the number of its like, is where a fault is.
_LETTERS = 35


@dataclass(frozen=True)
class Mutant:
    """A rule with one fault.

    `key` is the same for the same fault of a rule that was compiled with other settings, and `piece` for a fault of what
    several rules share; None where they share nothing around it.
    """

    key: tuple[str, int]
    what: str
    rule: Json
    piece: tuple[str, str] | None = None


def mutants(rule: Json) -> list[Mutant]:
    """Every fault of a rule as Prometheus reads it, those that change nothing left out."""
    counts: dict[str, int] = {}
    found = []
    for fault, changed in _changed(rule):
        where = f"{fault.kind}: {_OF_SETTINGS.sub('', _LENT.sub('', fault.where))}"[:_LETTERS]
        counts[where] = counts.get(where, 0) + 1
        found.append(Mutant((where, counts[where]), fault.what, rule | changed, fault.piece))
    original = pretty(rule["expr"])
    seen = [(original, rule.get("for"))]
    different = []
    for mutant in found:
        printed = (pretty(mutant.rule["expr"]), mutant.rule.get("for"))
        if printed not in seen:
            seen.append(printed)
            different.append(mutant)
    return _numbered(different)


def of_reading(rule: Json, first: Json) -> list[Mutant]:
    """The faults of an engine's rule that those of the first engine's do not stand for.

    A fault in a reading is in a piece that every rule with this reading shares.
    """
    judged = _contents(first["expr"]) - {readings.of_content(rule)}
    return [
        mutant if _is_spelling(mutant) else replace(mutant, piece=_piece(mutant, rule))
        for mutant in mutants(rule)
        if not judged & {readings.of_content(mutant.rule), _of_content(mutant, rule)}
    ]


# Each other engine's rule of the same series asks.
@lru_cache(2**9)
def _contents(expr: str) -> frozenset[object]:
    first = {"expr": expr}
    found = mutants(first)
    pieces = {_of_content(mutant, first) for mutant in found}
    return frozenset({readings.of_content(mutant.rule) for mutant in found} | pieces) - {None}


def _of_content(mutant: Mutant, rule: Json) -> tuple[str, str] | None:
    """The piece of content that the fault is in; None where it is in a reading, or in less than a piece."""
    same = readings.of_content(mutant.rule) == readings.of_content(rule)
    return None if same else readings.piece(_kind(mutant), rule["expr"], mutant.rule["expr"])


def _is_spelling(mutant: Mutant) -> bool:
    return bool(mutant.piece and mutant.piece[0] == SPELLINGS)


def _piece(mutant: Mutant, rule: Json) -> tuple[str, str] | None:
    return readings.piece(_kind(mutant), rule["expr"], mutant.rule["expr"]) or mutant.piece


def _kind(mutant: Mutant) -> str:
    return mutant.key[0].partition(":")[0]


def pretty(expr: str) -> str:
    """The expression as the parser prints it, the same for two spellings of one tree."""
    return ast.parse(expr).prettify()


def _changed(rule: Json) -> Iterator[tuple[Fault, Json]]:
    for fault in faults_of(rule["expr"]):
        yield fault, {"expr": fault.text}
    length = rule.get("for", "0s")
    for new in [] if length == "0s" else half_and_double(ast.parse_duration(length)):
        yield Fault("for", f"for {rule['for']} -> {new}", rule["expr"]), {"for": new}


def _numbered(found: list[Mutant]) -> list[Mutant]:
    """Equal descriptions of one rule are told apart by a number."""
    counts: dict[str, int] = {}
    numbered = []
    for mutant in found:
        counts[mutant.what] = count = counts.get(mutant.what, 0) + 1
        what = mutant.what if count == 1 else f"{mutant.what} ({count})"
        numbered.append(replace(mutant, what=what))
    return numbered
