"""Which series exist, ours included: a recorded one does where its rule can work."""

import re
from collections.abc import Iterable, Mapping
from warnings import catch_warnings

from glassbox.compile.bundle import Bundle
from glassbox.doctor.needs import PATTERN, missing
from glassbox.errors import GlassboxError

# What a Prometheus writes as soon as it has alerts.
_WRITTEN = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


class Holdings:
    """What a Prometheus holds: the names of its series, and what our rules make of them there.

    `recorded` are the queries of each recorded series; one of them is enough.
    """

    def __init__(self, names: Iterable[str], recorded: Mapping[str, Iterable[str]]) -> None:
        self.names = frozenset(names) | _WRITTEN
        self._recorded = {name: tuple(queries) for name, queries in recorded.items()}
        self._works: dict[str, bool] = {}

    def lacks(self, query: str) -> tuple[str, ...]:
        """The names of measured series without which the query has no result; empty if it can have one."""
        found, seen = [], set[str]()
        waiting = list(missing(query, self._exists))
        for name in waiting:
            if name in seen:
                continue
            seen.add(name)
            # Of a recorded series, what its first rule lacks: the others are those of other engines.
            rules = self._recorded.get(name, ())[:1]
            waiting += [each for rule in rules for each in missing(rule, self._exists)]
            found += [] if rules else [name]
        return tuple(found)

    def _exists(self, name: str) -> bool:
        if PATTERN.search(name):
            return any(self._exists(each) for each in self._matching(name))
        if name not in self._recorded:
            return name in self.names
        if name not in self._works:
            # A series that only goes on from itself never begins.
            self._works[name] = False
            self._works[name] = any(not missing(query, self._exists) for query in self._recorded[name])
        return self._works[name]

    def _matching(self, pattern: str) -> list[str]:
        try:
            with catch_warnings(action="ignore"):  # of what Python may read otherwise one day
                wanted = re.compile(pattern)
        except re.error:
            raise GlassboxError(f"'{pattern}' is a pattern of names that only a server can judge.") from None
        return [name for name in self.names | self._recorded.keys() if wanted.fullmatch(name)]


def recorded_by(bundle: Bundle) -> dict[str, list[str]]:
    """The queries of each series that the bundle records."""
    queries: dict[str, list[str]] = {}
    for query in bundle.content.queries:
        if query.recorded_as:
            queries.setdefault(query.recorded_as, []).append(str(query.expr))
    return queries
