"""Alerts on error budgets that burn too fast: multiwindow, multi-burn-rate (The Site Reliability Workbook, chapter 5)."""

from collections.abc import Sequence
from functools import reduce

from alerts.texts import SERVICE_TEXT
from glassbox.metrics.scrape import UP
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.query.reporters import TITLES
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.slo import PAGE_WINDOWS, TICKET_WINDOWS, BurnWindow, Slo, outage_seconds
from glassbox.query.wording import percent, span
from glassbox.settings.model import Settings
from recording_rules import judging, slo
from recording_rules.abandoned import FEW_WINDOW
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import JOB

_OTHERS_HAVE = "Outages in which nobody asks or nothing answers: InferenceNoCapacity, InferenceNothingAnswered and InferenceEngineStalled have these."
# So long an alert goes on while no target of the service answers, where its windows still burn.
KEPT_THROUGH_OUTAGE = PAGE_WINDOWS[1].short


def _burns(window: BurnWindow, settings: Settings) -> Expr:
    """The burn rate of the long window, where the short one shows that it goes on, and there are enough requests to judge, and enough bad ones not to be chance."""
    factor = window.factor(settings.slo_period_days)
    both = (instant(slo.burn_rate(window.long)) > factor).and_(instant(slo.burn_rate(window.short)) > factor)
    limits = settings.thresholds
    enough = instant(slo.events(window.long)) >= limits.minimum_requests
    no_chance = instant(slo.bad_events(window.long)) >= limits.minimum_bad_requests
    return both.and_(enough).and_(no_chance).and_(_present())


def _present() -> Expr:
    """Models that answer, or of which nothing can be known since no target of their service answers.

    The windows still contain a model that was taken away while others of its service answer; it burns no longer.
    """
    answering = instant(UP).equals(1)
    return instant(slo.EVENTS).or_(instant(slo.events(KEPT_THROUGH_OUTAGE)).unless(answering, on=JOB))


def _any(windows: Sequence[BurnWindow], settings: Settings) -> Expr:
    """The burn rate of the long window, of the first pair that burns."""
    # Grafana also distinguishes alerts by the metric's name. The product drops it, so that an alert stays one
    # while it passes from one pair to the next.
    return reduce(Expr.or_, (_burns(window, settings) for window in windows)) * 1


def _description(windows: Sequence[BurnWindow], settings: Settings) -> str:
    days = settings.slo_period_days
    limits = " or ".join(f"{window.factor(days):g} over {span(window.long)}" for window in windows)
    hours = days * 24 / windows[0].factor(days)
    return f"{_promise(settings.slos)}{_counted(settings)}The error budget of {days} days burns {{{{ $value | humanize }}}} times as fast as it may. The limit is {limits}. At the first, a full budget lasts {hours:.0f} hours."


def _promise(slos: Sequence[Slo]) -> str:
    """The promise of the alert's objective."""
    return "".join(f'{{{{ if eq $labels.slo "{each.name}" }}}}Promised: {each.promise}. {{{{ end }}}}' for each in slos)


def _counted(settings: Settings) -> str:
    """The bucket that counts for the alert's engine, where that lacks the one of the promise."""
    return "".join(
        f'{{{{ if and (eq $labels.slo "{each.name}") (eq $labels.inference_engine "{engine}") }}}}'
        f"{TITLES[engine]} is counted at {bound:.3g} s, its nearest bucket. {{{{ end }}}}"
        for each in settings.slos
        if each.threshold_seconds
        for engine, bound in judging.counted_elsewhere(*slo.promised_bucket(each, settings)).items()
    )


def _of_engines(settings: Settings) -> str:
    """What engines do not report, or not at the bound."""
    return "".join(f"{text} " for text in (judging.not_judged(settings), judging.counted_at(settings)) if text)


def _in_no_window(settings: Settings) -> str:
    """What no window counts, however long it is."""
    fewest = settings.thresholds.minimum_requests
    return f"{_OTHERS_HAVE} Requests that callers of an engine give up, where fewer than {fewest} are started within {span(RATE_WINDOW_SECONDS)}; at a service that our exporter measures, fewer than {fewest} within {span(FEW_WINDOW)}. Failures of what vLLM answers without its engine, such as counting tokens."


def _slowest_page(settings: Settings) -> str:
    """How long a full outage of the widest budget burns before it pages."""
    if not settings.slos:
        return ""
    widest = min(settings.slos, key=lambda slo: slo.objective_ratio)
    minutes = outage_seconds(widest.budget_ratio, settings.slo_period_days) / 60
    return f"A wide budget burns for long before it pages, even where every request is bad: {minutes:.0f} minutes at {percent(widest.objective_ratio)}. "


def group(settings: Settings) -> AlertGroup:
    """The alerts for this installation's objectives."""
    return AlertGroup(
        "inference-slo",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceErrorBudgetBurnFast",
                expr=_any(PAGE_WINDOWS, settings),
                for_="0s",
                cannot_see=f"{_of_engines(settings)}{_in_no_window(settings)} {_slowest_page(settings)}Fewer than {settings.thresholds.minimum_bad_requests} bad requests within {span(PAGE_WINDOWS[-1].long)}. See the errors on the board Inference overview, and InferenceLatencyHigh.",
                severity=Severity.PAGE,
                also_explained_on=(("slo", "Burn rate over 6 hours"),),
                panel=("slo", "Burn rate over 1 hour"),
                summary=f"{SERVICE_TEXT} burns its error budget of {{{{ $labels.slo }}}} fast",
                description=_description(PAGE_WINDOWS, settings),
            ),
            Alert(
                name="InferenceErrorBudgetBurnSlow",
                expr=_any(TICKET_WINDOWS, settings),
                for_="15m",
                cannot_see=f"{_of_engines(settings)}{_in_no_window(settings)} Failures of a model with fewer than thresholds.minimum_requests requests within {span(TICKET_WINDOWS[-1].long)}.",
                severity=Severity.TICKET,
                also_explained_on=(("slo", "Burn rate over 3 days"),),
                panel=("slo", "Burn rate over 1 day"),
                summary=f"{SERVICE_TEXT} burns its error budget of {{{{ $labels.slo }}}} steadily",
                description=_description(TICKET_WINDOWS, settings),
            ),
        ),
    )
