"""Which queries that are not PromQL are MetricsQL."""

import pytest

from glassbox.syntax.metrics_ql import is_metrics_ql


@pytest.mark.parametrize(
    "query",
    [
        "lag(up[1h]) > 900",
        "sum(Median_Over_Time (x[5m]))",
        'WITH (f = {job="a"}) sum(x{f})',
        "1 + with (y = 2) y",
        "x default 0 > 1",
        "sum(x) ifnot y{a='b'}",
        "rate(x[5m]) keep_metric_names",
    ],
)
def test_functions_and_words_that_promql_lacks(query):
    assert is_metrics_ql(query)


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(x[5m])",
        "sum with (job) (x)",
        'x{a="lag(y)", b="x default 0"',
        "lag > ",
        "app:lag(x)",
        "# lag(x)\nsum(",
        "histogram_fraction(x",
        "mad_over_time(x[5m)",
        "label_replace(x",
    ],
)
def test_what_promql_may_be_meant_to_be(query):
    assert not is_metrics_ql(query)
