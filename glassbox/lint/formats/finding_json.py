"""Findings as JSON for programs: `version` changes when a field does."""

import json
from typing import Any

from glassbox.lint.finding import Finding
from glassbox.lint.formats.lint_report import LintReport


def as_json(report: LintReport) -> str:
    """One object, with a list of findings."""
    findings = [_finding(each) for each in report.findings]
    return json.dumps(
        {"version": 1, "checked": report.checked, "findings": findings, "not_read": dict(report.not_read)}, indent=2
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "page": finding.page,
        "severity": finding.severity.value,
        "file": finding.location.file,
        "line": finding.location.line or None,
        "object": finding.location.object,
        "message": finding.message,
        "fix": finding.fix,
        "query": finding.query,
        "span": list(finding.span) if finding.span else None,
    }
