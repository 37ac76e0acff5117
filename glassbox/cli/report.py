"""Findings as text for people. stdout is the result."""

from collections.abc import Sequence

from glassbox.lint.checks import Finding


def finding_line(finding: Finding) -> str:
    """One finding: where, what, and the rule that says so."""
    return f"{finding.where}: {finding.problem} ({finding.rule})"


def lint_summary(findings: Sequence[Finding], checked: str) -> str:
    """The closing sentence of a lint."""
    count = len(findings)
    return f"{count} finding{'' if count == 1 else 's'} in {checked}." if count else f"No findings in {checked}."
