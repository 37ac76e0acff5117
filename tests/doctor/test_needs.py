"""What a query cannot do without."""

import pytest

from glassbox.doctor.needs import missing
from glassbox.errors import GlassboxError
from glassbox.syntax.parsing import selectors_of


@pytest.mark.parametrize(
    ("query", "lacks"),
    [
        ("here", ()),
        ("gone", ("gone",)),
        ('sum by (job) (rate(gone{job="$job"}[$__rate_interval]))', ("gone",)),
        ("avg_over_time(gone[$__range:1m])", ("gone",)),
        ("here or gone", ()),
        ("gone or here", ()),
        ("gone or lost", ("gone",)),
        ("here / gone", ("gone",)),
        ("here and on (job) gone", ("gone",)),
        ("here unless on (job) gone", ()),
        ("gone unless here", ("gone",)),
        ("(gone / gone) * here", ("gone",)),
        ("absent(gone)", ()),
        ("vector(1)", ()),
        ('{__name__=~"gone|here"}', ()),
        ('{__name__=~"gone|lost",job="a"}', ("gone",)),
        ('{job="a"}', ()),
        ("-topk(3, gone)", ("gone",)),
        ("histogram_quantile(0.9, sum by (le) (rate(gone_bucket[5m])))", ("gone_bucket",)),
    ],
)
def test_what_is_missing(query, lacks):
    assert missing(query, lambda name: name == "here") == lacks


def test_all_selectors_of_a_query():
    query = "a / on (job) (b or c unless d[5m:1m]) > bool scalar(f) + -topk(2, rate(g[5m]))"
    assert [selector.name for selector in selectors_of(query.replace("d[5m:1m]", "max_over_time(d[5m:1m])"))] == list(
        "abcdfg"
    )


def test_what_is_not_promql_is_said():
    with pytest.raises(GlassboxError, match=r"'sum\(' is not PromQL \(.*\): correct it\."):
        missing("sum(", lambda _: True)
