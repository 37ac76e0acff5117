"""Rules in the order in which they can be worked out: each after those whose results it reads."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from glassbox.past.reads import Read, reads_of
from glassbox.prometheus.times import interval_seconds


@dataclass(frozen=True)
class RecordingRule:
    """One recording rule as a rule file has it, with its group, its place in it and how often the group is evaluated."""

    group: str
    place: int
    interval_seconds: int
    record: str
    expr: str
    labels: tuple[tuple[str, str], ...] = ()

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        return reads_of(self.expr)


@dataclass(frozen=True)
class RuleUnit:
    """Rules that are worked out together: one, or several that read each other's results.

    `by_moment` says that they read their own results of the evaluation before, so they must be worked out moment by moment.
    """

    rules: tuple[RecordingRule, ...]
    by_moment: bool


def rules_of(files: Iterable[Mapping[str, Any]]) -> tuple[RecordingRule, ...]:
    """The recording rules of Prometheus rule files, in the order of the files."""
    return tuple(
        RecordingRule(
            group["name"],
            place,
            interval_seconds(group),
            rule["record"],
            str(rule["expr"]),
            tuple(sorted((rule.get("labels") or {}).items())),
        )
        for file in files
        for group in file.get("groups") or ()
        for place, rule in enumerate(group.get("rules") or ())
        if "record" in rule
    )


def in_order(rules: Sequence[RecordingRule], piece_seconds: int) -> tuple[tuple[RuleUnit, ...], ...]:
    """The rules as units in levels, each unit in a level after those that it reads, for work in pieces of time of that length.

    What a rule reads from before the piece is there already, so it does not affect the order within the piece.
    """
    recorded: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        recorded.setdefault(rule.record, []).append(number)
    edges = {number: _read_numbers(rule, recorded, piece_seconds) for number, rule in enumerate(rules)}
    for number, read in list(edges.items()):
        for other in read:
            # A rule that reads a later one of its group sees the result of the evaluation before.
            if _later(rules[other], rules[number]):
                edges[other].add(number)
    groups = _mutual(edges)
    of = {number: index for index, members in enumerate(groups) for number in members}
    sorter = TopologicalSorter(
        {
            index: {of[other] for number in members for other in edges[number]} - {index}
            for index, members in enumerate(groups)
        }
    )
    return tuple(
        tuple(_unit([rules[number] for number in groups[index]], edges, groups[index]) for index in ready)
        for ready in _levels(sorter)
    )


def _levels(sorter: "TopologicalSorter[int]") -> Iterator[tuple[int, ...]]:
    """What is ready together, level after level."""
    sorter.prepare()
    while sorter.is_active():
        yield (ready := sorter.get_ready())
        sorter.done(*ready)


def _unit(rules: Sequence[RecordingRule], edges: Mapping[int, Collection[int]], members: Sequence[int]) -> RuleUnit:
    return RuleUnit(tuple(rules), any(other in members for number in members for other in edges[number]))


def _later(other: RecordingRule, rule: RecordingRule) -> bool:
    return other.group == rule.group and other.place > rule.place


def _read_numbers(rule: RecordingRule, recorded: Mapping[str, Sequence[int]], piece_seconds: int) -> set[int]:
    names = (name for read in rule.reads if read.newest_seconds < piece_seconds for name in read.names)
    return {number for name in names for number in recorded.get(name, ())}


def _mutual(edges: Mapping[int, Collection[int]]) -> list[list[int]]:
    """The sets of numbers that reach each other, each in rising order (Tarjan's strongly connected components)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []

    def visit(number: int) -> None:
        index[number] = low[number] = len(index)
        stack.append(number)
        for other in edges[number]:
            if other not in index:
                visit(other)
                low[number] = min(low[number], low[other])
            elif other in stack:
                low[number] = min(low[number], index[other])
        if low[number] == index[number]:
            at = stack.index(number)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for number in edges:
        if number not in index:
            visit(number)
    return found
