"""Service level objectives: the share of good requests, over the windows of the burn-rate alerts and over the period.

Windows hold sums of requests, and every ratio is one sum over another, so each request weighs the same. A mean of five-minute
ratios would count one failure of a quiet night as much as a hundred at noon. The sums read recorded rates of 5 minutes. So a
window reaches up to 5 minutes further back than its name says, and its cost does not grow with the number of replicas.

Requests that never end well count too: abandoned ones break the promises of availability and of request latency, and those
that wait longer than a promise allows break it, each once in 5 minutes.
"""

from collections.abc import Iterator, Sequence

from glassbox.errors import GlassboxError
from glassbox.metrics.types import Unit
from glassbox.query.buckets import CustomBuckets
from glassbox.query.expr import Expr, Matcher, QueryError, Source, binary
from glassbox.query.promql import (
    at_most,
    clamp_min,
    constant,
    duration_seconds,
    instant,
    max_by,
    over_time,
    ratio,
    sum_by,
)
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.query.slo import PAGE_WINDOWS, SECONDS_PER_DAY, TICKET_WINDOWS, BurnWindow, Indicator, Slo
from glassbox.query.wording import last
from glassbox.settings.model import Settings
from recording_rules import abandoned, engine, requests, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL, SLO

# The window of the recorded rates; all others are sums of these.
SHORTEST = "5m"
PERIOD = "_period"
_RECORDED = {
    "request_latency": requests.DURATION,
    "time_to_first_token": engine.TIME_TO_FIRST_TOKEN,
    "time_per_output_token": workload.TIME_PER_OUTPUT_TOKEN,
}
# A version that served nothing for so long has left.
_LEFT_AFTER = "1d"
# The burn rate that says how long the budget lasts.
PACE_WINDOW = "6h"
_ALERT_WINDOWS = (*PAGE_WINDOWS, *TICKET_WINDOWS)
_SUMMED = sorted(
    {text for each in _ALERT_WINDOWS for text in (each.short, each.long)} - {SHORTEST}, key=duration_seconds
)

EVENTS = Series("model:slo_events:rate5m", Unit.REQUESTS_PER_SECOND, SLO, only_with="slos")
BAD_EVENTS = Series("model:slo_bad_events:rate5m", Unit.REQUESTS_PER_SECOND, SLO, only_with="slos")
OBJECTIVE = Series("slo:objective:ratio", Unit.RATIO, ("slo",), only_with="slos")
BUDGET = Series("slo:error_budget:ratio", Unit.RATIO, ("slo",), only_with="slos")
BURN_LIMIT = Series("window:slo_burn_limit:ratio", Unit.NONE, ("window",))
ATTAINMENT = Series("model:slo_attainment:ratio1h", Unit.RATIO, SLO)
BUDGET_LEFT = Series("model:slo_budget_left:ratio", Unit.RATIO, SLO)
BUDGET_LASTS = Series("model:slo_budget_lasts_seconds:min", Unit.SECONDS, SLO)
GOODPUT_MIN = Series("model:slo_goodput_ratio:min", Unit.RATIO, MODEL, only_with="slos")
GOODPUT_MAX = Series("model:slo_goodput_ratio:max", Unit.RATIO, MODEL, only_with="slos")


def events(window: str) -> Series:
    """Requests within the window that can be judged."""
    return Series(f"model:slo_events:sum{window}", Unit.REQUESTS, SLO)


def bad_events(window: str) -> Series:
    """Requests within the window that broke the promise."""
    return Series(f"model:slo_bad_events:sum{window}", Unit.REQUESTS, SLO)


def burn_rate(window: str) -> Series:
    """How many times too fast the budget burned in the window; 1 spends it exactly within the period."""
    return Series(f"model:slo_burn:ratio{window}", Unit.NONE, SLO)


def groups(settings: Settings) -> tuple[RecordGroup, RecordGroup]:
    """The rules for this installation's objectives; raises GlassboxError where a threshold is not a bucket."""
    return _windows(settings), _period(settings)


def _windows(settings: Settings) -> RecordGroup:
    """What the alerts read."""
    seconds = {window: duration_seconds(window) for window in _SUMMED}
    return RecordGroup(
        "slo",
        (
            *(record for slo in settings.slos for record in _judged(slo, settings.histogram_buckets)),
            *(record for window in seconds for record in _summed(window, seconds[window], settings)),
            *(_burnt(window) for window in (SHORTEST, *seconds)),
            *(_limit(window, settings.slo_period_days) for window in _ALERT_WINDOWS),
            _attainment(),
            *_goodput(settings.slos),
        ),
    )


def _period(settings: Settings) -> RecordGroup:
    """What is left of the budget. It is evaluated less often: a period of 30 days costs about 10 ms per series."""
    period_seconds = settings.slo_period_days * SECONDS_PER_DAY
    minimum = settings.thresholds.minimum_requests
    records = (*_summed(PERIOD, period_seconds, settings), _burnt(PERIOD), *_budget(period_seconds, minimum))
    return RecordGroup("slo-period", records, settings.rare_interval_seconds)


def _judged(slo: Slo, custom: CustomBuckets) -> tuple[Record, ...]:
    """What was promised, how many requests there are per second, and how many of them break the promise."""
    bad, every = _availability() if slo.indicator == "availability" else _slower(slo, custom)
    return (
        OBJECTIVE.recorded(
            constant(slo.objective_ratio, Unit.RATIO), "Share of requests that must be good.", slo=slo.name
        ),
        BUDGET.recorded(constant(slo.budget_ratio, Unit.RATIO), "Share of requests that may be bad.", slo=slo.name),
        EVENTS.recorded(every, "Requests per second that can be judged.", slo=slo.name),
        BAD_EVENTS.recorded(bad, "Requests per second that broke the promise.", slo=slo.name),
    )


def _availability() -> tuple[Expr, Expr]:
    """Server errors and abandoned requests, and all requests."""
    return abandoned.failed_and_judged(instant(requests.HTTP_ERRORS), instant(requests.HTTP_REQUESTS))


def _slower(slo: Slo, custom: CustomBuckets) -> tuple[Expr, Expr]:
    """Requests above the threshold, and all requests. Without a bucket at the threshold neither is known, so there is no verdict."""
    times = _RECORDED[slo.indicator]
    every = instant(times.count)
    fast = sum_by(MODEL, instant(times.bucket, le=_bucket(slo, times.bucket, custom)))
    # Two sums are rounded differently: the number of slow requests must not come out slightly below 0.
    bad, known = clamp_min(every - fast, 0), every.and_(fast)
    for part in _unobserved(slo):
        added = part.or_(every * 0)
        bad, known = bad + added, known + added
    return bad, known


def _unobserved(slo: Slo) -> Iterator[Expr]:
    """Requests per second that break a promise of time without being observed: they are counted where they end, and have no end."""
    if slo.indicator != "time_per_output_token":
        overdue = abandoned.overdue(slo.threshold_seconds or 0) / RATE_WINDOW_SECONDS
        yield overdue.measured_in(Unit.REQUESTS_PER_SECOND)
    # Who got a first token and no end is among the observed first tokens. At what pace the others would have come is not known.
    if slo.indicator == "request_latency":
        yield abandoned.UNTIMED


def _bucket(slo: Slo, source: Source, custom: CustomBuckets) -> Matcher:
    try:
        return at_most(slo.threshold_seconds or 0, source, custom)
    except QueryError as error:
        raise GlassboxError(f"Setting slos, entry {slo.name!r}, threshold_seconds: {error}") from None


def _summed(window: str, seconds: int, settings: Settings) -> tuple[Record, Record]:
    interval_seconds = settings.evaluation_interval_seconds
    # Half an interval less: one sample per evaluation, whether a window includes its start (Prometheus 2) or not (3).
    span = f"{seconds - interval_seconds // 2}s"
    every = over_time("sum", EVENTS, span) * interval_seconds
    bad = over_time("sum", BAD_EVENTS, span) * interval_seconds
    return (
        events(window).recorded(every, "Requests of the window that can be judged."),
        bad_events(window).recorded(bad, "Requests of the window that broke the promise."),
    )


def _burnt(window: str) -> Record:
    sums = (BAD_EVENTS, EVENTS) if window == SHORTEST else (bad_events(window), events(window))
    bad_ratio = ratio(*map(instant, sums))
    times_too_fast = binary(bad_ratio, "/", instant(BUDGET), matching=" on (slo) group_left ()")
    return burn_rate(window).recorded(times_too_fast, "How many times too fast the error budget burns.")


def _limit(window: BurnWindow, period_days: int) -> Record:
    limit = constant(window.factor(period_days), Unit.NONE)
    return BURN_LIMIT.recorded(limit, "The burn rate above which the window's alert begins.", window=window.long)


def _attainment() -> Record:
    good = instant(events("1h")) - instant(bad_events("1h"))
    return ATTAINMENT.recorded(ratio(good, instant(events("1h"))), "Share of the last hour's requests that were good.")


def _budget(period_seconds: int, minimum_requests: int) -> tuple[Record, Record]:
    """What is left where enough was asked to judge, of versions that served lately: one that was withdrawn decides nothing."""
    judged = (instant(events(PERIOD)) >= minimum_requests).and_(instant(events(_LEFT_AFTER)) > 0)
    left = (instant(burn_rate(PERIOD)) * -1 + 1).and_(judged)
    lasts = clamp_min(instant(BUDGET_LEFT), 0) * period_seconds / (instant(burn_rate(PACE_WINDOW)) > 0)
    return (
        BUDGET_LEFT.recorded(
            left,
            f"Share of the period's error budget that is left, of at least {minimum_requests} requests and of what served within the {last(_LEFT_AFTER)}. Below 0, more is spent than there was.",
        ),
        BUDGET_LASTS.recorded(
            lasts,
            f"How long the budget lasts at the burn rate of the {last(PACE_WINDOW)}. It lasts longer where old failures leave the period.",
        ),
    )


def _goodput(slos: Sequence[Slo]) -> Iterator[Record]:
    """Bounds of the share that kept both token promises (Fréchet's inequalities): two histograms do not show their overlap."""
    first, each = _attained(slos, "time_to_first_token"), _attained(slos, "time_per_output_token")
    if first and each:
        both_at_least = clamp_min(first + each - 1, 0)
        smaller = first - clamp_min(first - each, 0)
        yield GOODPUT_MIN.recorded(
            both_at_least, "Smallest share of the last hour's requests that can have kept both promises."
        )
        yield GOODPUT_MAX.recorded(
            smaller, "Largest share of the last hour's requests that can have kept both promises."
        )


def _attained(slos: Sequence[Slo], indicator: Indicator) -> Expr | None:
    """Attainment of the first objective of this kind, or None."""
    name = next((slo.name for slo in slos if slo.indicator == indicator), None)
    return max_by(MODEL, instant(ATTAINMENT, slo=name)) if name else None
