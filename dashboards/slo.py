"""SLO: do we keep what we promised, how fast does the error budget burn, and how long will it last?"""

from dataclasses import replace

from dashboards.choices import JOB, MODEL, REPLICA_OF_MODEL, SLO
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import Panel, Stat, Timeseries, stat, timeseries
from glassbox.board.reporting import by_this_engine
from glassbox.board.style import LIMIT, NEUTRAL, RED, REFERENCE, YELLOW, Steps
from glassbox.board.tables import Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_by, min_by, ratio, sum_by
from glassbox.query.slo import PAGE_WINDOWS, TICKET_WINDOWS, BurnWindow
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import judging, slo

_MODEL = ("job", "model_name", "model_version")
# In front, since a legend cuts long names of models at their end.
_PROMISE = ("slo", *_MODEL)
_PROMISED = ("slo", "job", "model_name")
_SLO = ("slo",)
_TOO_FEW = "Not enough requests"
_BUDGET_LOW_RATIO = 0.25
# What is left says nothing of this moment: an outage in which no request is counted spends nothing.
_BUDGET_STEPS = Steps(RED, ((0, YELLOW), (_BUDGET_LOW_RATIO, NEUTRAL)))
# Panels of the settings alone, and those of which it matters most at which bucket an engine is counted.
_OF_NO_ENGINE = ("Objective",)
_OF_BUCKETS = ("Kept over the last hour", "Attainment")


def _attainment(window: str, minimum_requests: int) -> Expr:
    """Good requests of all models over all their requests, where they are enough: a ratio of sums."""
    every, bad = (sum_by(_SLO, instant(part(window))) for part in (slo.events, slo.bad_events))
    return ratio(every - bad, every >= minimum_requests)


def _burn(window: BurnWindow, alert: str, limits: Thresholds) -> Panel:
    enough = instant(slo.events(window.long)) >= limits.minimum_requests
    burns = {
        window.long: max_by(_PROMISE, instant(slo.burn_rate(window.long)).and_(enough)),
        window.short: max_by(_PROMISE, instant(slo.burn_rate(window.short)).and_(enough)),
        "limit": max_by((), instant(slo.BURN_LIMIT, window=window.long)),
    }
    return timeseries(
        f"Burn rate over {span(window.long)}",
        {name: burn.measured_in(Unit.FACTOR) for name, burn in burns.items()},
        lines={"limit": LIMIT},
        many=True,
        why=f"How many times as fast as the objective allows the error budget burns. 1 spends it exactly within the period. If both lines of an objective are above the limit, and at least {limits.minimum_bad_requests} requests of the long window were bad, {alert} is raised. There are no lines where the long window has fewer than {limits.minimum_requests} requests.",
        empty=_TOO_FEW,
        size=Size(width=12),
    )


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    limits = settings.thresholds
    lacking, elsewhere = judging.not_judged(settings), judging.counted_at(settings)
    return dashboard(
        "slo",
        "SLO",
        question="Do we keep what we promised, how fast does the error budget burn, and how long will it last?",
        variables=(JOB, MODEL, replace(REPLICA_OF_MODEL, title="Served by replica"), SLO),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=tuple(
            _of_engines(line, lacking, elsewhere)
            for line in (
                _answer(limits.minimum_requests),
                _kept(),
                row(
                    "Does it burn? Page",
                    *(_burn(window, "InferenceErrorBudgetBurnFast", limits) for window in PAGE_WINDOWS),
                ),
                row(
                    "Does it burn? Ticket",
                    *(_burn(window, "InferenceErrorBudgetBurnSlow", limits) for window in TICKET_WINDOWS),
                ),
                *_ahead(limits),
            )
        ),
    )


def _of_engines(line: Row, lacking: str, elsewhere: str) -> Row:
    """The panels of what was judged, with sentences on the engines that are not, and on those that are at another bucket."""
    panels = (each if each.title in _OF_NO_ENGINE else _judged(each, lacking, elsewhere) for each in line.panels)
    return replace(line, panels=tuple(panels))


def _judged(panel: Panel, lacking: str, elsewhere: str) -> Panel:
    assert isinstance(panel, Stat | Timeseries)
    said = (lacking, elsewhere if panel.title in _OF_BUCKETS else "")
    if not any(said):
        return panel
    return replace(panel, why=" ".join(filter(None, (panel.why, *said))), empty=by_this_engine(panel.empty))


def _answer(minimum_requests: int) -> Row:
    return Row(
        "",
        (
            stat(
                "Budget left, worst model",
                min_by(_SLO, instant(slo.BUDGET_LEFT)),
                why=f"Share of the period's error budget that is left, for the model with the least, all its versions together. Models that have been gone for a day, or had fewer than {minimum_requests} requests in the period, do not decide. Below {percent(_BUDGET_LOW_RATIO)}, postpone risky changes. Below 0, the promise is broken. Requests that reach no service are not judged: an outage in which none is counted spends nothing.",
                steps=_BUDGET_STEPS,
                empty=_TOO_FEW,
                size=Size(height=6),
            ),
            stat(
                "Kept over the period",
                _attainment(slo.PERIOD, minimum_requests),
                empty=_TOO_FEW,
                why="Share of all requests of the period that were good. Every request weighs the same. Compare it with the objective.",
                size=Size(height=6),
            ),
            stat(
                "Kept over the last hour",
                _attainment("1h", minimum_requests),
                empty=_TOO_FEW,
                why="Share of the last hour's requests that were good, all models. During an outage it still shows the answers before it.",
                size=Size(height=6),
            ),
            stat(
                "Objective",
                max_by(_SLO, slo.objective()),
                why="Share of requests that was promised to be good, from slos in the settings.",
                size=Size(height=6),
            ),
        ),
    )


def _kept() -> Row:
    return row(
        "Is the promise kept?",
        timeseries(
            "Attainment",
            {
                "": max_by(_PROMISE, instant(slo.ATTAINMENT)),
                "objective": max_by(_SLO, slo.objective()),
            },
            lines={"objective": REFERENCE},
            many=True,
            empty=_TOO_FEW,
            why="Share of good requests in the hour before each point, by model. Dips below the objective spend budget. Only many of them break the promise.",
            maximum=1,
            size=Size(width=12),
        ),
        timeseries(
            "Error budget left",
            min_by(_PROMISED, instant(slo.BUDGET_LEFT)),
            empty=_TOO_FEW,
            why="Share of the period's error budget that is left. It falls with failures, and rises as old failures leave the period. A steep fall is an incident, a gentle slope is a habit.",
            many=True,
            minimum=None,
            maximum=1,
            size=Size(width=12),
        ),
    )


def _ahead(limits: Thresholds) -> tuple[Row, Row]:
    numbers = row(
        "How long, how many, how good at once?",
        timeseries(
            "Time until the budget is spent",
            min_by(_PROMISED, instant(slo.BUDGET_LASTS)),
            many=True,
            why=f"At the burn rate of the {last(slo.PACE_WINDOW)}. It lasts longer where old failures leave the period meanwhile. 0 means that it is spent. No line: nothing burned in them, or the period has fewer than {limits.minimum_requests} requests.",
        ),
        timeseries(
            "Requests judged in the last hour",
            sum_by(_PROMISE, instant(slo.events("1h"))),
            many=True,
            why=f"The number of requests behind the ratios. Below minimum_requests ({limits.minimum_requests}), no burn alert fires, and a single failure moves every line.",
        ),
    )
    good_at_once = Row(
        "",
        (
            timeseries(
                "Goodput bounds",
                {
                    "at most": max_by(_MODEL, instant(slo.GOODPUT_MAX)),
                    "at least": min_by(_MODEL, instant(slo.GOODPUT_MIN)),
                },
                many=True,
                why=f"Share of the last hour's requests that kept both token promises: first token, and time per output token. Two histograms do not show how far they overlap: the truth lies between the lines, and below them where many answers are given up after the first token. No line: fewer than {limits.minimum_requests} requests in the hour, or no such objectives.",
                maximum=1,
                empty="Not enough requests, or no such objectives",
            ),
        ),
    )
    return numbers, good_at_once
