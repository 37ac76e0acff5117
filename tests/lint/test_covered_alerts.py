"""Alerts on everything beside alerts on a part of it."""

from dataclasses import replace

import pytest

from glassbox.lint.examples import as_alert, together
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged

PAGE = {"severity": "page"}


def messages(*examples):
    return [finding.message for finding in judged(together(*examples).corpus, select=("covered-alert",))]


def alert(name, expr, for_="5m", file="rules.yml", **labels):
    example = as_alert(expr, for_, PAGE | labels, name=name)
    (group,) = example.corpus.groups
    (rule,) = group.rules
    moved = replace(rule, location=Location(file, object=rule.location.object))
    return replace(example, corpus=replace(example.corpus, groups=(replace(group, rules=(moved,)),)))


WIDE = alert("Down", "up == 0")


def test_the_wider_one_is_found_once_with_all_that_it_covers():
    others = (alert("A", 'up{job="a"} == 0', "1m"), alert("B", 'up{job=~"b.*"} == 0'))
    assert messages(WIDE, *others) == ["Down fires too where A or B fires, with the same severity."]


def test_any_metric_and_comparison_is_judged():
    assert len(messages(alert("A", 'x{a="1"} > 5'), alert("B", '5 < x{a="1", b="2"}'))) == 1


@pytest.mark.parametrize(
    "other",
    [
        alert("A", 'up{job="a"} == 0', severity="warning"),
        alert("A", 'up{job="a"} == 0', severity=""),
        alert("A", 'up{job="a"} == 0', team="storage"),
        alert("A", 'up{job="a"} == 0', file="other.yml"),
        alert("A", 'up{job="a"} < 1'),
        alert("A", 'up{job="a"} == 1'),
        alert("A", "up == 0"),
        alert("A", 'sum(up{job="a"}) == 0'),
        alert("A", 'up{job="a"} offset 5m == 0'),
        alert("A", 'up{job="a"} == 0 and on () y > 1'),
        alert("A", 'other{job="a"} == 0'),
    ],
)
def test_another_severity_team_file_or_question_is_right(other):
    assert messages(WIDE, other) == []


def test_one_that_waits_much_longer_is_another_step():
    other = alert("A", 'up{job="a"} == 0', "1m")
    assert messages(alert("Down", "up == 0", "1h"), other) == []
    assert len(messages(alert("Down", "up == 0", "5m"), other)) == 1


def test_those_without_a_severity_are_left_alone():
    assert messages(as_alert("up == 0", name="A"), as_alert('up{job="a"} == 0', name="B")) == []
