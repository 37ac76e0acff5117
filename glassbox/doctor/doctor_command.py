"""`doctor`: what a Prometheus holds of the fleet, and what of our content can work on it."""

from __future__ import annotations

from dataclasses import replace
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
@click.option(
    "--write",
    "new_settings",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write settings that fit to this new file, and examine with them.",
)
@click.pass_obj
def command(session: Session, *, url: str, token_file: Path | None, as_json: bool, new_settings: Path | None) -> int:
    """See what a Prometheus holds of your fleet, what is in the way, and which panels and alerts can work on it.

    It only reads, with a few queries. A panel or an alert that cannot work here is no fault of the fleet.

    Exit codes: 0 everything can work, 2 something cannot, 1 it could not be asked.
    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """
    from glassbox.doctor import examination_text  # noqa: PLC0415  # other commands start faster without an HTTP client
    from glassbox.doctor.examining import examine  # noqa: PLC0415  # as above
    from glassbox.doctor.fitting import write_settings  # noqa: PLC0415  # as above
    from glassbox.prometheus.api import Prometheus  # noqa: PLC0415  # as above

    if new_settings and session.settings_file:
        raise click.UsageError("--write does not go with --settings: it writes settings of its own.")
    with Prometheus(url, prometheus_credential(token_file)) as prometheus:
        if new_settings:
            write_settings(prometheus, new_settings)
            session = replace(session, settings_file=new_settings)
        examination = examine(prometheus, session.compiled(), session.settings)
    for line in (examination_text.as_json(examination),) if as_json else examination_text.as_text(examination):
        say(line)
    return DONE if examination.complete else FINDINGS
