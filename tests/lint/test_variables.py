"""What counts as a variable, and as its use."""

from dataclasses import replace

import pytest

from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.grafana_variables import variables_named, variables_shape
from tests.support.linted_boards import board, found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("$a ${b} ${c:regex} ${d.text} [[e]] [[f:csv]]", ["a", "b", "c", "d", "e", "f"]),
        ("$model的请求 $größe", ["model", "gr"]),
        ("${größe} ${a-b} [[:alpha:]] [[a-z]] a$|$", []),
    ],
)
def test_names_of_variables_end_where_grafana_ends_them(text, names):
    assert list(variables_named(text)) == names


@pytest.mark.parametrize(
    "expr",
    [
        'label_replace(up, "class", "${1}xx", "code", "(.).*")',
        'label_replace(up, "class", "${digit}xx", "code", "(?P<digit>.).*")',
        r'topic_messages{topic!~"\\$SYS.*"}',
        "topic_messages{topic!~`\\${SYS}.*`}",
    ],
)
def test_what_grafana_leaves_to_a_pattern_is_no_variable(expr):
    assert found("undefined-variable", board(expr)) == []


def test_a_name_that_no_group_of_the_query_has_is_a_variable():
    expr = 'label_replace(up, "class", "${digit}xx$other", "code", "(?P<digit>.).*")'
    assert found("undefined-variable", board(expr)) == ["There is no variable 'other'."]


def test_a_variable_is_used_where_letters_of_another_script_follow_it():
    for use in ({"title": "$model的请求"}, {"texts": ("$model上的",)}):
        assert found("unused-variable", board("up", panel=use)) == []
    assert found("never-narrowing-variable", board("up", panel={"title": "$model的请求"})) == [
        "Titles name model, and no query does."
    ]


@pytest.mark.parametrize(
    ("expr", "shaped"),
    [
        ('sum(up{job=~"$job"}) by (node)', False),
        ("rate(x[$window]) + rate(x[${window:raw}:${step:raw}]) + rate(x[[[window]]]) offset $ago", False),
        ("x * $__interval_ms / ${__range_s} @ ${__to:date:seconds}", False),
        ("up # of $job", False),
        ("topk($most, up)", True),
        ("sum by (${labels:csv}) (up)", True),
        ("${metric}_total", True),
        ("up{$filters}", True),
        ("up{job=~[[job:doublequote]]}", True),
    ],
)
def test_a_variable_that_is_no_value_window_or_number_shapes_the_query(expr, shaped):
    assert variables_shape(expr) is shaped


@pytest.mark.parametrize(
    "expr",
    ['sum(up{job="$job"}))', 'sum(a{job="$job"}, b{job="$job"})', "sum(rate(x[$window]) by (job", "x{job='$job'} =~ 1"],
)
def test_a_query_that_no_value_of_a_variable_makes_promql_is_found(expr):
    (message,) = found("not-promql", board(expr))
    assert message.startswith("It is not PromQL: ")


@pytest.mark.parametrize(
    "expr",
    [
        'rate(x{job="$job"}[${window:raw}:${step:raw}] @ ${__to:date:seconds})',
        'holt_winters(x{job="$job"}[1h], 0.5, 0.5)',
        "up{$filters}",
        "$expression )",
        'sum(up{job="$job"}) $comparison',
    ],
)
def test_a_query_that_a_variable_may_make_promql_is_left_alone(expr):
    assert found("not-promql", board(expr)) == []


@pytest.mark.parametrize(
    "expr",
    [
        "topk_max(5, x)",
        "WITH (f = {a='b'}) sum(x{f})",
        "x{a='b'} default 0",
        "sum(x) if y",
        "rate(x[5m]) keep_metric_names",
        "range_last(x[1m])",
        "increases_over_time(x[5m])",
    ],
)
def test_a_dashboard_of_metrics_ql_is_found_once(expr):
    # What is there besides may be MetricsQL too, such as a rate without a window.
    for others, said in ((), "1 expression"), (("rate(x)", "up"), "2 expressions"):
        corpus = board(*others, expr)
        assert found("metricsql", corpus) == [f"{said} of this file cannot be judged as PromQL."]
        assert found("not-promql", corpus) == []


def test_names_that_sound_like_metrics_ql_are_not_it():
    assert found("metricsql", board("sum by (default) (x{if='a'}) / range_seconds + keep_metric_names_total")) == []
    (message,) = found("not-promql", board("rate(label_sets)"))
    assert message.startswith("It is not PromQL: expected type matrix")


def test_a_missing_variable_is_one_finding_of_its_dashboard():
    (one,) = board('x{a="$gone"}').boards
    (panel,) = one.panels
    corpus = Corpus(boards=(replace(one, panels=(panel, panel)),))
    assert found("undefined-variable", corpus) == ["There is no variable 'gone'. 2 queries of the dashboard name it."]
