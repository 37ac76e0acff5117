"""Panels, alerts and recorded series by name, and everything that is known of what they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.lint.known_metrics import exporters_by_metric, former_metrics, known_series
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Metric


@dataclass(frozen=True)
class SeriesRead:
    """Series that a query reads: the labels that they may have where that is known, the groups that record them and from what, and the exporters that have them, in words."""

    name: str
    labels: tuple[str, ...] | None
    recorded_in: tuple[str, ...]
    recorded_from: tuple[str, ...]
    exposed_by: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A panel, an alert or a recorded series. `what` is its kind, and `linked_from` where links to it or readers of it are."""

    what: str
    location: Location
    text: str
    queries: tuple[Query, ...]
    series: tuple[SeriesRead, ...]
    linked_from: tuple[str, ...]
    name: str = ""


def explained(corpus: Corpus, name: str) -> list[Explanation]:
    """Everything of this name, whatever its case; a panel also as "Board / Panel". Raises GlassboxError where there is nothing."""
    wanted = name.casefold()
    found = [_of_panel(corpus, panel, uid) for uid, panel in _panels(corpus) if wanted in _names(panel)]
    found += (_of_rule(corpus, rule) for rule in corpus.rules if rule.name.casefold() == wanted)
    if found:
        return found
    titles = {panel.title for _, panel in _panels(corpus)} | {rule.name for rule in corpus.rules}
    nearest = get_close_matches(name, titles, n=1)
    advice = f"did you mean {nearest[0]!r}?" if nearest else "name one as it is shown."
    raise GlassboxError(f"There is no panel, alert or recorded series {name!r}: {advice}")


def _panels(corpus: Corpus) -> Iterator[tuple[str, BoardPanel]]:
    return ((board.uid, panel) for board in corpus.boards for panel in board.panels)


def _names(panel: BoardPanel) -> tuple[str, str]:
    return panel.title.casefold(), panel.location.object.casefold()


def _of_panel(corpus: Corpus, panel: BoardPanel, uid: str) -> Explanation:
    there = re.compile(rf"/d/{re.escape(uid)}\b.*viewPanel=(?:panel-)?{panel.id}(?!\d)")
    links = [link.location.object for board in corpus.boards for link in board.links if there.search(link.url)]
    links += (link.location.object for _, each in _panels(corpus) for link in each.links if there.search(link.url))
    links += (f"alert {rule.name}" for rule in corpus.alerts if any(map(there.search, rule.annotations.values())))
    return Explanation("panel", panel.location, panel.description, panel.queries, _read_by(corpus, panel.queries), tuple(dict.fromkeys(links)))  # fmt: skip  # one object


def _of_rule(corpus: Corpus, rule: GroupedRule) -> Explanation:
    queries = (rule.query, *rule.more_queries)
    text = rule.annotations.get("description") or rule.annotations.get("summary") or ""
    readers = () if rule.is_alert else (query.location.object for query in corpus.series_read.get(rule.name, ()))
    what = "alert" if rule.is_alert else "recorded series"
    return Explanation(what, rule.location, text, queries, _read_by(corpus, queries), tuple(dict.fromkeys(readers)), rule.name)  # fmt: skip  # one object


def _read_by(corpus: Corpus, queries: tuple[Query, ...]) -> tuple[SeriesRead, ...]:
    names = dict.fromkeys(series.name for query in queries for series in query.series if series.name)
    return tuple(_series(corpus, name) for name in names)


def _series(corpus: Corpus, name: str) -> SeriesRead:
    rules = corpus.recorded.get(name, ())
    sources = dict.fromkeys(series.name for rule in rules for series in rule.query.series if series.name)
    groups = dict.fromkeys(f"{rule.location.object.partition(' / ')[0]} ({rule.location.file})" for rule in rules)
    return SeriesRead(name, _labels(corpus, name), tuple(groups), tuple(sources), () if rules else tuple(_exposed(name)))  # fmt: skip  # one object


def _labels(corpus: Corpus, name: str) -> tuple[str, ...] | None:
    """None where others may be there."""
    if rules := corpus.recorded.get(name):
        found = [corpus.labels_of(rule.query.tree).possible for rule in rules if rule.query.tree]
        if len(found) < len(rules) or any(each.all_but for each in found):
            return None
        added = (label for rule in rules for label in rule.labels)
        return tuple(sorted({label for each in found for label in each.names}.union(added)))
    exposed = known_series().get(name)
    return tuple(sorted(exposed.labels)) if exposed and exposed.labels is not None else None


def _exposed(name: str) -> list[str]:
    """In words: the exporters that have the series, and in which versions."""
    return [*(_of_catalogue(name) or _of_table(name)), *_gone(name)]


def _of_catalogue(name: str) -> list[str]:
    found = []
    for exporter, metrics in CATALOGUE.items():
        for metric in metrics:
            for part in metric.parts:
                if name == part.name:
                    found.append(f"{exporter}: {_described(metric)}")
                elif name in part.former_names:
                    found.append(f"{exporter}: another spelling of {part.name}, or its name in older versions")
    return found


def _of_table(name: str) -> Iterator[str]:
    """Of series that nothing of ours reads, whose sources say no versions."""
    known = known_series().get(name)
    if known and (exporter := exporters_by_metric().get(known.metric)):
        unit = f" in {known.unit.value}" if known.unit else ""
        yield f"{exporter}: {known.type}{unit}, in which versions is not known"


def _gone(name: str) -> Iterator[str]:
    if former := former_metrics().get(name):
        instead = f"; now {former.replacement}" if former.replacement else ""
        differs = f": {former.differs}" if former.differs else ""
        yield f"gone from version {former.removed_in} on{instead}{differs}"


def _described(metric: Metric) -> str:
    versions = [f"since {metric.since}"] * bool(metric.since) + [f"until {metric.last}"] * bool(metric.last)
    kind = type(metric).__name__.lower()
    return ", ".join([f"{kind} in {metric.unit.value}", *(versions or ["every version that is covered"])])
