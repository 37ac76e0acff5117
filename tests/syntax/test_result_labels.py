"""Which labels the result of a query has."""

import pytest

from glassbox.syntax.parsing import tree_of
from glassbox.syntax.result_labels import result_labels

# Labels that the result may have, and that it lacks.
CASES = {
    "up": ("instance le", ""),
    'up{a=""}': ("b", "a"),
    "x_count": ("a", "le"),
    'x_count{le="1"}': ("le", ""),
    "sum(up)": ("", "instance"),
    "sum by (a) (up)": ("a", "b __name__"),
    "sum without (a) (up)": ("b", "a __name__"),
    "sum by (a) (sum by (b) (x))": ("", "a b"),
    "sum by ($by) (x)": ("a b", ""),
    "topk by (a) (3, x)": ("a b", ""),
    "topk(3, sum by (a) (x))": ("a", "b"),
    'count_values("version", build)': ("version", "a"),
    'count_values by (a) ("version", build)': ("version a", "b"),
    "sum by (a) (rate(x[5m]))": ("a", "b"),
    "rate(x[5m])": ("a", "__name__"),
    "max_over_time(sum by (a) (x)[5m:])": ("a", "b"),
    'label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")': ("a b", "c"),
    'label_join(sum by (a) (x), "b", "-", "a")': ("a b", "c"),
    "histogram_quantile(0.9, sum by (le, a) (x))": ("a", "le b"),
    "histogram_quantile(0.9, x)": ("a", "le"),
    "vector(1)": ("", "a"),
    "scalar(x)": ("", "a"),
    "time() - x": ("a", "__name__"),
    'absent(up{job="a", instance=~"b"})': ("job", "instance"),
    "absent(sum by (job) (up))": ("", "job"),
    "absent_over_time(up{job='a'}[5m])": ("job", "instance"),
    "sum by (a) (x) or sum by (b) (y)": ("a b", "c"),
    "sum by (a) (x) or vector(0)": ("a", "b"),
    "sum by (a) (x) and on (a) y": ("a", "b"),
    "x unless on (a) y": ("a b", ""),
    "x / y": ("a", ""),
    "sum by (a, b) (x) / sum by (a) (y)": ("a", "b"),
    "x / on (a) y": ("a", "b"),
    "x > on (a) y": ("a", "b __name__"),
    "x > y": ("a __name__", ""),
    "x > bool 1": ("a", "__name__"),
    "x / ignoring (a) y": ("b", "a"),
    "sum by (a) (x) * on (a) group_left (c) y": ("a c", "b"),
    "sum by (a) (x) * on (a) group_left (c) sum by (a) (y)": ("a", "c"),
    "sum by (a) (x) * on (a) group_right () y": ("a b", ""),
    "x * on (a) group_right (c) sum by (a) (y)": ("a c", "b"),
    "-sum by (a) (x)": ("a", "b"),
    "2 * sum by (a) (x)": ("a", "b"),
    "sort_desc(sum by (a) (x))": ("a", "b"),
    "clamp_max(sum by (a) (x), 1)": ("a", "b"),
    "info(sum by (a) (x))": ("a b", ""),
    "hour()": ("", "a"),
    "$metric": ("a", ""),
    "1 > bool 2": ("", "a"),
}


@pytest.mark.parametrize("query", CASES)
def test_a_result_has_the_labels_that_prometheus_gives_it(query):
    may, lacks = (text.split() for text in CASES[query])
    possible = result_labels(tree_of(query)).possible
    assert ([label for label in may if label not in possible], [label for label in lacks if label in possible]) == (
        [],
        [],
    )


EXPECTED = {
    'up{a="1", b=~"x|y", c=~".*", d!="", e!~"", f="$v", g=~"("}': ("a b d e", {"a": "1"}),
    "sum by (a) (x)": ("a", {}),
    'sum by (a) (x{a="1", b="2"})': ("a", {"a": "1"}),
    'x{a="1"} or y{a="1", b="2"}': ("a", {"a": "1"}),
    'x{a="1"} or y{a="2"}': ("a", {}),
    'x{a="1"} / on (a, b) y{b="2"}': ("a b", {"a": "1", "b": "2"}),
    'sum by (a) (x) * on (a) group_left (c) y{c="3"}': ("a c", {"c": "3"}),
    'label_replace(x{a="1"}, "a", "$1", "b", "(.*)")': ("", {}),
    'count_values("v", x)': ("v", {}),
    'absent(up{job="a", b="$b"})': ("job", {"job": "a"}),
    'absent(up{job="a", job="b"})': ("", {}),
}


@pytest.mark.parametrize("query", EXPECTED)
def test_a_query_counts_on_labels_that_it_requires_or_groups_by(query):
    labels, values = EXPECTED[query]
    found = result_labels(tree_of(query.replace('g=~"("', 'g=~"(|a)"')))
    assert (sorted(found.expected), found.values) == (sorted(labels.split()), values)
