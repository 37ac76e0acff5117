"""What the expressions of Grafana's rules compare."""

import pytest

from glassbox.lint.reading.grafana_conditions import compares_a_line, loses_labels, reads_nothing, threshold_of
from glassbox.lint.reading.read_rules import group_of
from glassbox.lint.subjects.grouped_rules import GrafanaThreshold

ASKED = {"refId": "A", "model": {"refId": "A", "expr": "up == 0"}}
REDUCED = {"refId": "B", "model": {"type": "reduce", "expression": "A", "reducer": "last"}}


def rule(*expressions, condition="C", **more):
    return {"title": "Down", "condition": condition, "data": [ASKED, *expressions], **more}


def threshold(expression="A", type="gt", params=(0,)):
    conditions = [{"evaluator": {"type": type, "params": [*params]}}]
    return {"refId": "C", "model": {"type": "threshold", "expression": expression, "conditions": conditions}}


def classic(reducer="last", count=1):
    one = {
        "evaluator": {"type": "gt", "params": [0]},
        "query": {"params": ["A"]},
        "reducer": {"type": reducer},
        "operator": {"type": "and"},
    }
    return {"refId": "C", "model": {"refId": "C", "type": "classic_conditions", "conditions": [one] * count}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (rule(threshold()), ("A", ">", 0)),
        (rule(threshold("$A", "lte", (5.5, 0))), ("A", "<=", 5.5)),
        (rule(REDUCED, threshold("B")), ("A", ">", 0)),
        (rule(classic()), ("A", ">", 0)),
    ],
)
def test_what_a_condition_compares_is_the_query_behind_it(found, expected):
    assert threshold_of(found) == GrafanaThreshold(*expected)


@pytest.mark.parametrize(
    "found",
    [
        rule(threshold(type="within_range", params=(1, 2))),
        rule(threshold(params=())),
        rule(threshold(params=("x",))),
        rule({**REDUCED, "model": {**REDUCED["model"], "reducer": "count"}}, threshold("B")),
        rule({"refId": "C", "model": {"type": "math", "expression": "$A > 1"}}),
        rule(classic("count")),
        rule(classic(count=2)),
        rule(threshold(), condition="D"),
    ],
)
def test_what_compares_in_another_way_is_not_known(found):
    assert threshold_of(found) is None


def test_an_expression_of_itself_leads_to_no_query():
    circle = {"refId": "B", "model": {"type": "reduce", "expression": "B", "reducer": "last"}}
    assert threshold_of(rule(circle, threshold("B"))) == GrafanaThreshold("B", ">", 0)


def test_a_classic_condition_loses_the_labels():
    assert loses_labels(rule(classic()))
    assert not loses_labels(rule(threshold()))
    assert not loses_labels(rule(classic(), condition="A"))


def test_a_rule_holds_what_its_condition_says():
    (read,) = group_of({"name": "serving", "rules": [rule(classic(), noDataState="Alerting")]}, "rules.yml").rules
    assert (read.threshold, read.loses_labels, read.no_data) == (GrafanaThreshold("A", ">", 0), True, "Alerting")


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        (rule(threshold("")), "C"),
        (rule({"refId": "B", "model": {"type": "reduce", "reducer": "last"}}, threshold("B")), "B"),
        (rule(REDUCED, threshold("B")), ""),
        (rule(classic()), ""),
        (rule({"refId": "C", "model": {"type": "math"}}), ""),
        (rule({"refId": "B", "model": {"type": "threshold", "expr": "up"}}), ""),
    ],
)
def test_an_expression_names_what_it_reads(found, lacking):
    assert reads_nothing(found) == lacking
    assert group_of({"name": "g", "rules": [found]}, "a.yml", 1).rules[0].without_input == lacking


def asking(**model):
    return {"refId": "A", "model": {"refId": "A", "expr": "up == 0", **model}}


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ([asking(), threshold()], "A"),
        ([asking(range=True), threshold("$A")], "A"),
        ([asking(instant=True), threshold()], ""),
        ([asking(), REDUCED, threshold("B")], ""),
        ([asking(), classic()], ""),
        ([{"refId": "A", "model": {"query": "of another source"}}, threshold()], ""),
    ],
)
def test_a_threshold_reads_a_line_where_nothing_makes_a_number_of_it(data, line):
    found = {"title": "Down", "condition": "C", "data": data}
    assert compares_a_line(found) == line
