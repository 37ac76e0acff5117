"""What is taken for the millisecond by which windows are longer for promtool 3."""

import pytest

from tests.support import promtool_windows
from tests.support.promtool_windows import unexplained

_PROBLEM = 'a.test.yml: expr: "m", time: 10m,\n    exp: {job="a, b"} 4.541667E+00, {job="c"} %s\n    got: {job="a, b"} 4.541655E+00, {job="%s"} 1E+00'


@pytest.mark.parametrize(
    ("half_open", "value", "job", "explained"),
    [
        (True, "1E+00", "c", True),
        (True, "1.0001E+00", "c", False),
        (True, "1E+00", "d", False),
        (False, "1E+00", "c", False),
    ],
)
def test_only_a_small_difference_under_promtool_3_is_the_millisecond(monkeypatch, half_open, value, job, explained):
    monkeypatch.setattr(promtool_windows, "evaluates_half_open", lambda: half_open)
    problem = "\n".join(_PROBLEM % each for each in (("1E+00", "c"), (value, job)))
    assert unexplained([problem]) == ([] if explained else [problem])


def test_what_names_no_values_is_never_the_millisecond(monkeypatch):
    monkeypatch.setattr(promtool_windows, "evaluates_half_open", lambda: True)
    problems = ["a.test.yml: yaml: line 3", 'expr: "m", time: 10m,\n    exp: {job="a"} 1E+00\n    got: nil']
    assert unexplained(problems) == problems
