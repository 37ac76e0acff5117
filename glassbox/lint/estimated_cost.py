"""How much a query reads, before any server is asked: estimated from what the catalogue knows of its metrics."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod

from glassbox.lint.known_metrics import first_word
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.metrics import HISTOGRAMS
from glassbox.metrics.label_values import values_of_label
from glassbox.metrics.types import spellings
from glassbox.syntax.tree import LabelMatcher, SeriesNode

RANGE_SECONDS, STEP_SECONDS = 3600, 60
"""What a panel is asked for when queries are compared: an hour at steps of a minute."""
SERVERS = 40
"""The fleet for which costs are said, where no server is asked."""
_ASSUMED_SCRAPE_SECONDS = 15


@dataclass(frozen=True)
class EstimatedCost:
    """Series that a query reads of each server, and the samples of them: of a panel in an hour at steps of a minute, else at one moment.

    `unknown` are names of which it is not known how many series there are; recorded ones do not grow with the servers.
    """

    series: int
    samples: int
    unknown: tuple[str, ...] = ()


def estimated_cost(query: Query, corpus: Corpus, counts: Callable[[SeriesNode], bool] = bool) -> EstimatedCost:
    """Of the selectors of a query that count, each as often as it is read.

    A server has metrics of one exporter: of several the most expensive counts.
    """
    scrape_seconds = corpus.scrape_interval_seconds or _ASSUMED_SCRAPE_SECONDS
    is_range = query.kind is QueryKind.PANEL and not query.instant
    steps = RANGE_SECONDS // STEP_SECONDS + 1 if is_range else 1
    by_exporter: dict[str, list[tuple[int, int]]] = {}
    for series in filter(counts, query.series):
        if count := series_of_each_server(series, corpus):
            in_window = max(1, round(series.window.seconds / scrape_seconds)) if series.window else 1
            by_exporter.setdefault(first_word(series.name), []).append((count, count * in_window * steps))
    sums = [(sum(count for count, _ in read), sum(samples for _, samples in read)) for read in by_exporter.values()]
    series_count, samples = max(sums, key=lambda each: each[1], default=(0, 0))
    return EstimatedCost(series_count, samples, tuple(_unknown(query, corpus)))


def _unknown(query: Query, corpus: Corpus) -> Iterator[str]:
    """The names of which it is not known how many series there are, without other spellings of those of which it is."""
    counts = {each.name: series_of_each_server(each, corpus) for each in query.series}
    known = {spelling for name, count in counts.items() if count is not None for spelling in spellings(name)}
    yield from (name for name, count in counts.items() if count is None and name not in known)


def series_of_each_server(series: SeriesNode, corpus: Corpus) -> int | None:
    """How many series of one server a selector reads; None where that is not known, as of recorded series."""
    known = corpus.known_series(series.name)
    if known is None or known.labels is None or series.either:
        return None
    chosen = {each.label for each in series.matchers if _is_one(each)}
    values = (values_of_label(known.metric, label) for label in known.labels - chosen - {"le"})
    buckets = _buckets().get(series.name, 1) if "le" not in chosen else 1
    return prod(values) * buckets


def _is_one(matcher: LabelMatcher) -> bool:
    return matcher.operator == "=" and matcher.value != ""


@cache
def _buckets() -> Mapping[str, int]:
    """How many buckets there are of each name, that without a bound included."""
    return {each.bucket.name: len(each.bounds) + 1 for each in HISTOGRAMS.values()}


def in_words(costs: Iterable[EstimatedCost], servers: int = SERVERS) -> str:
    """The costs together, for so many servers; says of what they are not known."""
    each = list(costs)
    series, samples = sum(one.series for one in each), sum(one.samples for one in each)
    unknown = dict.fromkeys(name for one in each for name in one.unknown)
    said = f"about {series:,} series of each server, and {samples * servers:,} samples of {servers} servers"
    left = f"not known of {', '.join(unknown)}" if unknown else ""
    return "; ".join(filter(None, (said if series else "", left))) or "nothing is read"
