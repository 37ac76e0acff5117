"""Our rules over the past of somebody's Prometheus, which is only read: a data directory that our own Prometheus can serve."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from glassbox.compile.bundle import Bundle
from glassbox.errors import GlassboxError
from glassbox.past.evaluating import Evaluator
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.reading import UP, Reader, portions, series_of
from glassbox.past.reads import reads_of
from glassbox.past.rule_order import in_order, rules_of
from glassbox.prometheus.api import Prometheus

PIECE_SECONDS = 3600
"""As long as the shortest offset at which our rules read results of later ones, so that within a piece they have an order."""
LOOK_BACK_SECONDS = 3600
"""How much more than the window is read by default, for rules that look back from its beginning."""


@dataclass(frozen=True)
class Past:
    """A TSDB data directory with what was read and recorded, from when to when (Unix seconds), and how much it was.

    `cut` are recorded series whose queries look back further than what was read, by name, with how far in seconds.
    """

    folder: Path
    start_seconds: int
    end_seconds: int
    raw_series: int
    samples: int
    recorded_series: int
    fetched_bytes: int
    cut: Mapping[str, float]


def worked_out(  # noqa: PLR0917  # of whom, what, when and where to: none has a default
    prometheus: Prometheus,
    bundle: Bundle,
    start_seconds: int,
    end_seconds: int,
    folder: Path,
    say: Callable[[str], None],
    *,
    look_back_seconds: int = LOOK_BACK_SECONDS,
    offsets_ms: Mapping[str, int] | None = None,
) -> Past:
    """Read the raw series that the bundle's rules, alerts and panels need, and work out its recorded series over them.

    Writes `folder`/data, and reports progress by `say`. `offsets_ms` are the moments of evaluation of each group within its
    interval. Raises GlassboxError where the server cannot be read or has none of the series.
    """
    names = needed_names(bundle, prometheus.values_of("__name__", start_seconds, end_seconds))
    if not names - {UP}:
        raise GlassboxError(
            f"Prometheus at {prometheus.url} has no series of an inference engine, an exporter or a GPU in this time: "
            "see what it has with `python deploy.py doctor`."
        )
    begin = start_seconds - look_back_seconds
    series = series_of(prometheus, sorted(names - {UP}), begin, end_seconds)
    units = in_order(rules_of(bundle.recording_rules.values()), PIECE_SECONDS)
    with own_prometheus(folder / "data") as own:
        reader = Reader(prometheus, own.url, portions(series, PIECE_SECONDS))
        evaluator = Evaluator(own.url, offsets_ms)
        for after in range(begin, end_seconds, PIECE_SECONDS):
            until = min(after + PIECE_SECONDS, end_seconds)
            for portion in reader.read(after * 1000, until * 1000):
                say(f"Read {portion.names[0]} and {len(portion.names) - 1} more")
            for unit in units:
                evaluator.work_out(unit, after * 1000, until * 1000)
    return Past(
        folder=folder / "data",
        start_seconds=start_seconds,
        end_seconds=end_seconds,
        raw_series=sum(series.values()),
        samples=reader.tally.samples,
        recorded_series=len(evaluator.series),
        fetched_bytes=reader.tally.fetched_bytes,
        cut={},
    )


def needed_names(bundle: Bundle, held: Collection[str]) -> frozenset[str]:
    """The names among those of a server that queries of the bundle read, without those that it records itself."""
    recorded = {query.recorded_as for query in bundle.content.queries}
    read = {name for query in bundle.content.queries for each in reads_of(str(query.expr)) for name in each.names}
    plain, patterns = read & set(held), [name for name in read if re.search(r"[.*+?|()\[\]]", name)]
    matched = {name for pattern in patterns for name in held if re.fullmatch(pattern, name)}
    return frozenset((plain | matched) - recorded - {"ALERTS", "ALERTS_FOR_STATE"})
