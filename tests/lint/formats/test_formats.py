"""Findings as text, JSON, SARIF, JUnit and GitHub's annotations, whatever others wrote into names and queries."""

import json
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from glassbox.cli.lint_options import FORMAT_NAMES
from glassbox.lint.finding import Finding, Location, Severity
from glassbox.lint.formats.formats import FORMATS
from glassbox.lint.formats.lint_report import LintReport
from tests.support.paths import ROOT

QUERY = "sum by (job) (rate(x[1m]))"
AT = Location("boards/a b.json", 7, "Serving / Tokens / query A")
SHORT = Finding("short-window", Severity.WARNING, AT, "rate over 1m is too short.", "Use 4m.", QUERY, (21, 23))
UNREADABLE = Finding("unreadable", Severity.ERROR, Location("/x/y.yml"), "It is not YAML.", "Correct it.")
STYLE = Finding("no-unit", Severity.INFO, Location("a.json", 1), "It has no unit.", "Give it one.")
REPORT = LintReport([SHORT, UNREADABLE, STYLE], "2 dashboards and 3 rules of 4 files", {"Helm template": ["c/t.yaml"]})
NONE = LintReport([], "1 dashboard and 0 rules of 1 file")
ODD = "a\n::error::b\r%,:\x1b[31m\x00\udcff\u202e<&\"'"
HOSTILE = LintReport(
    [Finding("short-window", Severity.ERROR, Location(f"::{ODD}", 2, ODD), ODD, ODD, ODD, (0, 5))], "x"
)


def test_the_names_on_the_command_line_are_those_that_there_are():
    assert tuple(FORMATS) == FORMAT_NAMES


def test_text_shows_the_query_with_a_mark_under_what_is_meant():
    assert (
        FORMATS["text"](REPORT)
        == """\
boards/a b.json:7: warning: rate over 1m is too short. (short-window)
    in Serving / Tokens / query A
    | sum by (job) (rate(x[1m]))
    |                      ^^
    Use 4m.

/x/y.yml: error: It is not YAML. (unreadable)
    Correct it.

a.json:1: info: It has no unit. (no-unit)
    Give it one.

Glassbox's docs/lint-rules.md explains each rule, with examples.
1 error, 1 warning, 1 info in 2 dashboards and 3 rules of 4 files."""
    )
    assert FORMATS["text"](NONE) == "No findings in 1 dashboard and 0 rules of 1 file."
    assert REPORT.left == ["1 Helm template not read, such as c/t.yaml: render them first."]


@pytest.mark.parametrize(
    ("query", "span", "shown"),
    [
        ("sum(\n  up\n)\n", (7, 9), ["  up", "  ^^"]),
        ("sum(\n  up\n)\n", (0, 12), ["sum(", "^^^^"]),
        ("\n  up", None, ["  up"]),
        ("x" * 200, (150, 153), ["…" + "x" * 80, " " + " " * 30 + "^^^"]),
        ("x" * 200, (0, 200), ["x" * 100 + "…", "^" * 100]),
        ("a\tb\x1b", (2, 3), ["a b ", "  ^"]),
    ],
)
def test_a_query_of_many_lines_and_a_long_one_are_shown_where_they_are_meant(query, span, shown):
    text = FORMATS["text"](LintReport([Finding("r", Severity.ERROR, AT, "m", "", query, span)], "x"))
    assert [line.removeprefix("    | ") for line in text.splitlines() if line.startswith("    | ")] == shown


def test_json_has_every_field():
    found = json.loads(FORMATS["json"](REPORT))
    assert (found["version"], found["checked"]) == (1, "2 dashboards and 3 rules of 4 files")
    assert found["not_read"] == {"Helm template": ["c/t.yaml"]}
    assert found["findings"][0] == {
        "rule": "short-window",
        "page": "docs/lint-rules.md#short-window",
        "severity": "warning",
        "file": "boards/a b.json",
        "line": 7,
        "object": "Serving / Tokens / query A",
        "message": "rate over 1m is too short.",
        "fix": "Use 4m.",
        "query": QUERY,
        "span": [21, 23],
    }
    assert found["findings"][1]["line"] is None


@pytest.mark.parametrize("report", [REPORT, NONE, HOSTILE], ids=["some", "none", "hostile"])
def test_sarif_fits_its_schema(report):
    written = json.loads(FORMATS["sarif"](report))
    schema = yaml.safe_load((ROOT / "tests/schemas/sarif.yaml").read_text())
    jsonschema.validate(written, schema, format_checker=jsonschema.FormatChecker())
    (run,) = written["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [each.rule for each in report.findings]


def test_sarif_says_where_and_how_bad_and_knows_a_finding_again():
    first, second, third = json.loads(FORMATS["sarif"](REPORT))["runs"][0]["results"]
    place = first["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "boards/a%20b.json"},
        "region": {"startLine": 7, "snippet": {"text": QUERY}},
    }
    assert place["logicalLocations"] == [{"fullyQualifiedName": "Serving / Tokens / query A"}]
    assert [each["level"] for each in (first, second, third)] == ["warning", "error", "note"]
    assert second["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "file:///x/y.yml"},
        "region": {"startLine": 1},
    }
    moved = LintReport([Finding(SHORT.rule, SHORT.severity, Location(AT.file, 99, AT.object), SHORT.message, "")], "x")
    again = json.loads(FORMATS["sarif"](moved))["runs"][0]["results"][0]
    assert again["partialFingerprints"] == first["partialFingerprints"]


def test_junit_counts_errors_and_warnings_as_failures():
    suite = ElementTree.fromstring(FORMATS["junit"](REPORT))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "2", "1")
    assert [(case.get("classname"), case.get("name"), case[0].tag, case[0].get("message")) for case in suite] == [
        ("boards/a b.json", "short-window: Serving / Tokens / query A", "failure", "rate over 1m is too short."),
        ("/x/y.yml", "unreadable", "failure", "It is not YAML."),
        ("a.json", "no-unit", "skipped", "It has no unit."),
    ]
    assert suite[0][0].text == f"boards/a b.json:7\n{QUERY}\nUse 4m."
    (passing,) = ElementTree.fromstring(FORMATS["junit"](NONE))[0]
    assert (passing.get("name"), len(passing)) == ("No findings in 1 dashboard and 0 rules of 1 file.", 0)


def test_annotations_of_github_have_file_line_and_title():
    assert FORMATS["github"](REPORT).splitlines() == [
        "::warning file=boards/a b.json,title=glassbox short-window,line=7::rate over 1m is too short.%0AIn Serving / Tokens / query A.%0AUse 4m.%0ASee docs/lint-rules.md#short-window.",
        "::error file=/x/y.yml,title=glassbox unreadable::It is not YAML.%0ACorrect it.%0ASee docs/lint.md#what-is-read.",
        "::notice file=a.json,title=glassbox no-unit,line=1::It has no unit.%0AGive it one.%0ASee docs/lint-rules.md#no-unit.",
        "1 error, 1 warning, 1 info in 2 dashboards and 3 rules of 4 files.",
    ]


@pytest.mark.parametrize("name", ["text", "github"])
def test_no_text_of_others_becomes_a_command_of_a_runner(name):
    lines = FORMATS[name](HOSTILE).splitlines()
    commands = [line for line in lines if line.strip().startswith("::")]
    assert len(commands) == (1 if name == "github" else 0)
    assert all("%0A%3A%3Aerror%3A%3Ab%0D%25%2C%3A" in line for line in commands)


def test_junit_holds_whatever_others_wrote():
    (case,) = ElementTree.fromstring(FORMATS["junit"](HOSTILE))[0]
    assert case[0].get("message").startswith("a\n::error::b") and "\x1b" not in case[0].text
