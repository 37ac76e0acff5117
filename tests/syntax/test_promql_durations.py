"""Durations as Prometheus takes them, and queries that its parser cannot read."""

import promql_parser
import pytest

from glassbox.errors import GlassboxError
from glassbox.syntax.parsing import parsed, tree_of
from glassbox.syntax.promql_durations import is_too_long, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("0s", 0),
        ("5m", 300),
        ("1h30m", 5_400),
        ("1d1ms", 86_400.001),
        ("1y2w3d4h5m6s7ms", 33_019_506.007),
        ("1.5h", 5_400),
        ("292y", 9_208_512_000),
        ("293y", None),
        ("106752d", None),
        ("9" * 500 + "s", None),
        ("30", None),
        ("1m1h", None),
        ("1m1m", None),
        ("5M", None),
        ("-5m", None),
        (" 5m", None),
        ("1e999", None),
    ],
)
def test_seconds_of_a_duration(text, seconds):
    assert seconds_of(text) == (None if seconds is None else pytest.approx(seconds, rel=1e-12))


def test_what_is_too_long_is_told_from_what_is_not_a_duration():
    assert [text for text in ("293y", "1e10", "inf", "nan", "0x" + "f" * 300) if not is_too_long(text)] == []
    assert [text for text in ("292y", "9e9", "soon", "", "0x10") if is_too_long(text)] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("rate(x[300y])", "300y"),
        ("rate(x[1e30])", "1e30"),
        ("x[ 99999999999999999999999 ]", "99999999999999999999999"),
        ("rate(x[Inf])", "Inf"),
        ("rate(x[5m:293y])", "293y"),
        ("x offset 1e30", "1e30"),
        ("x offset 1e+30", "1e+30"),
        ("x OFFSET -300y", "300y"),
    ],
)
def test_a_duration_that_is_out_of_range_is_named(query, named):
    with pytest.raises(GlassboxError, match="is not PromQL") as refused:
        tree_of(query)
    assert f"the duration {named} is out of range" in str(refused.value)


def test_a_text_or_a_name_is_not_a_duration():
    assert tree_of('job:x:rate300y{a="[300y]", b="offset 1e30"} # offset 300y')


@pytest.mark.parametrize("module", ["pyo3_runtime", "another"])
def test_where_the_parser_itself_fails_the_query_is_said_to_be_unreadable(monkeypatch, module):
    panic = type("PanicException", (BaseException,), {"__module__": module})

    def fails(_text):
        raise panic("index out of bounds")

    monkeypatch.setattr(promql_parser, "parse", fails)
    expected = GlassboxError if module == "pyo3_runtime" else panic
    with pytest.raises(expected, match=r"the parser cannot read it|index out of bounds"):
        parsed("made_to_fail")
