"""`baseline save` and `baseline compare`."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import GlassboxError
from kit.settings import Settings

if TYPE_CHECKING:
    from pipeline.baseline.comparison import Group
    from pipeline.baseline.store import Baseline

DONE, REGRESSION = 0, 2


_FOLDER = click.Path(file_okay=False, path_type=Path)
# What both commands ask: where, when, and which file.
_COMMON = (
    click.argument("name"),
    click.option("--prometheus", "url", required=True, metavar="URL", help="Where the recorded series are."),
    click.option("--window", default="1h", show_default=True, help="How long to look back, such as 90m or 1d."),
    click.option("--end", metavar="TIME", help="Where the window ends, like 2026-11-22T08:00:00Z.  [default: now]"),
    click.option("--folder", type=_FOLDER, default=Path("baselines"), show_default=True, help="Holds NAME.json."),
)


def _common(command: Callable[..., int]) -> Callable[..., int]:
    for add in reversed(_COMMON):
        command = add(command)
    return command


@click.group()
def baseline() -> None:
    """Keep the normal range of each model at each load, and tell later what has really changed.

    Prometheus' credential comes from PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """


@baseline.command()
@_common
@click.pass_obj
def save(settings: Settings, *, name: str, url: str, window: str, end: str | None, folder: Path) -> int:
    """Write what was measured in the window to FOLDER/NAME.json."""
    from pipeline.baseline import store  # noqa: PLC0415  # other commands start faster without an HTTP client

    store.file_of(name, folder)
    measured = _measured(settings, url, window, end)
    for line in _told(measured):
        click.echo(line)
    click.echo(str(store.save(measured, name, folder)))
    return DONE


@baseline.command()
@_common
@click.option("--against", metavar="VERSION", help="The baseline's version to compare with, where it has several.")
@click.option("--markdown", "form", flag_value="markdown", help="As tables for release notes.")
@click.option("--json", "form", flag_value="json_lines", help="As JSON.")
@click.pass_obj
def compare(
    settings: Settings,
    *,
    name: str,
    url: str,
    window: str,
    end: str | None,
    folder: Path,
    against: str | None,
    form: str | None,
) -> int:
    """Compare what was measured in the window with the baseline NAME; exit code 2 where something became worse."""
    from pipeline.baseline import comparison, render, store  # noqa: PLC0415  # as above

    was = store.load(name, folder)
    now = _measured(settings, url, window, end)
    groups: Sequence[Group] = comparison.compare(was.profile, now.profile, against)
    renderer: Callable[[Sequence[Group]], Iterator[str]] = getattr(render, form or "text")
    for line in renderer(groups):
        click.echo(line)
    return REGRESSION if any(group.worse for group in groups) else DONE


def _measured(settings: Settings, url: str, window: str, end: str | None) -> "Baseline":
    from kit.promql import duration_seconds  # noqa: PLC0415  # as above
    from pipeline.baseline.judge import FEWEST_BLOCKS  # noqa: PLC0415  # as above
    from pipeline.baseline.measures import BLOCK_SECONDS  # noqa: PLC0415  # as above
    from pipeline.baseline.profile import measured  # noqa: PLC0415  # as above
    from pipeline.baseline.store import Baseline  # noqa: PLC0415  # as above
    from pipeline.prometheus import Prometheus  # noqa: PLC0415  # as above

    window_seconds = duration_seconds(window) // BLOCK_SECONDS * BLOCK_SECONDS
    if window_seconds < FEWEST_BLOCKS * BLOCK_SECONDS:
        shortest = FEWEST_BLOCKS * BLOCK_SECONDS // 60
        raise GlassboxError(f"A window of {window} is too short to judge anything by: give at least {shortest}m.")
    # Blocks begin at whole five minutes, so that the same window gives the same file.
    moment = int(_moment(end)) // BLOCK_SECONDS * BLOCK_SECONDS
    with Prometheus(url) as prometheus:
        return Baseline(moment, window_seconds, measured(prometheus, settings, moment, window_seconds))


def _moment(end: str | None) -> float:
    if end is None:
        return time.time()
    try:
        moment = datetime.fromisoformat(end)
    except ValueError:
        raise GlassboxError(f"--end {end} is no time: write it like 2026-11-22T08:00:00Z.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _told(measured: Any) -> Iterator[str]:
    """What was found: each model with its loads, and how many blocks each has."""
    from pipeline.baseline.measures import LOAD  # noqa: PLC0415  # as above
    from pipeline.baseline.profile import level_words  # noqa: PLC0415  # as above

    for served, levels in sorted(measured.profile.items()):
        told = ", ".join(f"{level_words(level)}: {len(names[LOAD.name])}" for level, names in sorted(levels.items()))
        yield f"{served}: blocks by requests/s for each replica {told}"
