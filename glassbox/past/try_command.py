"""`try`: the dashboards over the past of the user's own fleet, worked out on this machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.option_values import a_duration
from glassbox.cli.output import complain, say
from glassbox.files import temporary_folder
from glassbox.past.limits import ASKED_ABOVE, ASKED_ABOVE_BYTES, LOOK_BACK, SHORTEST, SHORTEST_SECONDS, TOO_MUCH
from glassbox.prometheus.credential import OPTION, prometheus_credential

if TYPE_CHECKING:
    from glassbox.cli.session import Session
    from glassbox.past.working_out import Plan, Worker
    from glassbox.prometheus.api import Prometheus

BEHIND_SECONDS = 30
"""How far behind the present the newest samples are read: scrapes take time, and so does writing them to remote storage."""
EVERY_SECONDS = 15.0
"""How often new samples are read."""
ATTEMPTS, PAUSE_SECONDS = 4, 5.0
"""How often reading is begun again where it ended with an error, and after which time."""


@click.command("try")
@click.option("--prometheus", "url", required=True, metavar="URL", help="The Prometheus that scrapes the fleet.")
@OPTION
@click.option("--window", default="6h", callback=a_duration, show_default=True, help="How much of the past to show.")
@click.option(
    "--look-back",
    default=LOOK_BACK,
    callback=a_duration,
    show_default=True,
    help="How much more to read, for rules that look back from its beginning.",
)
@click.option("--port", default=3000, show_default=True, help="Port of the page; 0 takes a free one.")
@click.option("--yes", is_flag=True, help=f"Fetch more than {ASKED_ABOVE} without a question.")
@click.pass_obj
def command(
    session: Session, *, url: str, token_file: Path | None, window: str, look_back: str, port: int, yes: bool
) -> int:
    """See the dashboards over your own fleet's past, before anything is installed.

    Raw series are read from your Prometheus, Thanos, Mimir or VictoriaMetrics, a few requests at a time. A Prometheus of
    ours on this machine works the recorded series out, and goes on with new samples until Ctrl-C. Nothing is written to yours,
    and nothing is left behind here.
    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """
    from glassbox.errors import GlassboxError
    from glassbox.past.past_rules import past_rules_of
    from glassbox.past.working_out import check_fleet, planned
    from glassbox.prometheus.api import Prometheus
    from glassbox.query.promql import duration_seconds
    from glassbox.servers.components import ensure_components
    from glassbox.servers.processes import ended_by_signals
    from glassbox.view.local_grafana import check_port

    check_port(port)
    end = int(time.time()) - BEHIND_SECONDS
    start = end - duration_seconds(window)
    if end - start < SHORTEST_SECONDS:
        raise GlassboxError(f"--window {window} is too short to show anything: give at least {SHORTEST}.")
    bundle = session.compiled()
    with ended_by_signals(), Prometheus(url, prometheus_credential(token_file)) as prometheus:
        plan = planned(prometheus, past_rules_of(bundle), start, end, duration_seconds(look_back))
        check_fleet(prometheus, plan)
        _ask(plan, yes=yes)
        ensure_components()
        try:
            with temporary_folder("try") as folder:
                _show(session, prometheus, plan, folder, port)
        except KeyboardInterrupt:
            say("Ended. Nothing is left of it.")
    return DONE


def _ask(plan: Plan, *, yes: bool) -> None:
    """Say how much is to be read, and ask if it is a lot; raises Abort if the user does not agree."""
    if plan.since_seconds > plan.start_seconds:
        say(f"It has nothing before about {_moment(plan.since_seconds)} UTC: the window begins there.")
    series, megabytes = sum(plan.series.values()), plan.estimated_bytes / 1000**2
    say(f"{series} series of {len(plan.series)} names are read, about {megabytes:.0f} MB.")
    if plan.estimated_bytes > ASKED_ABOVE_BYTES and not yes:
        if not (sys.stdin and sys.stdin.isatty()):
            raise click.UsageError(TOO_MUCH)
        click.confirm(f"That is more than {ASKED_ABOVE}. Go on?", abort=True)


def _show(session: Session, prometheus: Prometheus, plan: Plan, folder: Path, port: int) -> None:
    from glassbox.compile.outputs import write_bundle
    from glassbox.past.own_prometheus import own_prometheus
    from glassbox.past.past_rules import past_rules_of
    from glassbox.past.working_out import Worker
    from glassbox.view.local_grafana import PrometheusAddress, serving
    from glassbox.view.preview import Shown, show

    bundle = session.compiled()
    data = folder / "data"
    with own_prometheus(data) as own:
        worker = Worker(prometheus, past_rules_of(bundle), own.url, plan)
        _catch_up(worker, plan)
    for line in _found(worker, plan):
        say(line)
    if partial := prometheus.partial_sentence:
        complain(partial)
    write_bundle(bundle, folder / "build")
    config = {"rule_files": [str(folder / "build" / "alerts" / "*.yaml")]}
    # It takes up alerts from their series only when it starts.
    with own_prometheus(data, config, port=own.port) as own:
        worker.alerts_are_live = True
        notice = _notice(prometheus.url, plan)
        with serving(PrometheusAddress(own.url), port=port, since_seconds=plan.since_seconds, notice=notice) as server:
            say(show(server, Shown(session.product.script, session.settings_file)))
            say(f"Your fleet: {server.url}. Press Ctrl-C to end.")
            _follow(worker)


def _catch_up(worker: Worker, plan: Plan) -> None:
    """Read and work out everything until now; what fails is tried again, and what was read is kept."""
    from glassbox.errors import GlassboxError
    from glassbox.past.progress_line import ProgressLine

    started, progress = time.monotonic(), ProgressLine()
    for left in reversed(range(ATTEMPTS)):
        try:
            worker.go_on(plan.end_seconds, progress.say)
            # What happened meanwhile.
            worker.go_on(int(time.time()) - BEHIND_SECONDS, progress.say)
            break
        except GlassboxError as error:
            if not left:
                raise
            complain(f"{error} It is tried again.")
            time.sleep(PAUSE_SECONDS)
        finally:
            progress.end()
    say(f"Read and worked out in {time.monotonic() - started:.0f} s: {len(worker.evaluator.series)} recorded series.")


def _found(worker: Worker, plan: Plan) -> Iterator[str]:
    """A sentence about each thing that a Prometheus with our rules would have otherwise."""
    from glassbox.past.shortfalls import not_as_recorded

    if worker.cut:
        names, furthest = len(worker.cut), max(worker.cut.values())
        is_all = plan.begin_seconds > plan.start_seconds - plan.look_back_seconds
        advice = "The server has nothing before." if is_all else "--look-back reads more."
        yield (
            f"{names} of their names look back further than what was read, up to {furthest / 86400:.0f} days; they count only what is "
            f"from {_moment(plan.begin_seconds)} UTC on. {advice}"
        )
    yield from not_as_recorded(worker)


def _follow(worker: Worker) -> None:
    """Continue with new samples; if the server does not answer, say so and continue from the same point later."""
    from glassbox.errors import GlassboxError

    while True:
        time.sleep(EVERY_SECONDS)
        try:
            worker.go_on(int(time.time()) - BEHIND_SECONDS, _silent)
        except GlassboxError as error:
            complain(f"{error} It is tried again.")


def _silent(_text: str) -> None:
    """New samples arrive every few seconds, so their progress is not shown."""


def _moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def _notice(url: str, plan: Plan) -> str:
    return (
        f"Your fleet as the Prometheus at {url} recorded it from {_moment(plan.since_seconds)} to "
        f"{_moment(plan.end_seconds)} UTC, and on from then. Recorded series and "
        "alerts were worked out on this machine; nothing was written there."
    )
