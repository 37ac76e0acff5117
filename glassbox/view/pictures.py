"""`deploy.py pictures`: the dashboards as PNG over a Prometheus, and beside those of another revision.

`command` is long since click passes each option as a parameter.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.option_values import FolderPath
from glassbox.cli.output import say
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError
from glassbox.prometheus.times import milliseconds
from glassbox.servers.processes import ended_by_signals
from glassbox.standin.folder_content import FolderContent
from glassbox.start import Product
from glassbox.view.browser import Shot, draw
from glassbox.view.local_grafana import PrometheusAddress, chosen_source, prometheus_options, serving, unreachable
from glassbox.view.panel_changes import DrawnDashboard, changes, panels_of
from glassbox.view.picture_report import Drawn, write_report
from glassbox.view.revisions import Boards, revision, working_tree

# How long the demo runs before it is drawn: by then rates over a minute are steady, and alerts fire.
DEMO_SECONDS = 150.0
# The most changed panels that a line of the terminal names.
NAMED = 5


@dataclass(frozen=True)
class View:
    """How pictures are drawn: data, times in milliseconds since 1970, theme, and which panel ("" for all)."""

    prometheus: PrometheusAddress
    from_ms: int
    to_ms: int
    theme: str
    panel: str


@dataclass(frozen=True)
class Depicted:
    """A dashboard, or one panel of it, that is drawn on each side that has it."""

    uid: str
    name: str
    title: str
    panel_id: int | None = None


def compare(view: View, after: Boards, before: Boards | None, *, unchanged_too: bool) -> list[Drawn]:
    """The pictures of both sides; unchanged dashboards are left out unless `unchanged_too`."""
    wanted = [uid for uid in after if before is None or unchanged_too or after[uid] != before.get(uid)]
    wanted += [uid for uid in before or {} if uid not in after]
    sides = [before or {}, after]
    subjects = [subject for uid in wanted for subject in _subjects(uid, sides, view.panel)]
    if view.panel and not subjects:
        raise GlassboxError(
            f"--panel {view.panel!r}: none of the drawn dashboards has a panel with this title; correct it."
        )
    pictures = _draw(view, sides, subjects)
    return [_drawn(subject, *(side.get(subject) for side in pictures)) for subject in subjects]


def _subjects(uid: str, sides: Sequence[Boards], panel: str) -> Iterator[Depicted]:
    boards = [side[uid] for side in sides if uid in side]
    title = boards[-1]["title"]
    if not panel:
        yield Depicted(uid, uid, title)
        return
    ids = {number for board in boards for number, found in panels_of(board).items() if _named(found, panel)}
    for number in sorted(ids):
        yield Depicted(uid, f"{uid}-{number}", f"{title}: {panel}", number)


def _named(panel: dict[str, object], title: str) -> bool:
    return str(panel.get("title", "")).casefold() == title.casefold()


def _draw(view: View, sides: Sequence[Boards], subjects: Sequence[Depicted]) -> list[dict[Depicted, DrawnDashboard]]:
    """Each side from a server of its own, all in one browser."""
    with ExitStack() as servers:
        urls = [servers.enter_context(_served(view, boards)) for boards in sides]
        jobs = [
            (number, subject)
            for subject in subjects
            for number, boards in enumerate(sides)
            if subject.uid in boards and _has(boards, subject)
        ]
        shots = [
            Shot(urls[number], subject.uid, view.from_ms, view.to_ms, view.theme, subject.panel_id)
            for number, subject in jobs
        ]
        drawn: list[dict[Depicted, DrawnDashboard]] = [{} for _ in sides]
        for (number, subject), picture in zip(jobs, draw(shots) if shots else [], strict=True):
            drawn[number][subject] = DrawnDashboard(sides[number][subject.uid], picture)
    return drawn


def _has(boards: Boards, subject: Depicted) -> bool:
    return subject.panel_id is None or subject.panel_id in panels_of(boards[subject.uid])


@contextmanager
def _served(view: View, boards: Boards) -> Iterator[str]:
    with serving(view.prometheus) as server:
        server.show(FolderContent("glassbox", "Glassbox", list(boards.values())))
        yield server.url


def _drawn(subject: Depicted, before: DrawnDashboard | None, after: DrawnDashboard | None) -> Drawn:
    found = changes(before, after)
    if subject.panel_id is not None:
        shown = {box.panel_id for side in (before, after) if side for box in side.picture.panels}
        found = [change for change in found if {box.panel_id for box in (change.before, change.after) if box} & shown]
    return Drawn(subject.name, subject.title, before, after, found)


def _line(drawn: Drawn, against: bool) -> str:
    if not against:
        return f"  {drawn.title}"
    if drawn.before is None or drawn.after is None:
        return f"  {'-' if drawn.after is None else '+'} {drawn.title}"
    if not drawn.changed:
        return f"  = {drawn.title}"
    names = [change.title for change in drawn.changed]
    named = "; ".join(names[:NAMED]) + (f"; and {len(names) - NAMED} more" if len(names) > NAMED else "")
    return f"  ~ {drawn.title}: {len(names)} of {len(drawn.changes)} panels ({named})"


def _report(out: Path, drawn: Sequence[Drawn], against: str | None) -> None:
    index = write_report(out, drawn, f"Dashboards against {against}" if against else "Dashboards")
    for item in drawn:
        say(_line(item, against is not None))
    say(f"{len(drawn)} drawn: {index}" if drawn else f"No dashboard differs from {against}.")


@contextmanager
def _demo_prometheus(product: Product) -> Iterator[str]:
    """The demo's Prometheus, once it has something to show."""
    if product.demo_prometheus is None:
        raise GlassboxError(f"{product.script.name} has no demo: name a Prometheus with --prometheus.")
    with ExitStack() as resources:
        url = product.demo_prometheus(resources)
        say(f"The demo runs for {DEMO_SECONDS:g} s before it is drawn.")
        time.sleep(DEMO_SECONDS)
        yield url


@click.command()
@click.option(
    "--against", metavar="REV", help="Also draw this revision, which runs its code, and mark the differences."
)
@click.option(
    "--out",
    type=FolderPath(file_okay=False),
    default=Path("pictures"),
    show_default=True,
    help="Folder of the pictures and their page; replaced if it is there.",
)
@prometheus_options
@click.option("--demo", is_flag=True, help="Start the demo and draw its data, instead of --prometheus.")
@click.option(
    "--from",
    "start",
    default="now-30m",
    show_default=True,
    help="Start: now-30m, 2026-01-31T12:00 (UTC), or milliseconds.",
)
@click.option("--to", "end", default="now", show_default=True, help="End, written like the start.")
@click.option("--panel", default="", metavar="TITLE", help="Draw only the panels with this title, enlarged.")
@click.option("--all", "unchanged_too", is_flag=True, help="With --against: draw unchanged dashboards too.")
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark", show_default=True, help="Colours.")
@click.pass_obj
def command(
    session: Session,
    *,
    against: str | None,
    out: Path,
    prometheus_url: str,
    token_file: Path | None,
    demo: bool,
    start: str,
    end: str,
    panel: str,
    unchanged_too: bool,
    theme: str,
) -> int:
    """Draw every dashboard as PNG; with --against, show before and after side by side in OUT/index.html.

    Both sides show the same data over the same time range. They are drawn with Grafana's component library, not by Grafana
    itself; gauges and heatmaps are approximated. The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or
    PROMETHEUS_USER and PROMETHEUS_PASSWORD. Exit code 2 if --against finds a change.
    --against runs that revision's code as this user, without the secrets of the environment and, where the system lets us, without network.
    """
    settings_file, product = session.settings_file, session.product
    chosen = chosen_source(prometheus_url, token_file)
    after = working_tree(product.script, settings_file)
    before = revision(product.script, against, settings_file) if against else None
    with ended_by_signals(), ExitStack() as resources:
        source = PrometheusAddress(resources.enter_context(_demo_prometheus(product))) if demo else chosen
        if sentence := unreachable(source):
            raise GlassboxError(sentence)
        now_ms = int(time.time() * 1000)
        view = View(source, milliseconds(start, now_ms), milliseconds(end, now_ms), theme, panel)
        if view.from_ms >= view.to_ms:
            raise GlassboxError(f"--from {start} is not before --to {end}: correct one of them.")
        drawn = compare(view, after, before, unchanged_too=unchanged_too)
    _report(out, drawn, against)
    differs = any(item.before is None or item.after is None or item.changed for item in drawn)
    return FINDINGS if against and differs else DONE
