"""Exemptions in files of anybody: what they cover, and what is said of those that nothing needs."""

import re

import pytest

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged
from glassbox.lint.reading import files_read
from tests.support.lint_files import config_map

RULES = """\
# glassbox-lint: ignore R0 because all of it
groups:
  - name: first
    rules:
      - alert: A
        expr: up # glassbox-lint: ignore R1, R2 because of a reason
      # a comment of another kind
      # glassbox-lint:  ignore R3 because it is above

      - expr: |
          # glassbox-lint: ignore R4 because it is in the query
          up
        alert: B
  # glassbox-lint: ignore R5 because the group
  - name: second
    rules: []
"""
SHORT = """\
groups:
  - name: g
    rules:
      - alert: A
        expr: rate(x_total[15s]) > 1
"""
BY_COMMENT = SHORT.replace(
    "- alert", "# glassbox-lint: ignore short-window because the scrapes are fast\n      - alert"
)


def exemptions(tmp_path, text, name="rules.yml", ignore=None):
    (tmp_path / name).write_text(text)
    file = tmp_path / "ignore.yaml"
    if ignore is not None:
        file.write_text(ignore)
    return files_read.read([tmp_path / name], file if ignore is not None else None)


@pytest.mark.parametrize("wrap", [str, lambda text: config_map("rules.yml", text)], ids=["bare", "in a ConfigMap"])
def test_a_comment_is_of_the_object_that_it_stands_in_or_above(tmp_path, wrap):
    found = exemptions(tmp_path, wrap(RULES)).corpus.exemptions
    lines = wrap(RULES).splitlines()
    assert [(each.rule, each.reason, each.location.object) for each in found] == [
        ("R0", "all of it", ""),
        ("R1", "of a reason", "first / A"),
        ("R2", "of a reason", "first / A"),
        ("R3", "it is above", "first / B"),
        ("R4", "it is in the query", "first / B"),
        ("R5", "the group", "second"),
    ]
    assert all("glassbox-lint" in lines[each.location.line - 1] for each in found)


@pytest.mark.parametrize("said", ["ignore", "ignore x", "ignore x because", "ignore x: y", "disable x because y"])
def test_a_comment_without_a_reason_is_refused(tmp_path, said):
    (refused,) = exemptions(tmp_path, f"groups: []\n# glassbox-lint: {said}\n").unreadable
    assert refused.location.line == 2
    assert refused.message == "It has a comment for lint that is not `# glassbox-lint: ignore RULE because REASON`."


def rules_found(read):
    return [(finding.rule, finding.location.line) for finding in judged(read.corpus)]


def test_what_a_comment_exempts_is_not_found(tmp_path):
    assert rules_found(exemptions(tmp_path, SHORT)) == [("short-window", 5)]
    assert rules_found(exemptions(tmp_path, BY_COMMENT)) == []
    long = BY_COMMENT.replace("15s", "15m")
    assert rules_found(exemptions(tmp_path, long)) == [("unneeded-exemption", 4)]


IGNORE = "- rule: short-window\n  file: {}\n  reason: the scrapes are fast\n"


@pytest.mark.parametrize("pattern", ["rules.yml", "*.yml", "*", "rules.yml\n  object: g", "rules.yml\n  object: g / A"])
def test_what_an_ignore_file_exempts_is_not_found(tmp_path, pattern):
    assert (
        rules_found(exemptions(tmp_path, SHORT, ignore=IGNORE.format(f"'{pattern}'" if pattern[0] == "*" else pattern)))
        == []
    )


@pytest.mark.parametrize("pattern", ["other.yml", "rules.yml\n  object: h"])
def test_an_entry_of_an_ignore_file_that_covers_nothing_is_found_there(tmp_path, pattern):
    unneeded, found = judged(exemptions(tmp_path, SHORT, ignore="\n" + IGNORE.format(pattern)).corpus)
    assert (unneeded.rule, unneeded.location.line, found.rule) == ("unneeded-exemption", 2, "short-window")
    assert unneeded.location.file == (tmp_path / "ignore.yaml").as_posix()


def test_an_entry_that_one_of_its_files_needs_is_needed(tmp_path):
    (tmp_path / "good.yml").write_text(SHORT.replace("15s", "15m"))
    (tmp_path / "bad.yml").write_text(SHORT)
    (tmp_path / "ignore.yaml").write_text(IGNORE.format("'*.yml'"))
    found = files_read.read([tmp_path / "good.yml", tmp_path / "bad.yml"], tmp_path / "ignore.yaml")
    assert judged(found.corpus) == []


@pytest.mark.parametrize(
    ("ignore", "problem"),
    [
        (
            "- rule: x\n  file: y\n",
            "ignore.yaml:1: an exemption has rule, file, reason, and perhaps object; correct it.",
        ),
        ("- 3\n", "ignore.yaml:0: an exemption has rule, file, reason, and perhaps object; correct it."),
        ("-\n  rule: x\n  files: y\n  reason: z\n", "ignore.yaml:2: an exemption has"),
        ("a: [", "ignore.yaml:2: it is not YAML"),
    ],
)
def test_an_ignore_file_that_says_something_else_is_refused(tmp_path, ignore, problem):
    with pytest.raises(GlassboxError, match=re.escape(problem)):
        exemptions(tmp_path, SHORT, ignore=ignore)


def test_an_empty_ignore_file_exempts_nothing(tmp_path):
    assert exemptions(tmp_path, SHORT, ignore="# nothing yet\n").corpus.exemptions == ()


def test_a_location_covers_its_object_and_its_parts():
    whole, rule = Location("f", 1), Location("f", 1, "g / A")
    assert whole.covers(rule) and rule.covers(Location("f", 9, "g / A / query B"))
    assert not rule.covers(Location("f", 1, "g / AB")) and not rule.covers(Location("h", 1, "g / A"))
