"""Findings as SARIF 2.1.0 (OASIS), which GitHub's code scanning and editors read."""

import hashlib
import json
import os
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from glassbox.lint.finding import PAGE, Finding, Severity
from glassbox.lint.formats.lint_report import LintReport
from glassbox.lint.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def as_sarif(report: LintReport) -> str:
    """One run, with the rules that found something."""
    found = {finding.rule: finding.severity for finding in report.findings}
    known = {rule.id: rule for rule in RULES}
    rules: list[dict[str, Any]] = []
    for name, severity in found.items():
        described: dict[str, Any] = {"id": name, "defaultConfiguration": {"level": _LEVELS[severity]}}
        if rule := known.get(name):
            described |= {
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.why},
                "help": {"text": f"{rule.fix} See {PAGE}#{name}."},
            }
        rules.append(described)
    places = {name: index for index, name in enumerate(found)}
    results = [_result(finding, places) for finding in report.findings]
    driver = {"name": "Glassbox", "rules": rules}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2)  # fmt: skip  # one document


def _result(finding: Finding, places: dict[str, int]) -> dict[str, Any]:
    location = finding.location
    # Code scanning shows no result without a line.
    region: dict[str, Any] = {"startLine": max(1, location.line)}
    if finding.query:
        region["snippet"] = {"text": finding.query}
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(location.file)}, "region": region},
    }
    if location.object:
        place["logicalLocations"] = [{"fullyQualifiedName": location.object}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.fix}".strip()},
        "locations": [place],
        "partialFingerprints": {"glassbox/v1": _fingerprint(finding)},
    }


def _uri(file: str) -> str:
    """The file as a reference, relative to where lint was run unless it is absolute."""
    path = PurePath(file)
    return ("file://" if path.is_absolute() else "") + quote(os.fsencode(path.as_posix()))


def _fingerprint(finding: Finding) -> str:
    """The same for the same finding after lines were added above it."""
    parts = (finding.rule, finding.location.file, finding.location.object, finding.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
