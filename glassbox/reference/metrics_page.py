"""Every metric that an exporter may have, and every recorded series."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import Metric, Unit
from glassbox.query.rules import RecordGroup
from glassbox.reference.markdown import code, codes, table


def metrics_body(
    catalogue: Mapping[str, Sequence[Metric]], groups: Iterable[RecordGroup], compiled: Collection[str]
) -> str:
    """The page: exporters by name, then the groups of recorded series by name, as far as they are compiled."""
    return "\n\n".join(
        (
            "## Metrics by exporter",
            *(_exporter(name, catalogue[name]) for name in sorted(catalogue)),
            "## Recorded series",
            *filter(None, (_group(group, compiled) for group in sorted(groups, key=lambda group: group.name))),
        )
    )


# Each engine has a page of its own.
_PAGES = {
    engine.name: f"[What {engine.title} does not report, and how it is scraped](engines/{engine.name}.md).\n\n"
    for engine in ENGINES
}


def _exporter(name: str, metrics: Sequence[Metric]) -> str:
    common = [label for label in metrics[0].labels if all(label in metric.labels for metric in metrics)]
    intro = f"All of them have the labels {codes(common)}.\n\n" if common else ""
    rows = (_row(metric, common) for metric in sorted(metrics, key=lambda metric: metric.name))
    columns = ("metric", "kind", "unit", "other labels" if common else "labels", "versions", "meaning")
    return f"### {name}\n\n{_PAGES.get(name, '')}{intro}{table(columns, rows)}"


def _row(metric: Metric, common: Sequence[str]) -> tuple[str, ...]:
    kind = type(metric).__name__.lower().removesuffix("metric")
    labels = codes(label for label in metric.labels if label not in common)
    return code(metric.name), kind, _unit(metric.unit), labels, _versions(metric), metric.help


def _unit(unit: Unit) -> str:
    return "" if unit is Unit.NONE else unit.value.replace("_per_", "/").replace("_", " ")


def _versions(metric: Metric) -> str:
    """From and to which version of its exporter it is there, and its former names; empty for all that are covered."""
    parts = [f"since {metric.since}"] if metric.since else []
    parts += [f"until {metric.last}"] if metric.last else []
    parts += [f"{code(former.name)} until {former.last}" for former in metric.formerly]
    return "; ".join(parts)


def _group(group: RecordGroup, compiled: Collection[str]) -> str:
    records = sorted(
        (record for record in group.records if record.name in compiled), key=lambda found: (found.name, found.labels)
    )
    if not records:
        return ""
    rows = ((code(each.name), _unit(each.unit), codes(each.all_labels), each.help) for each in records)
    rare = f"Evaluated every {group.interval_seconds} s.\n\n" if group.interval_seconds else ""
    return f"### Group {group.name}\n\n{rare}" + table(("series", "unit", "labels", "meaning"), rows)
