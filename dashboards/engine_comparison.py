"""Engine comparison: which engine or version serves better, at what load, and are there enough requests to say so?

The numbers of the whole time range are ratios of sums over it. Warm-up cannot be removed from them soundly: the recorded
series do not know processes, and vLLM with several API servers does not report its start. The board marks starts, and says
what to do about them.
"""

from collections.abc import Callable
from dataclasses import replace

from dashboards.choices import JOB, MODEL, REPLICA_OF_MODEL
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import Panel, stat, timeseries
from glassbox.board.style import Line
from glassbox.board.tables import Next
from glassbox.board.variables import Side, Variable
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary
from glassbox.query.promql import duration_seconds, instant, over_range, quantile, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record
from glassbox.query.wording import span
from glassbox.settings.model import Settings
from recording_rules import abandoned, engine, requests, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS

# Below this, fewer than five requests lie above a p95, and one slow request moves the ratio.
_FEWEST_REQUESTS = 100
_STEP = "1m"
_WARM_UP = (
    "Begin the time range ten minutes after the last blue mark (the start of a process). Otherwise it includes warm-up."
)
_OF_BOTH = (JOB, MODEL)
# What engines report that do not count requests.
_NO_COUNT = (engine.RUNNING, engine.GENERATION_TOKENS)


def _side(name: str) -> Side:
    """An engine and, if chosen, a version and a replica of it.

    Both sides start with the same engine, the last one there is: two different ones seldom do the same work.
    """
    suffix = name.lower()
    chosen = Variable(
        name=f"engine_{suffix}",
        title=f"{name}: engine",
        label="inference_engine",
        values_of=requests.REQUESTS,
        values_also_of=_NO_COUNT,
        single=True,
        last_first=True,
    )
    version = Variable(
        name=f"version_{suffix}",
        title=f"{name}: version",
        label="model_version",
        values_of=requests.REQUESTS,
        values_also_of=_NO_COUNT,
        single=True,
        optional=True,
        within=(chosen,),
    )
    replica = replace(REPLICA_OF_MODEL, name=f"instance_{suffix}", title=f"{name}: replica")
    return Side(name, (chosen, version, replica), _OF_BOTH)


A, B = _side("A"), _side("B")


# By name, since a side without data would leave its colour to the other.
_LINES = {A.legend: Line("blue"), B.legend: Line("orange")}


def _both(of_side: Callable[[Side], Expr]) -> dict[str, Expr]:
    return {side.legend: of_side(side) for side in (A, B)}


def _sum(record: Record, **matchers: str) -> Callable[[Side], Expr]:
    return lambda side: side.of(sum_by((), instant(record, **matchers)))


def _share(part: Record, whole: Record, **matchers: str) -> Callable[[Side], Expr]:
    return lambda side: ratio(_sum(part, **matchers)(side), _sum(whole)(side))


def _truncated(side: Side) -> Expr:
    finished = requests.REQUESTS_FINISHED
    return requests.by_reason(_share(finished, finished, finished_reason="length")(side))


def _mean(histogram: HistogramRecord, unit: Unit = Unit.SECONDS) -> Callable[[Side], Expr]:
    return lambda side: side.of(histogram.mean(())).measured_in(unit)


def _quantile(q: float, histogram: HistogramRecord) -> Callable[[Side], Expr]:
    return lambda side: side.of(histogram.quantile(q, ()))


def _count(side: Side) -> Expr:
    """Finished requests of the time range."""
    return _total(requests.REQUESTS, Unit.REQUESTS)(side)


def _total(rate: Record, unit: Unit) -> Callable[[Side], Expr]:
    """What grew at this rate within the time range: rates one minute apart, each for its minute."""

    def of_side(side: Side) -> Expr:
        return (over_range("sum", _sum(rate)(side), step=_STEP) * duration_seconds(_STEP)).measured_in(unit)

    return of_side


def _mean_of_range(histogram: HistogramRecord) -> Callable[[Side], Expr]:
    """The mean of enough requests. The count stands once: with a replica chosen, each rule of it is long."""

    def of_side(side: Side) -> Expr:
        total, observed = _total(histogram.sum, Unit.SECONDS)(side), _enough(histogram)(side)
        return binary(total, "/", observed, unit=Unit.SECONDS)

    return of_side


def _enough(histogram: HistogramRecord) -> Callable[[Side], Expr]:
    """The requests that were observed, where they are enough to compare."""
    return lambda side: _total(histogram.count, Unit.REQUESTS)(side) >= _FEWEST_REQUESTS


def _quantile_of_range(q: float, histogram: HistogramRecord) -> Callable[[Side], Expr]:
    """The quantile of enough requests."""

    def of_side(side: Side) -> Expr:
        buckets = side.of(sum_by(("le",), instant(histogram.bucket)))
        return quantile(q, over_range("sum", buckets, step=_STEP)).and_(_enough(histogram)(side))

    return of_side


def _running_of_range(side: Side) -> Expr:
    """Seconds of enough requests per second, which is how many run on average. Short requests run between two scrapes."""
    running = over_range("avg", _sum(requests.DURATION.sum)(side), step=_STEP)
    return running.and_(_enough(requests.DURATION)(side))


def _b_over_a(title: str, of_side: Callable[[Side], Expr], why: str) -> Panel:
    """B's number over A's, for the whole time range; `of_side` gives nothing where a side has too few requests."""
    return stat(
        title,
        ratio(of_side(B), of_side(A)).measured_in(Unit.FACTOR),
        why=f"{why} No value with fewer than {_FEWEST_REQUESTS} requests on a side. {_WARM_UP}",
        empty="Not enough data",
        may_be_empty=True,
    )


def build(_settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "engine-comparison",
        "Engine comparison",
        question="Which engine or version serves better, at what load, and are there enough requests to say so?",
        variables=_OF_BOTH,
        sides=(A, B),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=(_verdict(), _fairness(), _latency(), _first_token(), _throughput(), _failures()),
    )


def _verdict() -> Row:
    """The whole time range in six numbers."""
    return row(
        "The whole time range, B over A",
        *(
            stat(
                f"Requests of {side.name}",
                _count(side),
                why=f"Finished requests of the time range. With fewer than {_FEWEST_REQUESTS} on either side, nothing is compared: choose a longer range.",
            )
            for side in (A, B)
        ),
        _b_over_a(
            "Load, B/A",
            _running_of_range,
            "Mean number of running requests over the range, B over A. Compare the sides only near 1: the busier side is slower for that reason alone.",
        ),
        _b_over_a(
            "Mean latency, B/A",
            _mean_of_range(requests.DURATION),
            "Mean time from arrival to the end of the answer, B over A. Below 1, B is faster, provided that load and lengths are similar.",
        ),
        _b_over_a(
            "Latency p95, B/A",
            _quantile_of_range(0.95, requests.DURATION),
            "The time within which 95% of the range's requests were answered, B over A. It is an estimate within the bounds of a bucket.",
        ),
        _b_over_a(
            "First token, B/A",
            _mean_of_range(engine.TIME_TO_FIRST_TOKEN),
            "Mean time to the first token, B over A.",
        ),
    )


def _fairness() -> Row:
    lengths = (
        "Longer ones take longer on any engine. Where an engine does not report them, send the same documents to both."
    )
    return row(
        "Is it fair? Load and work should be alike",
        timeseries(
            "Running requests",
            _both(_sum(engine.RUNNING)),
            lines=_LINES,
            why="Running requests: the load at which the sides are compared. At different load, the comparison is unfair, whatever it says.",
        ),
        timeseries(
            "Mean prompt length",
            _both(_mean(workload.PROMPT_LENGTH, Unit.TOKENS)),
            lines=_LINES,
            why=f"Input tokens per finished request. {lengths}",
        ),
        timeseries(
            "Mean answer length",
            _both(_mean(workload.OUTPUT_LENGTH, Unit.TOKENS)),
            lines=_LINES,
            why=f"Output tokens per finished request. {lengths}",
        ),
    )


def _latency() -> Row:
    return row(
        "Latency, end to end",
        timeseries(
            "Mean latency",
            _both(_mean(requests.DURATION)),
            lines=_LINES,
            why=f"Mean time from arrival to the end of the answer, over {span(RATE_WINDOW_SECONDS)}. vLLM counts from the request's arrival, our exporter from its first byte.",
        ),
        timeseries(
            "Latency p50",
            _both(_quantile(0.5, requests.DURATION)),
            lines=_LINES,
            why="Half of the requests were answered within this time. vLLM has no bucket below 0.3 s, so a lower estimate is a guess.",
        ),
        timeseries(
            "Latency p95",
            _both(_quantile(0.95, requests.DURATION)),
            lines=_LINES,
            why="95% of the requests were answered within this time. The sides differ where their lines stay apart, not where they cross.",
        ),
    )


def _first_token() -> Row:
    return row(
        "First token",
        timeseries(
            "First token, mean",
            _both(_mean(engine.TIME_TO_FIRST_TOKEN)),
            lines=_LINES,
            why="Mean time to the first token, including queueing.",
        ),
        timeseries(
            "First token p50",
            _both(_quantile(0.5, engine.TIME_TO_FIRST_TOKEN)),
            lines=_LINES,
            why="Half of the requests got their first token within this time.",
        ),
        timeseries(
            "First token p95",
            _both(_quantile(0.95, engine.TIME_TO_FIRST_TOKEN)),
            lines=_LINES,
            why="95% of the requests got their first token within this time. A queue shows here first.",
        ),
    )


def _throughput() -> Row:
    return row(
        "Throughput",
        timeseries(
            "Requests",
            _both(_sum(requests.REQUESTS)),
            lines=_LINES,
            why="Finished requests per second; pages, where a request is a page. This is what callers asked for. It shows the capacity only at full load.",
        ),
        timeseries(
            "Output tokens",
            _both(_sum(engine.GENERATION_TOKENS)),
            lines=_LINES,
            why="Generated tokens per second.",
        ),
    )


def _failures() -> Row:
    return row(
        "What was not good",
        timeseries(
            "Failed share",
            _both(_share(abandoned.FAILED, abandoned.JUDGED)),
            lines=_LINES,
            why="Share of requests that were answered with a server error or given up by their callers. A side that fails fast looks fast, and so does one whose slow answers are given up: compare latency only where both shares are low. If a replica is chosen, requests that were given up are left out.",
        ),
        timeseries(
            "Truncated share",
            _both(_truncated),
            lines=_LINES,
            why="Share of answers cut off at their token limit. Such answers are short, and so they are fast.",
            maximum=1,
        ),
    )
