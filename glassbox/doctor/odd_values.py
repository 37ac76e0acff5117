"""Values that a metric of the catalogue cannot have in its unit: its exporter, or something on the way, uses another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassbox.doctor.listing import some
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import grouped, names_of
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Kind, Metric, Unit
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.samples import Sample

_NAMES_AT_ONCE = 100
_ADVICE = "check what it exposes, and what changes it on the way; our rules read {unit}"


@dataclass(frozen=True)
class _Bound:
    """Above what a unit cannot be, and what it looks like then."""

    most: float
    looks_like: str


# A little more than whole, since some exporters round or sum up.
_OF_GAUGES = {
    Unit.RATIO: _Bound(1.05, "percent"),
    Unit.PERCENT: _Bound(105, "something else than percent"),
    # In the year 5138 as seconds, and 1973 as milliseconds.
    Unit.TIMESTAMP_SECONDS: _Bound(1e11, "milliseconds"),
}
# Ours, of the mean: no request takes a quarter of an hour on average, and no token five seconds.
_OF_REQUESTS, _OF_TOKENS = _Bound(900, "milliseconds"), _Bound(5, "milliseconds")


def odd_values(prometheus: Prometheus, held: frozenset[str]) -> Iterator[Obstacle]:
    """Jobs with such values, of a server that holds these names; raises GlassboxError."""
    for unit, bound in _OF_GAUGES.items():
        names = _held(held, (part for part in _parts() if part.kind is Kind.GAUGE and part.unit is unit))
        for query in _of_names("max by (job, __name__) ({}) > " + f"{bound.most:g}", names):
            yield from _odd(prometheus, query, unit, bound)
    sums = _held(held, (part for part in _parts() if part.unit is Unit.SECONDS and part.name.endswith("_sum")))
    for bound in (_OF_REQUESTS, _OF_TOKENS):
        yield from _odd_means(
            prometheus, [name for name in sums if _is_of_tokens(name) is (bound is _OF_TOKENS)], bound
        )


def _odd(prometheus: Prometheus, query: str, unit: Unit, bound: _Bound) -> Iterator[Obstacle]:
    for job, rows in sorted(grouped(prometheus.now(query), "job").items()):
        found = {row.labels.get("__name__", ""): row.value for row in rows}
        yield _obstacle(job, sorted(found), max(found.values()), unit, bound)


def _odd_means(prometheus: Prometheus, sums: Sequence[str], bound: _Bound) -> Iterator[Obstacle]:
    """Since the start of each process, so that a busy minute makes no difference."""
    values = {_key(row.labels): row.value for row in _totals(prometheus, sums)}
    counts = _totals(prometheus, [f"{name.removesuffix('_sum')}_count" for name in sums])
    means: dict[str, dict[str, float]] = {}
    for row in counts:
        job, name = _key(row.labels)
        if row.value and (mean := values.get((job, name), 0) / row.value) > bound.most:
            means.setdefault(job, {})[name] = mean
    for job, found in sorted(means.items()):
        yield _obstacle(job, sorted(found), max(found.values()), Unit.SECONDS, bound, mean=True)


def _parts() -> Iterator[Metric]:
    """All of the catalogue, but those whose names others use for what they like."""
    return (
        part for metrics in CATALOGUE.values() for metric in metrics if not metric.shared_name for part in metric.parts
    )


def _held(held: frozenset[str], parts: Iterable[Metric]) -> list[str]:
    return sorted({name for part in parts for name in names_of(part) if name in held})


def _is_of_tokens(name: str) -> bool:
    return "token_latency" in name or "per_output_token" in name


def _of_names(query: str, names: Sequence[str]) -> Iterator[str]:
    """Queries for the series of these names, with as many names at once as VictoriaMetrics accepts."""
    for first in range(0, len(names), _NAMES_AT_ONCE):
        yield query.format(f'{{__name__=~"{"|".join(names[first : first + _NAMES_AT_ONCE])}"}}')


def _totals(prometheus: Prometheus, names: Sequence[str]) -> list[Sample]:
    return [row for query in _of_names("sum by (job, __name__) ({})", names) for row in prometheus.now(query)]


def _key(labels: Mapping[str, str]) -> tuple[str, str]:
    name = labels.get("__name__", "")
    return labels.get("job", ""), name.removesuffix("_sum").removesuffix("_count")


def _obstacle(
    job: str, names: Sequence[str], value: float, unit: Unit, bound: _Bound, *, mean: bool = False
) -> Obstacle:
    spelled = unit.value.replace("_", " ")
    return Obstacle(
        job,
        f"has {'a mean of ' if mean else ''}{value:.4g} in {some(names)}, which is in {spelled}: it looks like {bound.looks_like}",
        _ADVICE.format(unit=spelled),
    )
