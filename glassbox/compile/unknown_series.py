"""Every series that content reads is recorded by it or exposed by an exporter, or is declared to exist under some settings only."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from glassbox.errors import GlassboxError
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Metric
from glassbox.query.expr import Expr
from glassbox.query.rules import Record
from glassbox.query.selectors import Selector
from glassbox.settings.model import Settings


@dataclass(frozen=True)
class KnownSeries:
    """The names of all series there are, and the values that records add for a label."""

    names: frozenset[str]
    added: Mapping[str, Mapping[str, set[str]]] = field(default_factory=dict)


def known_series(records: Iterable[Record], own_metrics: Iterable[Metric] = ()) -> KnownSeries:
    """What these records and the metrics of the catalogue give, with `own_metrics` that content declares."""
    by_name: dict[str, list[Record]] = {}
    for record in records:
        by_name.setdefault(record.name, []).append(record)
    catalogue = (metric for metrics in CATALOGUE.values() for metric in metrics)
    exposed = (name for metric in (*catalogue, *own_metrics) for name in _names(metric))
    return KnownSeries(frozenset((*exposed, *by_name)), {name: _added(same) for name, same in by_name.items()})


def _added(records: Collection[Record]) -> dict[str, set[str]]:
    """The values of the labels that all of these rules add; what a query may give too is not known."""
    labels = set.intersection(*({label for label, _ in record.labels} for record in records))
    return {label: {dict(record.labels)[label] for record in records} for label in labels}


def refuse_unknown_series(queries: Iterable[tuple[str, Expr]], known: KnownSeries, settings: Settings) -> None:
    """Raise GlassboxError for a query that reads a series, or a value of an added label, that does not exist.

    Each query comes with a description of its reader.
    """
    for where, query in queries:
        for selector in query.selectors:
            if not known.names.issuperset(selector.names):
                _require_setting(where, selector, settings)
            for label, matcher in selector.matchers:
                values = known.added.get(selector.name, {}).get(label)
                if values and matcher.operator == "=" and "$" not in matcher.value and matcher.value not in values:
                    series = f'{selector.name}{{{label}="{matcher.value}"}}'
                    raise GlassboxError(
                        f"{where} reads {series}, which nothing records: the values of {label} are {', '.join(sorted(values))}."
                    )


def _require_setting(where: str, selector: Selector, settings: Settings) -> None:
    """What is not compiled exists under a setting, and the setting exists."""
    if not selector.only_with:
        raise GlassboxError(
            f"{where} reads {selector.name}, which nothing records and no exporter exposes: record it in recording_rules, "
            "declare the metric, or say in its Series with which setting alone it exists (only_with)."
        )
    try:
        reduce(getattr, selector.only_with.split("."), settings)
    except AttributeError:
        raise GlassboxError(
            f"{selector.name} exists only with the setting {selector.only_with}, which does not exist: correct only_with."
        ) from None


def _names(metric: Metric) -> Iterator[str]:
    """All names of a metric's series, former ones included."""
    for part in metric.parts:
        yield from (part.name, *part.former_names)
