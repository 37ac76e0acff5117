"""`backtest`: which alerts would have fired over a fleet's own past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.option_values import FilePath, a_duration, one_form
from glassbox.cli.output import complain, say
from glassbox.past.limits import ASKED_ABOVE, LOOK_BACK
from glassbox.prometheus.credential import OPTION, prometheus_credential

if TYPE_CHECKING:
    from glassbox.backtest.backtest_report import Backtest
    from glassbox.backtest.rule_set import RuleSet
    from glassbox.cli.session import Session

_FILE = FilePath()
_WORK_OUT = (
    "Work recorded series out of raw ones on this machine: all of them, or none.  [default: those that are not there]"
)
_PATH = "Alerts and recorded series of this rule file (YAML) instead of ours; may be given several times."
_THRESHOLDS = "For which alerts also to see how often they would have fired with other thresholds.  [default: fired]"
_LOOK_BACK = (
    "How much more to read where series are worked out, for rules that look back from the beginning of the window."
)


@click.command("backtest")
@click.option("--prometheus", "url", required=True, metavar="URL", help="The Prometheus that has the past.")
@OPTION
@click.option(
    "--window", default="30d", callback=a_duration, show_default=True, help="How far to look back, such as 6h or 30d."
)
@click.option("--end", metavar="TIME", help="End of the window, such as 2026-11-22T08:00:00Z.  [default: now]")
@click.option(
    "--against", "name", metavar="REV", help="Only what fires differently than with the rules of this revision."
)
@click.option("--against-settings", "other", type=_FILE, metavar="FILE", help="The same, with other settings.")
@click.option("--path", "files", type=_FILE, metavar="FILE", multiple=True, help=_PATH)
@click.option("--thresholds", type=click.Choice(["fired", "all", "none"]), help=_THRESHOLDS)
@click.option("--work-out/--no-work-out", default=None, help=_WORK_OUT)
@click.option("--look-back", default=LOOK_BACK, callback=a_duration, show_default=True, help=_LOOK_BACK)
@click.option("--yes", is_flag=True, help=f"Fetch more than {ASKED_ABOVE} where series are worked out.")
@click.option("--markdown", is_flag=True, expose_value=False, callback=one_form, help="As Markdown for a pull request.")
@click.option("--json", is_flag=True, expose_value=False, callback=one_form, help="As JSON.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page with a timeline too.")
@click.pass_obj
def command(
    session: Session,
    *,
    url: str,
    token_file: Path | None,
    window: str,
    end: str | None,
    name: str | None,
    other: Path | None,
    files: Sequence[Path],
    thresholds: str | None,
    work_out: bool | None,
    look_back: str,
    yes: bool,
    form: str | None,
    html: Path | None,
) -> int:
    """See which alerts would have fired over your fleet's past: when, for how long, and on what.

    Each alert is evaluated at every step of its interval, with its times, as Prometheus would have. It only reads.

    Exit codes: 0 done; 2 an alert is noisy or flapping, or with --against one would fire otherwise or cannot be compared;
    1 it could not be done.
    The credential for Prometheus comes from PROMETHEUS_TOKEN, --prometheus-token-file, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.
    """
    from glassbox.backtest.past_source import WorkingOut, Workshop
    from glassbox.backtest.past_window import past_window
    from glassbox.backtest.running_backtest import Run
    from glassbox.backtest.timeline_page import check_place
    from glassbox.prometheus.api import Prometheus
    from glassbox.query.promql import duration_seconds

    _check(
        {"--against": name, "--against-settings": other}, {"--path": files, "--html": html, "--thresholds": thresholds}
    )
    if html:
        check_place(html)
    time = past_window(window, end)
    with Prometheus(url, prometheus_credential(token_file)) as asked:
        rules, before = _rules(session, files), _before(session, name, other)
        how = WorkingOut(duration_seconds(look_back), agreed=yes, everything=bool(work_out))
        with nullcontext() if work_out is False else Workshop(asked, time, how) as workshop:
            run = Run(asked, rules, time, workshop)
            if before is not None:
                found = run.compared_with(before, name or str(other))
            else:
                found = run.all_alerts()
                if thresholds != "none" and not files:
                    tables = run.other_thresholds(session, found.histories, only_fired=thresholds != "all")
                    found = replace(found, thresholds=tables)
        if partial := asked.partial_sentence:
            complain(partial)
    return _shown(found, form, html)


def _check(against: Mapping[str, object], options: Mapping[str, object]) -> None:
    """Raise UsageError for options that do not go together."""
    compared = [option for option, value in against.items() if value]
    given = [option for option, value in options.items() if value]
    clashes = [*compared, *given] if compared else [each for each in given if each in ("--path", "--thresholds")]
    if len(clashes) > 1:
        raise click.UsageError(f"{clashes[0]} does not go with {clashes[1]}: give one of the two.")


def _rules(session: Session, files: Sequence[Path]) -> RuleSet:
    from glassbox.backtest.rule_set import rules_in_files, rules_of_bundle

    return rules_in_files(files) if files else rules_of_bundle(session.compiled())


def _before(session: Session, name: str | None, other: Path | None) -> RuleSet | None:
    """The rules to compare with, if any."""
    from glassbox.backtest.rule_set import rule_set, rules_of_bundle
    from glassbox.view.revisions import revision_rules

    if name:
        return rule_set(revision_rules(session.product.script, name, session.settings_file))
    return rules_of_bundle(replace(session, settings_file=other).compiled()) if other else None


def _shown(found: Backtest, form: str | None, html: Path | None) -> int:
    from glassbox.backtest import backtest_json, backtest_report, timeline_page

    if html:
        timeline_page.write_page(html, found)
    lines = {"json": lambda each: [backtest_json.as_json(each)], "markdown": backtest_report.as_markdown}.get(
        form or "", backtest_report.as_text
    )
    for line in lines(found):
        say(line)
    if found.differences is not None:
        return FINDINGS if any(each.matters for each in found.differences) else DONE
    return FINDINGS if any(each.is_noisy or each.is_flapping for each in found.histories) else DONE
