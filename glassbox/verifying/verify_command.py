"""`verify`: whether every panel and alert has an answer, asked through Grafana."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS
from glassbox.cli.grafana_options import destination, to_grafana
from glassbox.cli.option_values import refuse_empty
from glassbox.cli.output import is_result_lost, say
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.cli.grafana_options import Destination
    from glassbox.deploying.selection import Selection

SLOW_SECONDS = 5.0
"""Boards refresh every 30 s and send about six queries at once, so that slower ones overlap with the next refresh."""


@click.command("verify")
@to_grafana
@click.option("--only", metavar="GLOB", default="", callback=refuse_empty, help="Only dashboards, panels and alerts with such a title: 'dashboard/LLM*'.")  # fmt: skip  # one option
@click.option("--slow", "slow_seconds", type=click.FloatRange(min=0, min_open=True), default=SLOW_SECONDS, show_default=True, metavar="SECONDS", help="A query that takes longer is slow.")  # fmt: skip  # one option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def command(
    session: Session, /, *, url: str | None, token_file: Path | None, only: str, slow_seconds: float, as_json: bool
) -> int:
    """Ask every panel's and alert's query through Grafana, and report what is empty, failing or slow. It only reads.

    Exit codes: 0 everything is as it should be, 2 something is empty, failing or slow, 1 it could not be asked.
    """
    from glassbox.deploying.selection import Selection

    with destination(session, url, token_file, prune=False, read_only=True) as found:
        return verified(found, Selection(only), slow_seconds=slow_seconds, as_json=as_json)


def verified(
    found: Destination, selection: Selection, *, slow_seconds: float = SLOW_SECONDS, as_json: bool = False
) -> int:
    """Verify what is compiled for this destination, and print the report; returns the exit code."""
    from glassbox.deploying.plan import GrafanaServer
    from glassbox.deploying.plan_json import json_of
    from glassbox.verifying import verification_text
    from glassbox.verifying.verification import verify

    grafana = found.grafana
    server = GrafanaServer(grafana.url, grafana.version_text(), grafana.organisation())
    result = verify(found.bundle, grafana.queries(found.source), selection, slow_seconds)
    if as_json:
        say(json_of(verification_text.as_json(result, server, found.source)))
    else:
        for line in verification_text.as_text(result, server, found.source):
            say(line)
    if is_result_lost():
        return ERROR
    return DONE if result.is_fine else FINDINGS
