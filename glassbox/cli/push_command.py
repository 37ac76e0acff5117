"""`--grafana URL`: compile for that server, lint, and push."""

from pathlib import Path

from glassbox.cli import report
from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.lint_command import lint_and_report
from glassbox.cli.output import complain, say
from glassbox.cli.rule_options import RuleOptions
from glassbox.cli.rules_step import bring_rules
from glassbox.cli.session import Session
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import grafana_credential


def push_to(url: str, token_file: Path | None, session: Session, rules: RuleOptions) -> int:
    """Push what has no findings; returns the exit code."""
    from glassbox.grafana.push import data_source_of, push  # noqa: PLC0415  # as in `build`

    settings = session.settings
    with Grafana(url, grafana_credential(token_file)) as grafana:
        bundle = session.compiled(data_source_of(grafana, settings))
        if lint_and_report(bundle):
            complain("Nothing was pushed: correct the findings first.")
            return FINDINGS
        bring_rules(rules, session, bundle)
        changes = []
        for change in push(grafana, settings, bundle):
            changes.append(change)
            say(report.change_line(change))
        say(report.push_summary(changes))
    return DONE
