"""`baseline save` and `baseline compare`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.option_values import FolderPath, a_duration, one_form
from glassbox.cli.output import complain, say
from glassbox.prometheus.credential import OPTION, prometheus_credential

if TYPE_CHECKING:
    from glassbox.cli.session import Session

_FOLDER = FolderPath(file_okay=False)
# The options of both commands: where, when, and which file.
_COMMON = (
    click.argument("name"),
    OPTION,
    click.option(
        "--window",
        "duration",
        default="1h",
        callback=a_duration,
        show_default=True,
        help="Length of the window, such as 90m or 1d.",
    ),
    click.option("--end", metavar="TIME", help="End of the window, such as 2026-11-22T08:00:00Z.  [default: now]"),
    click.option("--folder", type=_FOLDER, default=Path("baselines"), show_default=True, help="Folder of NAME.json."),
)


def _prometheus(*, required: bool) -> Callable[[Callable[..., int]], Callable[..., int]]:
    said = "The Prometheus that has the recorded series."
    return click.option("--prometheus", "url", required=required, metavar="URL", help=said)


def _common(command: Callable[..., int]) -> Callable[..., int]:
    for add in reversed(_COMMON):
        command = add(command)
    return command


@click.group()
def command() -> None:
    """Save the normal range of each model at each load, and find out later what has really changed.

    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """


@command.command()
@_prometheus(required=True)
@_common
@click.pass_obj
def save(
    session: Session, *, name: str, url: str, token_file: Path | None, duration: str, end: str | None, folder: Path
) -> int:
    """Save the measurements of the window to FOLDER/NAME.json."""
    from glassbox.baseline import baseline_file, render, time_window
    from glassbox.baseline.shortcomings import shortcomings
    from glassbox.prometheus.api import Prometheus

    baseline_file.file_of(name, folder)
    with Prometheus(url, prometheus_credential(token_file)) as prometheus:
        measured = time_window.measure(session.measures, session.settings, prometheus, window=duration, end=end)
    for line in render.found(measured.profile):
        say(line)
    say(str(baseline_file.save(measured, name, folder)))
    for sentence in shortcomings(measured.profile, session.settings.jobs.required):
        complain(sentence)
    return DONE


@command.command()
@_prometheus(required=False)
@_common
@click.option("--with", "other", metavar="NAME", help="Compare with this baseline instead of Prometheus' window.")
@click.option("--against", metavar="VERSION", help="Model version of the baseline to compare with, if it has several.")
@click.option("--markdown", is_flag=True, expose_value=False, callback=one_form, help="As tables for release notes.")
@click.option("--json", is_flag=True, expose_value=False, callback=one_form, help="As JSON.")
@click.pass_obj
def compare(
    session: Session,
    *,
    name: str,
    url: str | None,
    token_file: Path | None,
    duration: str,
    end: str | None,
    folder: Path,
    other: str | None,
    against: str | None,
    form: str | None,
) -> int:
    """Compare the measurements of the window with the baseline NAME; exit code 2 if something got worse.

    A baseline that a load test saved is compared with that of another load test: --with NAME.
    """
    from glassbox.baseline import baseline_file, comparison, render, time_window
    from glassbox.prometheus.api import Prometheus

    if (url is None) == (other is None):
        raise click.UsageError("Give either --prometheus or --with: what is the baseline to be compared with?")
    was = baseline_file.load(name, folder)
    if url is None:
        now = baseline_file.load(str(other), folder)
        baseline_file.check_comparable(was, now.measured_by)
    else:
        baseline_file.check_comparable(was, baseline_file.MeasuredBy.PROMETHEUS)
        with Prometheus(url, prometheus_credential(token_file)) as prometheus:
            now = time_window.measure(session.measures, session.settings, prometheus, window=duration, end=end)
    groups = comparison.compare(was.profile, now.profile, session.measures, against)
    for line in render.FORMS[form or "text"](groups, was.measured_by):
        say(line)
    return FINDINGS if any(group.worse for group in groups) else DONE
