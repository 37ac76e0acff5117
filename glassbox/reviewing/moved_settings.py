"""Which number of the settings, set to another value, gives what somebody made in Grafana: found by compiling with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from glassbox.compile.bundle import Bundle
from glassbox.errors import GlassboxError
from glassbox.query.selectors import QueryError

if TYPE_CHECKING:
    from glassbox.settings.model import Settings

_SECTIONS = ("thresholds", "gpu")


class Recompile:
    """The same content with other settings."""

    def __init__(self, settings: Settings, compiled: Callable[[Settings], Bundle]) -> None:
        self.settings, self._compiled = settings, compiled
        self._known: dict[tuple[str, float], Bundle | None] = {}

    def with_number(self, key: str, value: float) -> Bundle | None:
        """The bundle with this value of a setting such as `thresholds.qps_low`; None where it is refused."""
        if (key, value) not in self._known:
            section, _, name = key.partition(".")
            moved = replace(getattr(self.settings, section), **{name: value})
            try:
                self._known[key, value] = self._compiled(replace(self.settings, **{section: moved}))
            except (GlassboxError, QueryError):
                self._known[key, value] = None
        return self._known[key, value]


def settings_that_give(recompile: Recompile, old: float, new: float, has_it: Callable[[Bundle], bool]) -> Iterator[str]:
    """Each setting that is `old` and whose value `new` gives what is asked for, as "KEY: OLD -> NEW"."""
    for key in _of_value(recompile.settings, old):
        bundle = recompile.with_number(key, new)
        if bundle is not None and has_it(bundle):
            yield f"{key}: {old:g} -> {new:g}"


def _of_value(settings: Any, value: float) -> Iterator[str]:
    for section in _SECTIONS:
        whole = getattr(settings, section)
        for field in fields(whole) if is_dataclass(whole) else ():
            found = getattr(whole, field.name)
            if isinstance(found, int | float) and not isinstance(found, bool) and found == value:
                yield f"{section}.{field.name}"
