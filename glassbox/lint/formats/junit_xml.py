"""Findings as JUnit's XML, which nearly every CI shows: errors and warnings are failures, the rest is skipped."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from glassbox.lint.finding import Finding, Severity
from glassbox.lint.formats.lint_report import LintReport, address

_NAME = "glassbox lint"
# What XML 1.0 cannot hold, in any way of writing.
_NOT_OF_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: LintReport) -> str:
    """One suite with a case for each finding, or one case that passes."""
    failures = sum(finding.severity is not Severity.INFO for finding in report.findings)
    counts = {"tests": str(len(report.findings) or 1), "failures": str(failures), "errors": "0"}
    counts["skipped"] = str(len(report.findings) - failures)
    suites = Element("testsuites", {"name": _NAME, **counts})
    suite = SubElement(suites, "testsuite", {"name": _NAME, **counts})
    for finding in report.findings:
        _add(suite, finding)
    if not report.findings:
        SubElement(suite, "testcase", classname=_NAME, name=_whole(report.summary))
    return tostring(suites, encoding="unicode")


def _add(suite: Element, finding: Finding) -> None:
    name = f"{finding.rule}: {finding.location.object}" if finding.location.object else finding.rule
    case = SubElement(suite, "testcase", classname=_whole(finding.location.file), name=_whole(name))
    case.set("file", _whole(finding.location.file))
    case.set("line", str(finding.location.line))
    kind = "skipped" if finding.severity is Severity.INFO else "failure"
    said = SubElement(case, kind, message=_whole(finding.message))
    if kind == "failure":
        said.set("type", finding.severity.value)
    said.text = _whole("\n".join(filter(None, (address(finding), finding.query, finding.fix))))


def _whole(text: str) -> str:
    return _NOT_OF_XML.sub("?", text)
