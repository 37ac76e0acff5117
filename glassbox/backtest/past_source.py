"""Whose recorded series a backtest reads: those that the rules there recorded, or those that are worked out here."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glassbox.backtest.alert_evaluation import before_window
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet
from glassbox.cli.output import complain
from glassbox.compile.bundle import Bundle
from glassbox.errors import GlassboxError
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.progress_line import ProgressLine
from glassbox.past.try_command import ASKED_ABOVE_BYTES, not_as_recorded
from glassbox.past.working_out import Worker, planned
from glassbox.prometheus.api import Prometheus
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import ended_by_signals


@dataclass(frozen=True)
class WorkingOut:
    """How much more than the window is read, and whether somebody agreed to fetch a lot."""

    look_back_seconds: int
    agreed: bool


@contextmanager
def worked_out_here(
    asked: Prometheus, bundle: Bundle, rules: RuleSet, window: PastWindow, how: WorkingOut
) -> Iterator[Prometheus]:
    """A Prometheus of ours with the raw series of the window and what our rules record of them, until the end of the body.

    Raises GlassboxError where more than 500 MB would be fetched and nobody agreed to that.
    """
    start = min(before_window(rule, window) for rule in rules.alerts)
    plan = planned(asked, bundle, start, window.end, how.look_back_seconds)
    complain(
        f"{sum(plan.scope.series.values())} series are read from {asked.url}, about {plan.estimated_bytes / 1e6:.0f} MB."
    )
    if plan.estimated_bytes > ASKED_ABOVE_BYTES and not how.agreed:
        raise GlassboxError("That is more than 500 MB: choose a shorter --window, or agree with --yes.")
    ensure_components()
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="glassbox-backtest-") as folder:  # noqa: SIM117  # the folder goes after the server
        with own_prometheus(Path(folder, "data")) as own:
            worker = Worker(asked, bundle, own.url, plan)
            if short := [rule.name for rule in rules.alerts if rules.read_by(rule.query).keys() & worker.cut.keys()]:
                complain(
                    f"At the beginning of the window {', '.join(short)} see less than they look back: give a longer --look-back."
                )
            progress = ProgressLine()
            try:
                worker.go_on(window.end, progress.say)
            finally:
                progress.end()
            for line in not_as_recorded(worker):
                complain(line)
            with Prometheus(own.url) as prometheus:
                yield prometheus
