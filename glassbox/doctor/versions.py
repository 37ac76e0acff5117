"""Which versions of an engine a job may run, by the names of its series: no engine of the catalogue reports its version."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from glassbox.doctor.rows import grouped
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import spellings
from glassbox.prometheus.api import Prometheus

# VictoriaMetrics takes queries of 16 KiB.
_NAMES_AT_ONCE = 100


@dataclass(frozen=True)
class Versions:
    """The oldest and the newest version of the engine that expose the series of a job; "" where nothing bounds them.

    Series of several versions make `oldest` the newer one.
    """

    engine: str
    oldest: str
    newest: str

    @property
    def text(self) -> str:
        """`not reported by vLLM (0.20.0 or later)`."""
        if self.oldest and self.newest:
            several = _parts(self.oldest) > _parts(self.newest)
            bounds = (
                f"several: {self.newest} or before, {self.oldest} or later"
                if several
                else f"{self.oldest} to {self.newest}"
            )
        else:
            bounds = f"{self.oldest} or later" if self.oldest else f"{self.newest} or before" if self.newest else ""
        return f"not reported by {self.engine}" + (f" ({bounds})" if bounds else "")


def versions_of(
    prometheus: Prometheus, held: frozenset[str], engines: Mapping[str, Collection[str]]
) -> dict[str, tuple[Versions, ...]]:
    """For each job the versions of its engines, which are given by their titles; raises GlassboxError."""
    known = {
        engine.title: _bounds(engine.name, held)
        for engine in ENGINES
        if any(engine.title in each for each in engines.values())
    }
    there = _names_of_jobs(prometheus, sorted({name for of_engine in known.values() for name in of_engine}))
    return {
        job: tuple(_between(title, known.get(title, {}), there.get(job, ())) for title in titles)
        for job, titles in engines.items()
    }


def _between(title: str, bounds: Mapping[str, tuple[str, str]], names: Iterable[str]) -> Versions:
    found = [bounds[name] for name in names if name in bounds]
    oldest = max((since for since, _ in found if since), key=_parts, default="")
    newest = min((last for _, last in found if last), key=_parts, default="")
    return Versions(title, oldest, newest)


def _bounds(engine: str, held: frozenset[str]) -> dict[str, tuple[str, str]]:
    """The names of the engine that are there and bound its version, with the first and the last that has them."""
    return {
        spelled: (since, last)
        for name, since, last in _declared(engine)
        for spelled in spellings(name)
        if spelled in held and (since or last)
    }


def _declared(engine: str) -> Iterator[tuple[str, str, str]]:
    for metric in CATALOGUE[engine]:
        part = metric.parts[-1]
        yield part.name, part.since, part.last
        yield from ((former.name, "", former.last) for former in part.formerly)


def _names_of_jobs(prometheus: Prometheus, names: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for first in range(0, len(names), _NAMES_AT_ONCE):
        selector = f'{{__name__=~"{"|".join(names[first : first + _NAMES_AT_ONCE])}"}}'
        for job, rows in grouped(prometheus.now(f"count by (job, __name__) ({selector})"), "job").items():
            found.setdefault(job, set()).update(row.labels.get("__name__", "") for row in rows)
    return found


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
