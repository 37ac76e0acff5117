"""What is verified: the panels of each dashboard and the alerts, with their queries as Grafana sends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.board.assembling import PlacedPanel
from glassbox.compile.bundle import Bundle, Json, every_panel
from glassbox.compile.not_recorded import NAME as NOT_RECORDED
from glassbox.prometheus.board_queries import with_variables
from glassbox.query.expr import Expr
from glassbox.query.promql import CHOSEN_RANGE, duration_seconds

STEP_SECONDS = 15
"""Between two points of a graph: Grafana takes the scrape interval of the data source, which is 15 s by default, for ranges of up to four hours on 1000 pixels."""
ALERTS = "Alerts"


@dataclass(frozen=True)
class AskedQuery:
    """A query as it is sent: for the newest value alone, or over the range of its board."""

    expr: str
    instant: bool
    range_seconds: int


@dataclass(frozen=True)
class Part:
    """A panel, or an alert: its dashboard's title, its own, what is asked for it and what this was declared as.

    An alert has no result as long as nothing is wrong. Where `may_be_empty`, a panel may have none either, and then says `empty`.
    """

    board: str
    title: str
    queries: tuple[AskedQuery, ...]
    declared: tuple[Expr, ...]
    may_be_empty: bool
    empty: str = ""

    @property
    def is_alert(self) -> bool:
        """Whether it is an alert."""
        return self.board == ALERTS


def parts_of(bundle: Bundle, choices: Mapping[str, Mapping[str, str]]) -> Iterator[Part]:
    """Each panel and each alert; `choices` are the values of a dashboard's variables that have no All, by its uid."""
    for uid, board in bundle.dashboards.items():
        asked = {panel["id"]: panel for panel in every_panel(board["panels"])}
        for placed in bundle.content.dashboards[uid].panels.values():
            yield _panel(board, asked[placed.id], placed, choices.get(uid, {}))
    for group in bundle.content.alerts:
        for alert in group.alerts:
            yield Part(ALERTS, alert.name, (AskedQuery(str(alert.expr), True, 0),), (alert.expr,), True)


def _panel(board: Json, panel: Json, placed: PlacedPanel, chosen: Mapping[str, str]) -> Part:
    seconds = range_seconds(board)
    targets = (target for target in panel.get("targets", ()) if target["refId"] != NOT_RECORDED)
    queries = tuple(AskedQuery(_filled(str(each["expr"]), board, chosen, seconds), bool(each.get("instant")), seconds) for each in targets)  # fmt: skip  # one thing is one line
    declared = placed.declared
    exprs = tuple(target.expr for target in placed.targets)
    return Part(str(board["title"]), placed.title, queries, exprs, declared.may_be_empty, getattr(declared, "empty", ""))  # fmt: skip  # one thing is one line


def range_seconds(board: Json) -> int:
    """The time range that a dashboard opens with, which ends now."""
    return duration_seconds(str(board["time"]["from"]).removeprefix("now-"))


def variables_of(board: Json) -> list[Mapping[str, Any]]:
    """The variables of a dashboard."""
    return list(board["templating"]["list"])


def _filled(expr: str, board: Json, chosen: Mapping[str, str], seconds: int) -> str:
    return with_durations(with_variables(expr, _offered(variables_of(board)), chosen), seconds)


def _offered(variables: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [variable for variable in variables if variable["name"] != NOT_RECORDED]


def with_durations(expr: str, seconds: int) -> str:
    """The query with Grafana's own durations filled in for a range: a rate looks back for four scrapes at least."""
    filled = {
        "$__rate_interval": f"{4 * STEP_SECONDS}s",
        "$__interval": f"{STEP_SECONDS}s",
        CHOSEN_RANGE: f"{seconds}s",
    }
    for name, value in filled.items():
        expr = expr.replace(name, value)
    return expr
