"""`lint`: what is wrong with the content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.output import say
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle


@click.command("lint")
@click.pass_obj
def command(session: Session) -> int:
    """Check all content."""
    return lint_and_report(session.compiled())


def lint_and_report(bundle: Bundle) -> int:
    """Print the findings of a bundle; FINDINGS where there are any, else DONE."""
    # A broken module of ours is reported by `compiled`.
    from glassbox.cli import report  # noqa: PLC0415
    from glassbox.lint.linting import lint  # noqa: PLC0415

    findings = lint(bundle)
    for finding in findings:
        say(report.finding_line(finding))
    rules = sum(
        len(group["rules"])
        for files in (bundle.alerts, bundle.recording_rules)
        for file in files.values()
        for group in file["groups"]
    )
    say(report.lint_summary(findings, f"{len(bundle.dashboards)} dashboards and {rules} rules"))
    return FINDINGS if findings else DONE
