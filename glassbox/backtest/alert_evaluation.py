"""Alerts evaluated over a window of the past, at every step of their evaluation interval."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.alert_states import AlertStates, Firing, Identity
from glassbox.backtest.past_window import PastWindow
from glassbox.prometheus.api import NotAQueryError, Prometheus, TooMuchError
from glassbox.prometheus.samples import SampledSeries

# A quarter of what Prometheus refuses to return: an answer with a hundred series stays far below what is read of one.
STEPS_AT_ONCE = 2_880
FEWEST_STEPS = 180
AT_A_TIME = 2
"""Queries that the server works on at once; the processors that the smallest of them have."""

Worked = Callable[[AlertRule], None]


@dataclass(frozen=True)
class AlertPast:
    """What one alert would have done: its firings in the order of their starts, cut to the window.

    `before` is how many of them fired already when the window began; those without an end still fire at its end.
    `failed_evaluations` is how many found two series with the same labels, which Prometheus refuses. `problem` is why
    nothing is known about it: the sentence with which the server refused its query, even in small pieces.
    """

    rule: AlertRule
    firings: tuple[Firing, ...]
    before: int = 0
    failed_evaluations: int = 0
    problem: str = ""


def evaluate_all(
    prometheus: Prometheus,
    rules: Sequence[AlertRule],
    window: PastWindow,
    worked: Worked = lambda _: None,
    since: int = 0,
) -> list[AlertPast]:
    """Every alert over the window, not before `since`, a few at a time; calls `worked` for each that is done. Raises GlassboxError."""
    stopped = Event()

    def evaluate(rule: AlertRule) -> AlertPast:
        past = _evaluate(prometheus, rule, window, since, stopped)
        if not past.problem:
            worked(rule)
        return past

    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="backtest") as pool:
        try:
            return list(pool.map(evaluate, rules))
        except BaseException:
            # The others end with the piece that they have asked for.
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


def _evaluate(prometheus: Prometheus, rule: AlertRule, window: PastWindow, since: int, stopped: Event) -> AlertPast:
    """Begins before the window, so that what was pending or kept firing at its start is known."""
    states = AlertStates(rule)
    start = max(before_window(rule, window), -(-since // rule.interval_seconds) * rule.interval_seconds)
    try:
        for time, found in evaluations(prometheus, rule, start, window.end):
            if stopped.is_set():
                break
            states.evaluate(time, found)
    except (TooMuchError, NotAQueryError) as error:
        return AlertPast(rule, (), problem=str(error))
    return _within(rule, states, window)


def before_window(rule: AlertRule, window: PastWindow) -> int:
    """The first evaluation, at a whole multiple of the interval: early enough for a condition to fire when the window begins."""
    earlier = window.start - rule.for_seconds - rule.keep_firing_seconds
    return max(0, earlier // rule.interval_seconds - 1) * rule.interval_seconds


def evaluations(
    prometheus: Prometheus, rule: AlertRule, start: int, end: int
) -> Iterator[tuple[int, Sequence[tuple[Identity, float]]]]:
    """The time of each evaluation, and what the query found then; in pieces that the server can work out."""
    step = rule.interval_seconds
    steps = STEPS_AT_ONCE
    while start <= end:
        last = min(start + (steps - 1) * step, start + (end - start) // step * step)
        try:
            series = prometheus.evaluated(rule.query, start, last, step)
        except TooMuchError:
            if steps <= FEWEST_STEPS:
                raise
            steps //= 2
            continue
        yield from _by_time(rule, series, range(start, last + 1, step))
        start = last + step


def _by_time(
    rule: AlertRule, series: Sequence[SampledSeries], times: range
) -> Iterator[tuple[int, Sequence[tuple[Identity, float]]]]:
    found: dict[int, list[tuple[Identity, float]]] = {}
    for each in series:
        identity = tuple(sorted(rule.labels_of(each.labels).items()))
        for time, value in each.values.items():
            found.setdefault(time, []).append((identity, value))
    for time in times:
        yield time, found.get(time, ())


def _within(rule: AlertRule, states: AlertStates, window: PastWindow) -> AlertPast:
    firings = [
        each for each in (*states.firings, *states.still_firing()) if each.ended is None or each.ended > window.start
    ]
    before = sum(1 for each in firings if each.started <= window.start)
    cut = (replace(each, started=max(each.started, window.start)) for each in firings)
    ordered = sorted(cut, key=lambda each: (each.started, sorted(each.labels.items())))
    return AlertPast(rule, tuple(ordered), before, states.failed_evaluations)
