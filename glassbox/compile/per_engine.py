"""Recorded series that are made of what engines report: a rule for each engine, so that a fleet pays little for those that it lacks.

Content declares each series once. The first engine's rules stay in their groups; those of any other are in one group of its own,
and in one more for each group that has an interval of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from glassbox.metrics.engines import ENGINES
from glassbox.query.rules import Record, RecordGroup


def for_each_engine(groups: Iterable[RecordGroup], engines: Sequence[str]) -> Iterator[RecordGroup]:
    """The groups as Prometheus evaluates them, including those of the engines with these names besides the first."""
    groups = tuple(groups)
    for group in groups:
        yield replace(group, records=tuple(_of(ENGINES[0].name, record) or record for record in group.records))
    for engine in ENGINES[1:]:
        if engine.name in engines:
            yield from _groups_of(engine.name, groups)


def _groups_of(engine: str, groups: Iterable[RecordGroup]) -> Iterator[RecordGroup]:
    own = {group.name: tuple(filter(None, (_of(engine, record) for record in group.records))) for group in groups}
    rare = [group for group in groups if group.interval_seconds and own[group.name]]
    often = tuple(record for group in groups if group not in rare for record in own[group.name])
    yield from (RecordGroup(engine, often),) if often else ()
    yield from (replace(group, name=f"{engine}-{group.name}", records=own[group.name]) for group in rare)


def _of(engine: str, record: Record) -> Record | None:
    """The record as the engine reports it; None where it does not, or where nothing of it depends on the engine."""
    expr = dict(record.expr.by_engine).get(engine)
    return replace(record, expr=expr) if expr else None
