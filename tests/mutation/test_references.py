"""Which rules a text speaks of, where several records have one name."""

import pytest

from tests.mutation.references import Reference, in_place, marked, references, stands_alone
from tests.support.needed_rules import Rule

SLOW, IDLE = (
    Rule("recording_rules/r.yaml", "r", {"record": "model:signal:bool", "expr": "x", "labels": {"signal": name}})
    for name in ("slow", "idle")
)
PLAIN = Rule("recording_rules/r.yaml", "r", {"record": "job:x:sum", "expr": "sum(x)"})


@pytest.mark.parametrize(
    ("text", "slow", "idle"),
    [
        ('model:signal:bool{signal="slow"} == 1', True, False),
        ('model:signal:bool{job="vllm",signal="idle"}', False, True),
        ('model:signal:bool{job="vllm"}', True, True),
        ("max(model:signal:bool)", True, True),
        # Whatever is no `=` may be either.
        ('model:signal:bool{signal=~"slow|idle"}', True, True),
        ('model:signal:bool{signal!="slow"}', True, True),
        ('model:signal:bool{note="a } \\" b",signal="slow"}', True, False),
        ('other{signal="slow"}', False, False),
    ],
)
def test_records_of_one_name_are_told_apart_by_their_own_labels(text, slow, idle):
    found = references(text)
    assert any(each.may_be(SLOW) for each in found) is slow
    assert any(each.may_be(IDLE) for each in found) is idle


def test_an_alert_is_known_by_its_name_alone():
    alert = Rule("alerts/a.yaml", "a", {"alert": "Full", "expr": "x", "labels": {"severity": "page"}})
    assert Reference("Full", (("severity", "ticket"),)).may_be(alert)


def test_alerts_are_found_by_the_series_that_names_them():
    alert = Rule("alerts/a.yaml", "a", {"alert": "Full", "expr": "x"})
    text = 'count by (job) (ALERTS{alertname="Full"} or ALERTS{alertname="Fuller"})'
    assert any(each.may_be(alert) for each in references(text))
    assert marked(text, [alert], "__m1") == text.replace('"Full"', '"Full__m1"')
    assert not any(each.may_be(alert) for each in references('ALERTS{alertname="Fuller"}'))


def test_only_what_may_be_the_rules_is_marked():
    text = 'model:signal:bool{signal="slow"} and model:signal:bool{signal="idle"} or job:x:sum'
    assert marked(text, [SLOW, PLAIN], "__m1") == (
        'model:signal:bool__m1{signal="slow"} and model:signal:bool{signal="idle"} or job:x:sum__m1'
    )


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("round(job:x:sum, 0.1)", PLAIN, True),
        ('model:signal:bool{signal="slow"}', SLOW, True),
        ("model:signal:bool", SLOW, True),
        ('job:x:sum{job="vllm"}', PLAIN, False),
        ('model:signal:bool{job="vllm",signal="slow"}', SLOW, False),
        ('model:signal:bool{job!="vllm",signal="slow"}', SLOW, False),
        ("max_over_time(job:x:sum[5m])", PLAIN, False),
        ("job:x:sum offset 5m", PLAIN, False),
        ('max_over_time(model:signal:bool{signal="idle"}[5m])', SLOW, True),
    ],
)
def test_an_expression_stands_for_a_series_of_one_moment_without_further_matchers(text, rule, expected):
    assert stands_alone(text, rule) is expected


def test_an_expression_in_place_has_the_name_and_the_labels_of_the_record():
    assert in_place('model:signal:bool{signal="slow"} > 0', SLOW, "a or b", "model:signal:bool__m1") == (
        'label_replace(label_replace(a or b, "__name__", "model:signal:bool__m1", "", ""), "signal", "slow", "", "") > 0'
    )
