"""Names that differ from one of the catalogue in how they are written, their beginning or their end, so that no rule reads them."""

from collections.abc import Iterator
from functools import cache

from glassbox.doctor.listing import some
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import names_of
from glassbox.metrics import CATALOGUE

# What collectors of OpenTelemetry and exporters of other libraries put behind a name: its unit, and what it counts.
# https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
_ENDS = ("_total", "_ratio", "_seconds", "_milliseconds", "_bytes", "_percent", "_requests", "_tokens", "_gauge")
# Of exporters whose names begin with their own, so that a part of one is not a word of others.
_OF_OTHERS = frozenset({"service", "process", "scrape", "prometheus_server", "amd_exporter"})


def odd_names(held: frozenset[str]) -> Iterator[Obstacle]:
    """What the names that a server holds have before or behind ours, of those that it does not hold as they are."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(held - _known()):
        if match := _match(name):
            how, ours = match
            if not held & _spellings(ours):
                found.setdefault(how, {})[name] = ours
    for how, names in found.items():
        ours = next(iter(names.values()))
        yield Obstacle(
            "Names of series",
            f"{how} ({some(list(names))}); the one that our rules read is {ours}",
            "store them under that name, by metric_relabel_configs or in the collector that changes it",
        )


def native_alone(held: frozenset[str]) -> Iterator[Obstacle]:
    """The histograms that are stored without the series of classic ones."""
    histograms = {histogram for metrics in CATALOGUE.values() for metric in metrics for part in metric.parts for histogram in part.histogram_names}  # fmt: skip  # one thing is one line
    native = sorted(each for each in histograms & held if f"{each}_bucket" not in held)
    if native:
        yield Obstacle(
            "Histograms",
            f"are stored as native ones alone ({some(native)}), without the series of buckets that our rules read",
            "set always_scrape_classic_histograms: true where they are scraped, which is scrape_classic_histograms before Prometheus 3",
        )


def _match(name: str) -> tuple[str, str] | None:
    """How the name differs, and the name of the catalogue that it is."""
    plain = _plain(name)
    if (ours := _by_plain().get(plain)) is not None:
        return "are spelled differently from those that we know", ours
    for end in _ENDS:
        if plain.endswith(end) and (ours := _by_plain().get(plain.removesuffix(end))):
            return f"end with {end}, and those that we know do not", ours
        if ours := _by_plain().get(f"{plain}{end}"):
            return f"lack the {end} at the end of those that we know", ours
    for at, sign in enumerate(plain):
        if sign == "_" and (ours := _by_plain().get(plain[at + 1 :])):
            return f"begin with {name[: at + 1]}, and those that we know do not", ours
    return None


def _plain(name: str) -> str:
    return name.lower().replace(":", "_").replace(".", "_")


@cache
def _by_plain() -> dict[str, str]:
    return {
        _plain(part.name): part.name
        for exporter, metrics in CATALOGUE.items()
        if exporter not in _OF_OTHERS
        for metric in metrics
        if not metric.shared_name
        for part in metric.parts
    }


@cache
def _known() -> frozenset[str]:
    return frozenset(
        name for metrics in CATALOGUE.values() for metric in metrics for part in metric.parts for name in names_of(part)
    )


def _spellings(ours: str) -> frozenset[str]:
    (part,) = {part.name: part for metrics in CATALOGUE.values() for metric in metrics for part in metric.parts if part.name == ours}.values()  # fmt: skip  # one thing is one line
    return frozenset({ours, *names_of(part)})
