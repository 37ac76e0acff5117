"""Which number of the settings, set to another value, gives what somebody made in Grafana: found by compiling with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from glassbox.compile.bundle import Bundle
from glassbox.errors import GlassboxError
from glassbox.query.selectors import QueryError
from glassbox.settings.decisive_numbers import DecisiveNumber, decisive_numbers
from glassbox.settings.model import Settings


class Recompile:
    """The same content with other settings."""

    def __init__(self, settings: Settings, compiled: Callable[[Settings], Bundle]) -> None:
        self.settings, self._compiled = settings, compiled
        self._known: dict[tuple[str, float], Bundle | None] = {}

    def with_number(self, number: DecisiveNumber, value: float) -> Bundle | None:
        """The bundle with another value of this number; None where content refuses it."""
        if (number.name, value) not in self._known:
            try:
                self._known[number.name, value] = self._compiled(number.changed(self.settings, value))
            except (GlassboxError, QueryError):
                self._known[number.name, value] = None
        return self._known[number.name, value]


def settings_that_give(recompile: Recompile, old: float, new: float, has_it: Callable[[Bundle], bool]) -> Iterator[str]:
    """Each setting that is `old` and whose value `new` gives what is asked for, as "KEY: OLD -> NEW"."""
    for number in decisive_numbers(recompile.settings):
        if number.value == old and (bundle := recompile.with_number(number, new)) and has_it(bundle):
            yield f"{number.name}: {old:g} -> {new:g}"
