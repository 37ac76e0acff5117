"""The examples of `explain` and `diff` in the documents name what our content has."""

import re
import shlex

import pytest

from glassbox.lint.of_bundle import corpus_of
from glassbox.reviewing.explaining import explained
from tests.support.ours import our_bundle
from tests.support.paths import ROOT

PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
COMMAND = re.compile(r"^(?:.*`)?python deploy\.py explain ([^`\n]+)", re.MULTILINE)
NAMES = [
    shlex.split(said)[0] for page in PAGES for said in COMMAND.findall(page.read_text(encoding="utf-8"))
    if "--path" not in said and shlex.split(said)[0] != "NAME"
]  # fmt: skip  # a clause is one line


@pytest.fixture(scope="module")
def corpus():
    return corpus_of(our_bundle())


def test_there_are_examples_of_each_kind(corpus):
    assert {explained(corpus, name)[0].what for name in NAMES} == {"panel", "alert", "recorded series"}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_of_explain_explains_something(corpus, name):
    assert all(found.queries and found.series for found in explained(corpus, name))


def test_the_tree_of_diff_names_boards_panels_groups_and_rules_of_ours(corpus):
    tree = (ROOT / "docs" / "review.md").read_text(encoding="utf-8").split("```")[3]
    title, boards, rules = "", {}, {}
    for line in tree.splitlines():
        if found := re.match(r"  ~ (dashboard|rule group) +(.+)", line):
            title = found[2]
            (boards if found[1] == "dashboard" else rules)[title] = []
        elif found := re.match(r"      (.+?): ", line):
            (boards | rules)[title].append(found[1])
    assert boards
    assert rules
    panels = {board.title: {panel.title for panel in board.panels} for board in corpus.boards}
    groups = {group.name: {rule.name for rule in group.rules} for group in corpus.groups}
    assert all(set(parts) <= panels[board] for board, parts in boards.items())
    assert all(set(parts) <= groups[group] for group, parts in rules.items())
    assert all((ROOT / name).is_file() for name in re.findall(r"tests/rules/\S+", tree))
