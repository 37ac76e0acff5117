"""Every way in which findings are printed."""

from glassbox.lint.formats.finding_json import as_json
from glassbox.lint.formats.finding_text import as_text
from glassbox.lint.formats.github_annotations import as_github
from glassbox.lint.formats.junit_xml import as_junit
from glassbox.lint.formats.lint_report import Format
from glassbox.lint.formats.sarif import as_sarif

FORMATS: dict[str, Format] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
    "github": as_github,
}
