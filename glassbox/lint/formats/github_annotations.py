"""Findings as commands of GitHub's workflows, which shows them at the lines that they are about.

Escapes: actions/toolkit, packages/core/src/command.ts.
"""

from glassbox.lint.finding import Finding, Severity
from glassbox.lint.formats.lint_report import LintReport

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_github(report: LintReport) -> str:
    """A command for each finding, then the sum."""
    return "\n".join((*map(_command, report.findings), report.summary))


def _command(finding: Finding) -> str:
    properties = {"file": finding.location.file, "title": f"glassbox {finding.rule}"}
    if finding.location.line:
        properties["line"] = str(finding.location.line)
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = "\n".join(
        filter(
            None,
            (
                finding.message,
                finding.location.object and f"In {finding.location.object}.",
                finding.fix,
                f"See {finding.page}.",
            ),
        )
    )
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
