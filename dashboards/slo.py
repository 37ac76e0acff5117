"""SLO: do we keep what we promised, how fast does the error budget burn, and how long will it last?"""

from dataclasses import replace

from dashboards.choices import JOB, MODEL, REPLICA_OF_MODEL, SLO
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import Panel, stat, timeseries
from glassbox.board.style import GREEN, LIMIT, RED, REFERENCE, YELLOW, Steps
from glassbox.board.tables import Next
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_by, min_by, ratio, sum_by
from glassbox.query.slo import PAGE_WINDOWS, TICKET_WINDOWS, BurnWindow
from glassbox.settings.model import Settings
from recording_rules import slo

_MODEL = ("job", "model_name", "model_version")
_PROMISE = (*_MODEL, "slo")
_SLO = ("slo",)
_BUDGET_STEPS = Steps(RED, ((0, YELLOW), (0.25, GREEN)))
_HOURS = {3600: "1 hour", 6 * 3600: "6 hours", 86400: "1 day", 3 * 86400: "3 days"}


def _attainment(window: str) -> Expr:
    """Good requests of all models over all their requests: a ratio of sums."""
    every, bad = (sum_by(_SLO, instant(part(window))) for part in (slo.events, slo.bad_events))
    return ratio(every - bad, every)


def _burn(window: BurnWindow, alert: str) -> Panel:
    burns = {
        window.long: max_by(_PROMISE, instant(slo.burn_rate(window.long))),
        window.short: max_by(_PROMISE, instant(slo.burn_rate(window.short))),
        "limit": max_by((), instant(slo.BURN_LIMIT, window=window.long)),
    }
    return timeseries(
        f"Burn rate over {_HOURS[window.long_seconds]}",
        burns,
        lines={"limit": LIMIT},
        many=True,
        why="How many times as fast as the objective allows the error budget burns; 1 spends it exactly within the period. "
        f"Both lines of an objective above the limit raise {alert}.",
        size=Size(width=12),
    )


def build(_settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "slo",
        "SLO",
        question="Do we keep what we promised, how fast does the error budget burn, and how long will it last?",
        variables=(JOB, MODEL, replace(REPLICA_OF_MODEL, title="Served by replica"), SLO),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=(
            Row(
                "",
                (
                    stat(
                        "Budget left, worst model",
                        min_by(_SLO, instant(slo.BUDGET_LEFT)),
                        why="Share of the period's error budget that is left, of the model with the least. Below 25 % put risky changes off; below 0 the promise is broken.",
                        steps=_BUDGET_STEPS,
                        size=Size(height=6),
                    ),
                    stat(
                        "Kept over the period",
                        _attainment(slo.PERIOD),
                        why="Share of all requests of the period that were good; every request weighs the same. Compare with the objective.",
                        size=Size(height=6),
                    ),
                    stat(
                        "Kept over the last hour",
                        _attainment("1h"),
                        why="Share of the last hour's requests that were good, all models.",
                        size=Size(height=6),
                    ),
                    stat(
                        "Objective",
                        max_by(_SLO, instant(slo.OBJECTIVE)),
                        why="The share of requests that was promised to be good, from the settings' slos.",
                        size=Size(height=6),
                    ),
                ),
            ),
            row(
                "Is the promise kept?",
                timeseries(
                    "Attainment",
                    {
                        "": max_by(_PROMISE, instant(slo.ATTAINMENT)),
                        "objective": max_by(_SLO, instant(slo.OBJECTIVE)),
                    },
                    lines={"objective": REFERENCE},
                    many=True,
                    why="Share of the requests of the hour before that were good, by model. Dips below the objective spend budget; only many of them break the promise.",
                    maximum=1,
                    size=Size(width=12),
                ),
                timeseries(
                    "Error budget left",
                    min_by(_PROMISE, instant(slo.BUDGET_LEFT)),
                    why="Share of the period's error budget that is left. It falls with failures and rises as old ones leave the period; a steep fall is an incident, a slope a habit.",
                    many=True,
                    minimum=None,
                    maximum=1,
                    size=Size(width=12),
                ),
            ),
            row(
                "Does it burn? Page",
                *(_burn(window, "InferenceErrorBudgetBurnFast") for window in PAGE_WINDOWS),
            ),
            row(
                "Does it burn? Ticket",
                *(_burn(window, "InferenceErrorBudgetBurnSlow") for window in TICKET_WINDOWS),
            ),
            row(
                "How long, how many, how good at once?",
                timeseries(
                    "Time until the budget is spent",
                    min_by(_PROMISE, instant(slo.BUDGET_LASTS)),
                    many=True,
                    why="At the burn rate of the last 6 hours; longer where old failures leave the period meanwhile. 0 means spent, no line that nothing burns.",
                ),
                timeseries(
                    "Requests judged in the last hour",
                    sum_by(_PROMISE, instant(slo.events("1h"))),
                    many=True,
                    why="What the ratios are made of. Below minimum_requests (20) no burn alert fires, and a single failure moves every line.",
                ),
                timeseries(
                    "Goodput bounds",
                    {
                        "at most": max_by(_MODEL, instant(slo.GOODPUT_MAX)),
                        "at least": min_by(_MODEL, instant(slo.GOODPUT_MIN)),
                    },
                    many=True,
                    why="Share of the last hour's requests that kept both token promises, first token and time per output token. Two histograms do not tell how far they overlap, so the truth lies between the lines.",
                    maximum=1,
                ),
            ),
        ),
    )
