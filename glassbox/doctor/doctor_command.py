"""`doctor`: what a Prometheus holds of the fleet, and what of our content can work on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.output import say
from glassbox.prometheus.credential import OPTION, prometheus_credential

if TYPE_CHECKING:
    from glassbox.cli.session import Session


@click.command("doctor")
@click.option("--prometheus", "url", required=True, metavar="URL", help="The Prometheus that scrapes the fleet.")
@OPTION
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def command(session: Session, *, url: str, token_file: Path | None, as_json: bool) -> int:
    """See what a Prometheus holds of your fleet, what is in the way, and which panels and alerts can work on it.

    It only reads, with a few queries. Exit code 0: everything can work; 2: something cannot; 1: it could not be asked.
    """
    from glassbox.doctor import report  # noqa: PLC0415  # other commands start faster without an HTTP client
    from glassbox.doctor.examining import examine  # noqa: PLC0415  # as above
    from glassbox.prometheus.api import Prometheus  # noqa: PLC0415  # as above

    with Prometheus(url, prometheus_credential(token_file)) as prometheus:
        examination = examine(prometheus, session.compiled(), session.settings)
    for line in (report.as_json(examination),) if as_json else report.as_text(examination):
        say(line)
    return DONE if examination.complete else FINDINGS
