"""`deploy.py preview`: the content in a browser, drawn again whenever one of its files changes.

`command` is long since click passes each option as a parameter.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
from watchfiles import Change, watch

from glassbox.cli.option_values import FilePath
from glassbox.cli.output import complain, say
from glassbox.cli.session import Session
from glassbox.compile.error_location import PACKAGES, ROOT
from glassbox.errors import GlassboxError
from glassbox.servers.processes import ended_by_signals
from glassbox.standin.folder_content import FolderContent
from glassbox.standin.guard import is_loopback
from glassbox.standin.live import Problem
from glassbox.standin.server import LOOPBACK, GrafanaStandIn
from glassbox.standin.store import StoreError
from glassbox.view.board_files import FOLDER, BoardFiles, Json, UnreadableBoardError
from glassbox.view.local_grafana import chosen_source, prometheus_options, serving, unreachable
from glassbox.view.snapshot import take_snapshot

# Floors of ours whose files the content is compiled from.
COMPILING = tuple(f"glassbox/{floor}" for floor in ("metrics", "query", "board", "settings", "compile"))
SUFFIXES = (".py", ".json", ".yaml", ".yml")
# An editor writes a file in several steps; a change counts once nothing more has happened for this long.
QUIET_MILLISECONDS = 50
TICK_MILLISECONDS = 500
WATCHING = "The page follows each save. Press Ctrl-C to end."
Stamps = dict[Path, tuple[int, int]]
"""Time of change in nanoseconds and size in bytes of each file."""


@dataclass(frozen=True)
class Shown:
    """What is shown: the content with these settings, or the dashboards of JSON files."""

    script: Path
    settings_file: Path | None = None
    files: tuple[Path, ...] = ()

    @cached_property
    def boards(self) -> BoardFiles:
        """The dashboards of the files, which are remembered from one reading to the next."""
        return BoardFiles(self.files)

    def sources(self) -> list[Path]:
        """The files and folders that it is read from."""
        if self.files:
            return list(self.files)
        content = [root / name for root in (self.script.parent, *self.own_folders()) for name in PACKAGES]
        settings = [self.settings_file] if self.settings_file else []
        return [place for place in (*content, *(ROOT / name for name in COMPILING), *settings) if place.exists()]

    def own_folders(self) -> tuple[Path, ...]:
        """Folders with content of the user's own; none where the settings cannot be read, which `read` reports."""
        try:
            # A preview starts although a module that the settings need is broken, and shows what is wrong with it.
            from glassbox.settings.loading import load_settings  # noqa: PLC0415

            return load_settings(self.settings_file).content
        except Exception:
            return ()

    def watched(self) -> list[Path]:
        """Folders to watch; for a single file its folder, since editors replace files."""
        return [path if path.is_dir() else path.resolve().parent for path in self.sources()]

    def stamps(self) -> Stamps:
        """The sources as they are now."""
        found = {}
        for file in (file for source in self.sources() for file in _files(source)):
            with suppress(OSError):
                found[file] = (file.stat().st_mtime_ns, file.stat().st_size)
        return found

    def read(self) -> Json:
        """The snapshot of `glassbox.view.snapshot`, or one of the same shape, which may hold a problem beside dashboards."""
        if not self.files:
            return take_snapshot(self.script, self.settings_file)
        boards, unreadable = self.boards.read()
        content: Json = FOLDER | {"dashboards": boards, "rule_groups": []} if boards or not unreadable else {}
        return content | {"problem": _problem_of(unreadable)}


def show(server: GrafanaStandIn, shown: Shown) -> str:
    """Read everything again and put it, or the problem with it, on the page; returns what was done, in words."""
    started = time.perf_counter()
    snapshot = shown.read()
    seconds = time.perf_counter() - started
    problem = Problem(**raw) if (raw := snapshot.pop("problem", None)) else None
    done = []
    if snapshot:
        try:
            server.show(FolderContent(**snapshot))
        except StoreError as error:
            return _not_shown(server, Problem(f"The file of --database: {error}. Make room, or name another file."))
        done.append(f"{len(snapshot['dashboards'])} dashboards, ready in {seconds:.1f} s.")
    if problem:
        done.append(_not_shown(server, problem))
    return " ".join(done)


def _problem_of(unreadable: Sequence[UnreadableBoardError]) -> Json | None:
    """What is wrong with the first of these files, and how many more there are."""
    if not unreadable:
        return None
    first, more = unreadable[0], len(unreadable) - 1
    others = f" {more} more {'file is' if more == 1 else 'files are'} not shown." if more else ""
    return {"message": f"{first.message}{others}", "file": str(first.file), "line": first.line}


def _not_shown(server: GrafanaStandIn, problem: Problem) -> str:
    server.live.failed(problem)
    place = ":".join(filter(None, (problem.file, str(problem.line or ""))))
    place = f"{place}: " if place else ""
    return f"Not shown: {place}{problem.message}"


def follow(
    server: GrafanaStandIn,
    shown: Shown,
    since: Stamps,
    *,
    stopped: threading.Event | None = None,
) -> Iterator[str]:
    """Show again after every change of the files as they were `since`, until `stopped`.

    Yields WATCHING once changes are noticed as they happen, then what was done.
    """
    stopped = stopped or threading.Event()
    announced = False
    while not stopped.is_set():
        watched = shown.watched()
        for number, changes in enumerate(_batches(watched, stopped)):
            if not announced:
                yield WATCHING
                announced = True
            if number == 0:
                changes |= {(Change.modified, str(file)) for file, _ in since.items() ^ shown.stamps().items()}
            if changes:
                since = shown.stamps()
                names = ", ".join(sorted({Path(path).name for _, path in changes}))
                yield f"{names} changed: {show(server, shown)}"
                # Other settings may name other folders of content.
                if shown.watched() != watched:
                    break


def _batches(watched: Sequence[Path], stopped: threading.Event) -> Iterator[set[tuple[Change, str]]]:
    """What changes in these folders; the first batch says that the watch has begun, also without a change."""
    return watch(
        *watched,
        watch_filter=_matters,
        step=QUIET_MILLISECONDS,
        stop_event=stopped,
        rust_timeout=TICK_MILLISECONDS,
        yield_on_timeout=True,
    )


def _files(place: Path) -> Iterator[Path]:
    """A file, or those below a folder whose changes matter."""
    below = place.rglob("*") if place.is_dir() else [place]
    return (file for file in below if _matters(Change.modified, str(file)))


def _matters(_change: Change, path: str) -> bool:
    return path.endswith(SUFFIXES) and not Path(path).name.startswith(".")


@click.command()
@prometheus_options
@click.option("--port", default=3000, show_default=True, help="Port of the page; 0 takes a free one.")
@click.option(
    "--bind",
    default=LOOPBACK,
    show_default=True,
    help="Address to listen on; any other opens the page to other machines.",
)
@click.option(
    "--path",
    "files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Show the dashboards of this JSON file or folder instead of the compiled ones; may be repeated.",
)
@click.option("--database", type=FilePath(), help="Keep what is pushed in this file.")
@click.pass_obj
def command(
    session: Session,
    *,
    prometheus_url: str,
    token_file: Path | None,
    port: int,
    bind: str,
    files: Sequence[Path],
    database: Path | None,
) -> int:
    """Show the dashboards in a browser, over any Prometheus, and again after every change of a file.

    They are drawn with Grafana's component library, not by Grafana itself; gauges and heatmaps are approximated.
    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    `--grafana http://localhost:3000` pushes to it as to a real Grafana; log in as admin with $PREVIEW_ADMIN_PASSWORD (default: admin).
    """
    if not is_loopback(bind) and "PREVIEW_ADMIN_PASSWORD" not in os.environ:
        raise GlassboxError("--bind opens the page to other machines: set PREVIEW_ADMIN_PASSWORD first.")
    settings_file = session.settings_file
    if settings_file and not settings_file.is_file():
        raise GlassboxError(f"Settings file {settings_file} does not exist: name another with --settings.")
    shown = Shown(session.product.script, settings_file, tuple(files))
    source = chosen_source(prometheus_url, token_file)
    with ended_by_signals(), serving(source, port=port, bind=bind, database=database) as server:
        say(f"Preview: {server.url}")
        if sentence := unreachable(source):
            complain(sentence)
        since = shown.stamps()
        say(show(server, shown))
        try:
            for line in follow(server, shown, since):
                say(line)
        except KeyboardInterrupt:
            say("Ended.")
    return 0
