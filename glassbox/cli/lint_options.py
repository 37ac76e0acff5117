"""What the command line can choose for a lint."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from glassbox.cli.option_values import FilePath, a_duration
from glassbox.prometheus.credential import OPTION

# Those of glassbox.lint.formats.formats, which is imported when it is needed.
FORMAT_NAMES = ("text", "json", "sarif", "junit", "github")
IGNORE_FILE = Path(".glassbox-lint.yaml")
_FILE = FilePath()
_RULES = "with commas between them"
_OPTIONS = (
    click.option("--format", "shown_as", type=click.Choice(FORMAT_NAMES), default="text", show_default=True),
    click.option("--select", multiple=True, metavar="RULES", help=f"Look for these rules alone: ids, {_RULES}."),
    click.option("--ignore", multiple=True, metavar="RULES", help=f"Do not look for these rules: ids, {_RULES}."),
    click.option("--strict", is_flag=True, help="Exit with 2 for warnings too, not for errors alone."),
    click.option(
        "--ignore-file", type=_FILE, metavar="FILE", help=f"Exemptions of files; else {IGNORE_FILE}, if it is there."
    ),
    click.option(
        "--scrape-interval",
        callback=a_duration,
        metavar="DURATION",
        help="The longest interval at which the targets of the files are scraped, such as 30s.",
    ),
    click.option(
        "--exposition",
        "expositions",
        multiple=True,
        type=_FILE,
        metavar="FILE",
        help="What an exporter of yours answers at /metrics, so that its names and types are known; may be given several times.",
    ),
)


_ONLINE = (
    click.option(
        "--online", is_flag=True, help="Also ask a running Prometheus what is there, and what the queries cost."
    ),
    click.option("--prometheus", "url", metavar="URL", help="With --online: the Prometheus to ask; it is only read."),
    OPTION,
    click.option(
        "--window",
        callback=a_duration,
        metavar="DURATION",
        help="With --online: which alerts would have fired that long back, such as 7d.",
    ),
)
FIX = click.option(
    "--fix",
    is_flag=True,
    help="Repair what is certain, report it, and check the files again; nothing else in them changes.",
)


@dataclass(frozen=True)
class LintChoices:
    """What was chosen, as it was written."""

    shown_as: str = "text"
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    strict: bool = False
    ignore_file: Path | None = None
    scrape_interval: str | None = None
    expositions: Sequence[Path] = ()
    fix: bool = False
    online: bool = False
    url: str | None = None
    token_file: Path | None = None
    window: str | None = None


def lint_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that make up LintChoices."""
    for option in reversed((*_OPTIONS, *_ONLINE)):
        command = option(command)
    return command


def collect_garbage_rarely() -> None:
    """For a process that builds many trees, keeps them and ends: looking through them for garbage takes a sixth of its time."""
    gc.set_threshold(1_000_000, 50, 100)
