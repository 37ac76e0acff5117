"""Lint of any dashboards and rules, and how every lint is shown; the program `glassbox-lint` needs no content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS, run
from glassbox.cli.lint_online import with_server
from glassbox.cli.lint_options import FIX, IGNORE_FILE, LintChoices, collect_garbage_rarely, lint_options
from glassbox.cli.output import complain, say
from glassbox.errors import GlassboxError
from glassbox.lint.expositions import exposed_by
from glassbox.lint.finding import Finding, Severity
from glassbox.lint.fixing.repairing import repair_files
from glassbox.lint.formats.formats import FORMATS
from glassbox.lint.formats.lint_report import LintReport
from glassbox.lint.linting import UNNEEDED, judged
from glassbox.lint.reading.files_read import FilesRead, read
from glassbox.lint.rules import RULES
from glassbox.lint.words import counted
from glassbox.query.promql import duration_seconds


def lint_files(paths: Sequence[Path], chosen: LintChoices) -> int:
    """Print what is found in files; ERROR if one cannot be read, FINDINGS if any findings count, else DONE."""
    if chosen.fix:
        without_server = replace(chosen, online=False, url=None, window=None)
        for repaired in repair_files(lambda: _judged(paths, without_server)[1]):
            complain(repaired.sentence)
    found, findings = _judged(paths, chosen)
    code = show(LintReport([*found.unreadable, *findings], _checked(found), found.not_read), chosen)
    return ERROR if found.unreadable else code


def _judged(paths: Sequence[Path], chosen: LintChoices) -> tuple[FilesRead, list[Finding]]:
    """What the files hold, and what is found in it."""
    select, ignore = rule_ids(chosen.select), rule_ids(chosen.ignore)
    found = read(paths, chosen.ignore_file or (IGNORE_FILE if IGNORE_FILE.is_file() else None))
    corpus = replace(found.corpus, exposed=exposed_by(chosen.expositions))
    if chosen.scrape_interval is not None:
        corpus = replace(corpus, scrape_interval_seconds=duration_seconds(chosen.scrape_interval))
    return found, judged(with_server(corpus, chosen), select=select, ignore=ignore)


def show(report: LintReport, chosen: LintChoices) -> int:
    """Print a report; FINDINGS where it has errors, or with `strict` warnings, else DONE."""
    say(FORMATS[chosen.shown_as](report))
    for sentence in report.left:
        complain(f"Note: {sentence}")
    counting = {Severity.ERROR, Severity.WARNING} if chosen.strict else {Severity.ERROR}
    return FINDINGS if any(finding.severity in counting for finding in report.findings) else DONE


def rule_ids(given: Sequence[str]) -> tuple[str, ...]:
    """The ids of rules in texts that may each hold several; raises GlassboxError for an unknown one."""
    names = tuple(name.strip() for each in given for name in each.split(",") if name.strip())
    known = [*(rule.id for rule in RULES), UNNEEDED]
    for name in names:
        if name not in known:
            nearest = get_close_matches(name, known, n=1)
            advice = f"did you mean {nearest[0]!r}?" if nearest else "docs/lint.md says where they are listed."
            raise GlassboxError(f"There is no rule {name!r}: {advice}")
    return names


def _checked(found: FilesRead) -> str:
    rules = sum(len(group.rules) for group in found.corpus.groups)
    boards = counted(len(found.corpus.boards), "dashboard")
    return f"{boards} and {counted(rules, 'rule')} of {counted(found.count, 'file')}"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE_OR_DIR]...")
@lint_options
@FIX
def command(*, paths: Sequence[Path], **chosen: Any) -> int:
    """Check any dashboards, rules and routes: files and folders of Grafana, Prometheus and Alertmanager; without arguments, the current folder.

    Exit codes: 0 nothing found that counts, 2 errors were found (with --strict warnings too), 1 a file cannot be read.
    """
    collect_garbage_rarely()
    return lint_files(paths or (Path(),), LintChoices(**chosen))


def main() -> int:
    """The program `glassbox-lint`."""
    return run(command, "glassbox-lint")
