"""Queries that became larger: they read more selectors, look further back, or are much longer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from glassbox.lint.estimated_cost import estimated_cost
from glassbox.lint.finding import Location
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import SubqueryNode

LONGER_RATIO = 1.2
"""A query whose text grew by less is not reported, unless it reads more."""
LONGER_CHARACTERS = 100


@dataclass(frozen=True)
class QuerySize:
    """Characters of the text, how many selectors it has, the longest range of one, subqueries included, in seconds, and about how many
    series of each server it reads, 0 where that is not known.
    """

    characters: int
    selectors: int
    range_seconds: float
    series: int = 0


@dataclass(frozen=True)
class Growth:
    """A query of both states that is larger in the later one."""

    location: Location
    before: QuerySize
    after: QuerySize

    @property
    def words(self) -> str:
        """What grew: "3 -> 5 selectors, range 300 s -> 3600 s"."""
        old, new = self.before, self.after
        told = [
            f"{old.selectors} -> {new.selectors} selectors" if new.selectors > old.selectors else "",
            f"range {old.range_seconds:g} s -> {new.range_seconds:g} s"
            if new.range_seconds > old.range_seconds
            else "",
            f"{old.series} -> {new.series} series of each server" if new.series > old.series else "",
            f"{old.characters} -> {new.characters} characters" if _is_longer(old, new) else "",
        ]
        return ", ".join(filter(None, told))


def growths(before: Corpus, after: Corpus) -> Iterator[Growth]:
    """The queries of `after` that are larger than the one of the same place in `before`, in the order of `after`."""
    known: dict[tuple[str, str, str], list[Query]] = {}
    for query in before.queries:
        known.setdefault(_place(query), []).append(query)
    for query in after.queries:
        # Rules of equal names, as of several engines, are compared in their order.
        old = next(iter(known.get(_place(query), ())), None)
        known[_place(query)] = known.get(_place(query), [])[1:]
        if old and old.text != query.text:
            growth = Growth(query.location, _with_series(old, before), _with_series(query, after))
            if growth.words:
                yield growth


def _with_series(query: Query, corpus: Corpus) -> QuerySize:
    return replace(size_of(query), series=estimated_cost(query, corpus).series)


def size_of(query: Query) -> QuerySize:
    """How large a query is; one that is not PromQL has no selectors."""
    series = list(query.series)
    ranges = [each.window.seconds for each in series if each.window]
    ranges += [node.window.seconds for node in query.nodes if isinstance(node, SubqueryNode)]
    return QuerySize(len(query.text), len(series), max(ranges, default=0.0))


def _place(query: Query) -> tuple[str, str, str]:
    return query.location.file, query.location.object, query.ref_id


def _is_longer(old: QuerySize, new: QuerySize) -> bool:
    return new.characters > max(old.characters * LONGER_RATIO, old.characters + LONGER_CHARACTERS)
