"""Service level objectives: the share of good requests, over the windows of the burn-rate alerts and over the period.

Windows hold sums of requests, and every ratio is one sum over another, so each request weighs the same. A mean of ratios would
count one failure of a quiet night as much as a hundred at noon. The sums read rates of a minute that are recorded at every
evaluation, each for its interval. So a window reaches a minute further back than its name says, and its cost does not grow with
the number of replicas. An evaluation that comes late counts the same; one that is left out leaves its interval out of the good
and the bad ones alike. Where a window holds fewer scrapes than another, a burst between two of them counts up to a third more,
or as little as half, good and bad ones alike.

Requests that never end well count as they go: abandoned ones break the promises of availability and of request latency, and
those that wait longer than a promise allows break it, each once in 5 minutes.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from glassbox.metrics import roles, service
from glassbox.metrics.roles import HistogramRole, Role
from glassbox.metrics.types import Counter, Unit
from glassbox.query.apart import bucket_of_each_engine
from glassbox.query.births import rate_from_birth
from glassbox.query.buckets import BucketMatcher
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import (
    clamp_min,
    constant,
    duration_seconds,
    instant,
    max_by,
    over_time,
    rate,
    ratio,
    sum_by,
)
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.query.selectors import Matcher
from glassbox.query.slo import PAGE_WINDOWS, SECONDS_PER_DAY, TICKET_WINDOWS, BurnWindow, Indicator, Slo
from glassbox.query.wording import last
from glassbox.settings.model import Settings
from recording_rules import abandoned, engine, requests, workload
from recording_rules.histograms import bucket_at
from recording_rules.levels import MODEL, SERVED, SLO
from recording_rules.sources import DECLARED, OF_CALLERS, either, through_gaps

# The window of the recorded rates, from which all others are summed: short, so that they end and begin in time. It holds two
# scrapes of 30 s. Where fewer answer, one twice as long takes its place.
RATE_SECONDS = 60
PERIOD = "_period"
_RECORDED = {
    "request_latency": requests.DURATION,
    "time_to_first_token": engine.TIME_TO_FIRST_TOKEN,
    "time_per_output_token": workload.TIME_PER_OUTPUT_TOKEN,
}
_OBSERVED: dict[Indicator, HistogramRole] = {
    "request_latency": roles.LATENCY,
    "time_to_first_token": roles.TIME_TO_FIRST_TOKEN,
    "time_per_output_token": roles.TIME_PER_OUTPUT_TOKEN,
}
# A model of which nothing was seen for so long has left: its budget decides nothing any more.
_LEFT_AFTER = "1d"
# The burn rate that says how long the budget lasts.
PACE_WINDOW = "6h"
_ALERT_WINDOWS = (*PAGE_WINDOWS, *TICKET_WINDOWS)
_SUMMED = sorted({text for each in _ALERT_WINDOWS for text in (each.short, each.long)}, key=duration_seconds)
_PROMISED = (*SERVED, "slo")

EVENTS = Series("model:slo_events:rate", Unit.REQUESTS_PER_SECOND, SLO, only_with="slos")
BAD_EVENTS = Series("model:slo_bad_events:rate", Unit.REQUESTS_PER_SECOND, SLO, only_with="slos")
HTTP_REQUESTS, HTTP_ERRORS = (
    Series(name, Unit.REQUESTS_PER_SECOND, MODEL, only_with="slos", reporters=requests.HTTP_REQUESTS.reporters)
    for name in ("model:slo_http_requests:rate", "model:slo_http_errors:rate")
)
BUDGET = Series("slo:error_budget:ratio", Unit.RATIO, ("slo",), only_with="slos")
BURN_LIMIT = Series("window:slo_burn_limit:ratio", Unit.NONE, ("window",))
ATTAINMENT = Series("model:slo_attainment:ratio1h", Unit.RATIO, SLO)
PERIOD_BURN = Series("served:slo_burn:ratio_period", Unit.NONE, _PROMISED)
BUDGET_LEFT = Series("served:slo_budget_left:ratio", Unit.RATIO, _PROMISED)
BUDGET_LASTS = Series("served:slo_budget_lasts_seconds:min", Unit.SECONDS, _PROMISED)
GOODPUT_MIN = Series("model:slo_goodput_ratio:min", Unit.RATIO, MODEL, only_with="slos")
GOODPUT_MAX = Series("model:slo_goodput_ratio:max", Unit.RATIO, MODEL, only_with="slos")


def objective() -> Expr:
    """Share of requests that must be good, of each objective."""
    return instant(BUDGET) * -1 + 1


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
            *_http(settings),
            *(record for slo in settings.slos for record in _judged(slo, settings)),
            *(record for window in seconds for record in _summed(window, seconds[window], settings)),
            *(_burnt(window) for window in seconds),
            *(_limit(window, settings.slo_period_days) for window in _ALERT_WINDOWS),
            _attainment(settings.thresholds.minimum_requests),
            *_goodput(settings.slos),
        ),
    )


def _period(settings: Settings) -> RecordGroup:
    """What is left of the budget. It is evaluated less often: a period of 30 days costs about 10 ms per series."""
    period_seconds = settings.slo_period_days * SECONDS_PER_DAY
    records = (
        *_summed(PERIOD, period_seconds, settings),
        *_budget(period_seconds, settings.thresholds.minimum_requests),
    )
    return RecordGroup("slo-period", records, settings.rare_interval_seconds)


def _rate_seconds(settings: Settings) -> int:
    """The window of the recorded rates. Each stands for the time until the next evaluation, so it is never shorter than that."""
    return max(RATE_SECONDS, settings.evaluation_interval_seconds)


def _http(settings: Settings) -> Iterator[Record]:
    """What availability is judged by. A status that never occurred has no series: it is 0."""
    if any(slo.indicator == "availability" for slo in settings.slos):
        counted = partial(_born, seconds=_rate_seconds(settings))
        failed = requests.without_failures(requests.http(counted, failed=True), HTTP_REQUESTS)
        yield HTTP_REQUESTS.recorded(requests.http(counted), "Answered HTTP requests per second, within a minute.")
        yield HTTP_ERRORS.recorded(failed, "HTTP requests answered with a server error per second, within a minute.")


def _judged(slo: Slo, settings: Settings) -> tuple[Record, ...]:
    """What was promised, how many requests there are per second, and how many of them break the promise."""
    bad, every = _availability() if slo.indicator == "availability" else _slower(slo, settings)
    return (
        BUDGET.recorded(constant(slo.budget_ratio, Unit.RATIO), "Share of requests that may be bad.", slo=slo.name),
        EVENTS.recorded(every, "Requests per second that can be judged.", slo=slo.name),
        BAD_EVENTS.recorded(bad, "Requests per second that broke the promise.", slo=slo.name),
    )


def _availability() -> tuple[Expr, Expr]:
    """Server errors and abandoned requests, and all requests."""
    return abandoned.failed_and_judged(instant(HTTP_ERRORS), instant(HTTP_REQUESTS))


def _slower(slo: Slo, settings: Settings) -> tuple[Expr, Expr]:
    """Requests above the threshold, and all requests. Without a bucket at the threshold neither is known, so there is no verdict."""
    recorded = _RECORDED[slo.indicator]
    within, _ = promised_bucket(slo, settings)
    seconds = _rate_seconds(settings)
    every = sum_by(MODEL, _observed(slo.indicator, "count", seconds))
    fast = sum_by(MODEL, _observed(slo.indicator, "bucket", seconds, le=within))
    # Not from the recorded events: vmalert reads what a rule of the same group recorded one evaluation before, so a load that
    # falls would look slow. Two sums are rounded differently: slow requests must not come out slightly below 0.
    slow, known = clamp_min(every - fast, 0), every.and_(sum_by(MODEL, bucket_of_each_engine(recorded.bucket, within)))
    for part in _unobserved(slo):
        added = part.or_(instant(recorded.count) * 0)
        slow, known = slow + added, known + added
    return slow, known


def promised_bucket(slo: Slo, settings: Settings) -> tuple[BucketMatcher, Record]:
    """The bucket at the objective's threshold, and the recorded series that has it; raises GlassboxError where there is none."""
    bucket = _RECORDED[slo.indicator].bucket
    setting = f"slos, entry {slo.name!r}, threshold_seconds"
    return bucket_at(slo.threshold_seconds or 0, bucket, settings.histogram_buckets, setting), bucket


def judged_of(slo: Slo, settings: Settings) -> Record:
    """The rule of the requests that the objective judges."""
    return next(each for each in _judged(slo, settings) if each.name == EVENTS.name)


def _unobserved(slo: Slo) -> Iterator[Expr]:
    """Requests per second that break a promise of time without being observed: they are counted where they end, and have no end."""
    if slo.indicator != "time_per_output_token":
        yield abandoned.overdue_rate(slo.threshold_seconds or 0)
    # Who got a first token and no end is among the observed first tokens. At what pace the others would have come is not known.
    if slo.indicator == "request_latency":
        yield abandoned.UNTIMED


def _observed(indicator: Indicator, part: str, seconds: int, **le: Matcher) -> Expr:
    """Observations per second of the callers' requests, or those of one bucket."""
    observed: Role = getattr(_OBSERVED[indicator], part)
    short, long = (rate(observed, f"{each}s", **OF_CALLERS, **le) for each in (seconds, 2 * seconds))
    from_engine = through_gaps(short, long)
    if indicator != "request_latency":
        return from_engine
    from_service: Counter = getattr(service.HTTP_REQUEST_DURATION, part)
    return either(from_engine, _born(from_service, seconds=seconds, **DECLARED, **OF_CALLERS, **le))


def _born(counter: Counter, *, seconds: int, **matchers: str | Matcher) -> Expr:
    """Growth per second of a counter whose series is born with its first event."""
    short = rate_from_birth(counter, f"{seconds}s", **matchers)
    return through_gaps(short, rate(counter, f"{2 * seconds}s", **matchers))


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
    burns = _too_fast(instant(bad_events(window)), instant(events(window)))
    return burn_rate(window).recorded(burns, "How many times too fast the error budget burns.")


def _too_fast(bad: Expr, every: Expr) -> Expr:
    return binary(ratio(bad, every), "/", instant(BUDGET), matching=many_to_one(("slo",)))


def _limit(window: BurnWindow, period_days: int) -> Record:
    limit = constant(window.factor(period_days), Unit.NONE)
    return BURN_LIMIT.recorded(limit, "The burn rate above which the window's alert begins.", window=window.long)


def _attainment(minimum_requests: int) -> Record:
    every = instant(events("1h")) >= minimum_requests
    good = instant(events("1h")) - instant(bad_events("1h"))
    return ATTAINMENT.recorded(
        ratio(good, every),
        f"Share of the last hour's requests that were good, where they are at least {minimum_requests}.",
    )


def _budget(period_seconds: int, minimum_requests: int) -> tuple[Record, ...]:
    """What is left to each promised service, all versions together: one that left with few requests weighs no more than they do."""
    every, bad = (sum_by(_PROMISED, instant(part(PERIOD))) for part in (events, bad_events))
    served = sum_by(_PROMISED, instant(events(_LEFT_AFTER)))
    left = (instant(PERIOD_BURN) * -1 + 1).and_(served)
    lately = _too_fast(*(sum_by(_PROMISED, instant(part(PACE_WINDOW))) for part in (bad_events, events)))
    lasts = clamp_min(instant(BUDGET_LEFT), 0) * period_seconds / (lately > 0)
    return (
        PERIOD_BURN.recorded(
            _too_fast(bad, every >= minimum_requests),
            f"How many times too fast the error budget burned over the period, where it has at least {minimum_requests} requests.",
        ),
        BUDGET_LEFT.recorded(
            left,
            f"Share of the period's error budget that is left, of what was served within the {last(_LEFT_AFTER)}. Below 0, more is spent than there was.",
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
