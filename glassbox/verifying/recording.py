"""Which of our recorded series a server records, also those whose rules find nothing at the moment."""

from collections.abc import Callable, Iterable, Sequence

from glassbox.compile.bundle import Bundle
from glassbox.query.expr import Expr

FindsNothing = Callable[[str], bool]


class Recording:
    """`names` are those of the series that are there; `finds_nothing` asks the server whether a query certainly has no result."""

    def __init__(self, names: Iterable[str], bundle: Bundle, finds_nothing: FindsNothing) -> None:
        self._names, self._finds_nothing = frozenset(names), finds_nothing
        self._recorded: dict[str, list[Expr]] = {}
        for query in bundle.content.queries:
            if query.recorded_as:
                self._recorded.setdefault(query.recorded_as, []).append(query.expr)
        self._known: dict[str, bool] = {}

    def is_missing(self, name: str) -> bool:
        """Whether it is a recorded series of ours without a sample now."""
        return name in self._recorded and name not in self._names

    def records(self, name: str) -> bool:
        """Whether its rules are evaluated there: it has samples, or others of ours have some and its own query finds nothing."""
        if not self.is_missing(name):
            return True
        if name not in self._known:
            self._known[name] = bool(self._names & self._recorded.keys())  # for a series that reads itself
            self._known[name] = self._known[name] and self._is_silent(self._recorded[name])
        return self._known[name]

    def _is_silent(self, queries: Sequence[Expr]) -> bool:
        read = {series.name for query in queries for series in query.selectors}
        # One question for all rules of a series: there are as many as engines.
        return all(map(self.records, read)) and self._finds_nothing(" or ".join(f"({query})" for query in queries))
