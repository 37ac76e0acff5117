"""Our rules over the past of somebody's Prometheus, which is only read: a data directory that our own Prometheus can serve."""

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from glassbox.compile.bundle import Bundle
from glassbox.doctor.recorded import Holdings
from glassbox.doctor.retention import NEAR_SECONDS, oldest_sample
from glassbox.errors import GlassboxError
from glassbox.past.evaluating import Evaluator
from glassbox.past.limits import LOOK_BACK
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.past_rules import PastRules, past_rules_of
from glassbox.past.reach import cut
from glassbox.past.reading import UP, Reader
from glassbox.past.reads import reads_of
from glassbox.past.rule_order import RecordingRule, in_order
from glassbox.past.scope import ReadScope, scope_of
from glassbox.past.side_by_side import side_by_side
from glassbox.prometheus.api import Prometheus, TooMuchError
from glassbox.query.promql import duration_seconds

PIECE_SECONDS = 3600
"""As long as the shortest offset at which our rules read results of later ones, so that within a piece they have an order."""
LOOK_BACK_SECONDS = duration_seconds(LOOK_BACK)
# Of JSON, with the labels of its series: what 20 replicas of vLLM measured to.
_BYTES_OF_SAMPLE = 25
Say = Callable[[str], None]


@dataclass(frozen=True)
class Past:
    """A TSDB data directory with what was read and recorded, from when to when (Unix seconds), and how much it was.

    `cut` are recorded series that depend on more of the past than was read, by name, with how far back in seconds;
    `failed` are those that could not be evaluated at some moments, with the reason. `native_histograms` were not read.
    """

    folder: Path
    start_seconds: int
    end_seconds: int
    raw_series: int
    samples: int
    recorded_series: int
    fetched_bytes: int
    cut: Mapping[str, float]
    failed: Mapping[str, str]
    native_histograms: int


@dataclass(frozen=True)
class Plan:
    """What is to be read from a server, in Unix seconds: from `begin_seconds`, which is as far as rules look back or its first
    sample, to the end; all its names, those that the rules need, and the number of series of these."""

    begin_seconds: int
    start_seconds: int
    end_seconds: int
    look_back_seconds: int
    names: frozenset[str]
    needed: frozenset[str]
    scope: ReadScope
    scrape_seconds: float

    @property
    def since_seconds(self) -> int:
        """The beginning of what can be shown."""
        return max(self.start_seconds, self.begin_seconds)

    @property
    def series(self) -> Mapping[str, int]:
        """The number of series of each name that is read."""
        return self.scope.series

    @property
    def estimated_bytes(self) -> int:
        """About how much JSON the answers are."""
        samples = sum(self.series.values()) * (self.end_seconds - self.begin_seconds) / self.scrape_seconds
        return int(samples * _BYTES_OF_SAMPLE)


def planned(
    prometheus: Prometheus, rules: PastRules, start_seconds: int, end_seconds: int, look_back_seconds: int
) -> Plan:
    """Ask the server for its names and how many series they have; raises GlassboxError if it cannot be asked.

    Nothing from before its first sample of `up` is read.
    """
    begin = _begin(prometheus, start_seconds - look_back_seconds, end_seconds)
    held = frozenset(prometheus.values_of("__name__", begin, end_seconds))
    # `up` has the times of scrapes, which are needed whatever is read.
    needed = needed_names(rules, held) | (held & {UP})
    scope = scope_of(prometheus, rules.naming_jobs, needed, begin, end_seconds)
    return Plan(
        begin_seconds=begin,
        start_seconds=start_seconds,
        end_seconds=end_seconds,
        look_back_seconds=look_back_seconds,
        names=held,
        needed=needed,
        scope=scope,
        scrape_seconds=_scrape_seconds(prometheus, end_seconds),
    )


def _begin(prometheus: Prometheus, begin: int, end: int) -> int:
    """Where reading begins: before the first sample of `up`, which is known to the minute, but not before this moment."""
    try:
        oldest = oldest_sample(prometheus, begin, end)
    except TooMuchError:
        return begin
    return begin if oldest is None else max(begin, oldest - NEAR_SECONDS)


def check_fleet(prometheus: Prometheus, plan: Plan) -> None:
    """Raise GlassboxError if the server has nothing that the rules read, except perhaps `up`."""
    if not plan.needed - {UP}:
        raise GlassboxError(
            f"Prometheus at {prometheus.url} has no series of an inference engine, an exporter or a GPU in this time: "
            "see what it has with `python deploy.py doctor`."
        )


def _scrape_seconds(prometheus: Prometheus, end_seconds: int) -> float:
    """The shortest time from scrape to scrape."""
    found = prometheus.range("max(count_over_time(up[10m]))", end_seconds, end_seconds, 60)
    most = max((value for each in found for value in each.values.values()), default=40.0)
    return 600 / most


class Worker:
    """Reads and works out piece by piece into our own Prometheus, each piece after the one before.

    `alerts_are_live` says that our Prometheus evaluates the alerts itself from now on.
    """

    alerts_are_live = False

    def __init__(
        self,
        prometheus: Prometheus,
        rules: PastRules,
        own_url: str,
        plan: Plan,
        offsets_ms: Mapping[str, int] | None = None,
    ) -> None:
        self.reader = Reader(prometheus, own_url, plan.scope, PIECE_SECONDS, plan.scrape_seconds)
        self.evaluator = Evaluator(own_url, offsets_ms)
        self.plan = plan
        self._worked_out = _that_can_work(rules, plan.names)
        self.cut = cut(self._worked_out, plan.look_back_seconds)
        self._levels = in_order(self._worked_out, PIECE_SECONDS)
        holdings = Holdings(plan.names, rules.recorded)
        self._alerts = [alert for alert in rules.alerts if not holdings.lacks(alert.rule.expr)]
        self.reached_seconds = self._begin_seconds = plan.begin_seconds
        self._seconds = plan.end_seconds - plan.begin_seconds

    def go_on(self, until_seconds: int, say: Say) -> None:
        """Read and work out up to then; each piece is worked out while the next one is read."""
        bounds = [*range(self.reached_seconds, until_seconds, PIECE_SECONDS), until_seconds]
        pieces = list(pairwise(bounds))
        for to_read, to_work_out in zip([*pieces, None], [None, *pieces], strict=True):
            jobs = [partial(self._read, to_read, say)] if to_read else []
            jobs += [partial(self._work_out, to_work_out)] if to_work_out else []
            for _ in side_by_side(_called, jobs, len(jobs)):
                pass

    def work_out_too(self, rules: PastRules, say: Say) -> None:
        """Work further recorded series out over all that was read until now, which must be all that they need."""
        new = [rule for rule in _that_can_work(rules, self.plan.names) if rule not in self._worked_out]
        self._worked_out += new
        levels = in_order(new, PIECE_SECONDS)
        bounds = [*range(self._begin_seconds, self.reached_seconds, PIECE_SECONDS), self.reached_seconds]
        for after, until in pairwise(bounds) if new else ():
            say(
                f"{(until - self._begin_seconds) / self._seconds:4.0%}: {len(new)} more recorded series until {_clock(until)} UTC"
            )
            self.evaluator.work_out(levels, after * 1000, until * 1000)

    def _read(self, piece: tuple[int, int], say: Say) -> None:
        after, until = piece
        for number, portion in enumerate(self.reader.read(after * 1000, until * 1000), 1):
            share = (after + (until - after) * number / len(self.reader.portions) - self._begin_seconds) / self._seconds
            megabytes = self.reader.tally.fetched_bytes / 1000**2
            more = f" and {len(portion.names) - 1} more" if len(portion.names) > 1 else ""
            say(f"{share:4.0%}, {megabytes:.0f} MB: {portion.names[0]}{more}, {_clock(after)} to {_clock(until)} UTC")

    def _work_out(self, piece: tuple[int, int]) -> None:
        after, until = piece
        self.evaluator.work_out(self._levels, after * 1000, until * 1000)
        if not self.alerts_are_live:
            self.evaluator.fire(self._alerts, after * 1000, until * 1000)
        self.reached_seconds = until


def _that_can_work(rules: PastRules, names: frozenset[str]) -> list[RecordingRule]:
    holdings = Holdings(names, rules.recorded)
    return [rule for rule in rules.records if not holdings.lacks(rule.expr)]


def _called(job: Callable[[], None]) -> None:
    job()


def worked_out(  # noqa: PLR0917  # of whom, what, when and where to: none has a default
    prometheus: Prometheus,
    bundle: Bundle,
    start_seconds: int,
    end_seconds: int,
    folder: Path,
    say: Say,
    *,
    look_back_seconds: int = LOOK_BACK_SECONDS,
    offsets_ms: Mapping[str, int] | None = None,
) -> Past:
    """Read the raw series that the bundle's rules, alerts and panels need, and work out its recorded series and alerts over them.

    Writes `folder`/data, and reports progress by `say`. `offsets_ms` are the moments of evaluation of each group within its
    interval. Raises GlassboxError where the server cannot be read or has none of the series.
    """
    rules = past_rules_of(bundle)
    plan = planned(prometheus, rules, start_seconds, end_seconds, look_back_seconds)
    check_fleet(prometheus, plan)
    with own_prometheus(folder / "data") as own:
        worker = Worker(prometheus, rules, own.url, plan, offsets_ms)
        worker.go_on(end_seconds, say)
    return Past(
        folder=folder / "data",
        start_seconds=start_seconds,
        end_seconds=end_seconds,
        raw_series=sum(plan.series.values()),
        samples=worker.reader.tally.samples,
        recorded_series=len(worker.evaluator.series),
        fetched_bytes=worker.reader.tally.fetched_bytes,
        cut=worker.cut,
        failed={rule.record: said for rule, said in worker.evaluator.failed.items()},
        native_histograms=worker.reader.tally.native_histograms,
    )


def needed_names(rules: PastRules, held: Collection[str]) -> frozenset[str]:
    """The names among those of a server that the rules and their queries read, without those that they record themselves."""
    texts = {*rules.queries, *(rule.expr for rule in rules.records), *(alert.rule.expr for alert in rules.alerts)}
    read = {name for text in texts for each in reads_of(text) for name in each.names}
    plain, patterns = read & set(held), [name for name in read if re.search(r"[.*+?|()\[\]]", name)]
    matched = {name for pattern in patterns for name in held if re.fullmatch(pattern, name)}
    return frozenset((plain | matched) - rules.recorded.keys() - {"ALERTS", "ALERTS_FOR_STATE"})


def _clock(moment: int) -> str:
    return time.strftime("%H:%M", time.gmtime(moment))
