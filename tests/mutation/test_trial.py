"""Whether a faulty rule is told from a right one, on a rule test small enough to be read at once."""

from pathlib import Path

import pytest
import yaml

from glassbox.errors import GlassboxError
from glassbox.servers.components import ensure_components
from tests.mutation import trial, worlds
from tests.mutation.trial import trials
from tests.mutation.worlds import noticed, rejected
from tests.support.needed_rules import Rule

RECORD = {"record": "job:x:sum", "expr": "sum by (job) (x)"}
READER = {"record": "job:x_twice:sum", "expr": "job:x:sum * 2"}
ALERT = {"alert": "Full", "expr": "job:x_twice:sum > 10", "for": "1m", "labels": {"severity": "page"}}
STRANGER = {"record": "job:y:sum", "expr": "sum by (job) (y)"}

# Two series of 3 from 2:00 on: 12 is more than 10 there, pending until 3:00.
TEST = {
    "rule_files": ["recording_rules/a.yaml", "alerts/b.yaml"],
    "evaluation_interval": "30s",
    "tests": [
        {
            "name": "fires",
            "interval": "30s",
            "input_series": [
                {"series": 'x{job="j",n="1"}', "values": "0x3 3x20"},
                {"series": 'x{job="j",n="2"}', "values": "0x3 3x20"},
            ],
            "alert_rule_test": [
                {"eval_time": "2m30s", "alertname": "Full", "exp_alerts": []},
                {
                    "eval_time": "3m",
                    "alertname": "Full",
                    "exp_alerts": [{"exp_labels": {"job": "j", "severity": "page"}}],
                },
            ],
        },
        {
            "name": "sum",
            "interval": "30s",
            "input_series": [{"series": 'x{job="j"}', "values": "3x9"}, {"series": 'y{job="j"}', "values": "1x9"}],
            "promql_expr_test": [
                {"expr": "job:x:sum", "eval_time": "1m", "exp_samples": [{"labels": 'job:x:sum{job="j"}', "value": 3}]},
                {"expr": "job:y:sum", "eval_time": "1m", "exp_samples": [{"labels": 'job:y:sum{job="j"}', "value": 1}]},
            ],
        },
    ],
}


@pytest.fixture
def write(tmp_path: Path, monkeypatch):
    """Puts the rules and one test file in the place of ours."""
    ensure_components()
    rules = tuple(Rule("recording_rules/a.yaml", "a", body) for body in (RECORD, READER, STRANGER))
    monkeypatch.setattr(trial, "compiled", lambda settings: (*rules, Rule("alerts/b.yaml", "b", ALERT)))
    monkeypatch.setattr(worlds, "how_to_run", lambda: {"group_eval_order": ["a", "b"]})

    def write_test(test):
        file = tmp_path / "small.test.yml"
        file.write_text(yaml.safe_dump(test), encoding="utf-8")
        monkeypatch.setattr(trial, "TEST_FILES", [file])

    return write_test


def killed(identity, bodies):
    found = set()
    for each in trials(identity):
        found |= noticed(each, dict(enumerate(bodies, start=1)))
    return found


def test_what_fails_a_case_is_killed_and_the_rest_survives(write):
    write(TEST)
    bodies = [
        ALERT | {"expr": "job:x_twice:sum < 10"},
        ALERT | {"expr": "job:x_twice:sum > 12"},
        ALERT | {"expr": "job:x_twice:sum > 11"},
        ALERT | {"for": "30s"},
        ALERT | {"for": "2m"},
    ]
    assert killed("Full", bodies) == {1, 2, 4, 5}


def test_a_record_is_judged_by_what_reads_it_too(write):
    """As max it would be 6 and not fire; of one series max and sum are the same, and the record's own case is blind."""
    write(TEST)
    assert killed("job:x:sum", [RECORD | {"expr": "max by (job) (x)"}, RECORD | {"expr": "sum by (job) (x) + 0"}]) == {
        1
    }


def test_an_error_of_one_mutant_does_not_judge_the_others(write):
    """Two series of one label set are an error of the evaluation, which ends the test for all copies."""
    write(TEST)
    broken = RECORD | {"expr": 'label_replace(x, "n", "", "", "")'}
    bodies = [broken, RECORD | {"expr": "sum by (job) (x) + 0"}, RECORD | {"expr": "sum by (job) (x) + 1"}]
    assert killed("job:x:sum", bodies) == {1, 3}


def test_only_what_depends_on_the_rule_is_run(write):
    write(TEST)
    (only,) = trials("job:y:sum")
    assert [test["name"] for test in only.tests] == ["sum"]
    assert [case["expr"] for case in only.tests[0]["promql_expr_test"]] == ["job:y:sum"]
    # The record's expression is asked in the case, so that no rule need run.
    assert only.rules == ()


def test_given_series_of_a_copied_name_are_copied(write):
    test = {"name": "given", "input_series": [{"series": 'job:x_twice:sum{job="given"}', "values": "7x9"}]}
    case = {"expr": "sum(job:x_twice:sum)", "eval_time": "2m", "exp_samples": [{"labels": "{}", "value": 7}]}
    write({**TEST, "tests": [test | {"promql_expr_test": [case]}]})
    assert killed("job:x_twice:sum", [READER | {"expr": "job:x:sum * 3"}, READER | {"expr": "vector(3)"}]) == {2}


def test_tests_that_fail_without_a_fault_are_refused(write):
    case = {"expr": "job:y:sum", "eval_time": "1m", "exp_samples": [{"labels": "job:y:sum", "value": 9}]}
    write({**TEST, "tests": [{**TEST["tests"][1], "promql_expr_test": [case]}]})
    with pytest.raises(GlassboxError, match=r"small\.test\.yml fails without any fault"):
        killed("job:y:sum", [STRANGER | {"expr": "vector(1)"}])


def test_what_is_no_rule_is_told_apart():
    ensure_components()
    subject = Rule("recording_rules/a.yaml", "a", RECORD)
    assert rejected(subject, {1: RECORD | {"expr": "sum by (job) (x[5m])"}, 2: RECORD}) == {1}
    assert rejected(subject, {2: RECORD}) == set()


def test_long_tests_run_alone_and_short_ones_first(write, monkeypatch):
    monkeypatch.setattr(trial, "STEPS_OF_A_RUN", 6)
    write(TEST)
    # "sum" takes 2 steps of 30 s, "fires" takes 6: together more than a run holds.
    assert [[test["name"] for test in part.tests] for part in trials("job:x:sum")] == [["sum"], ["fires"]]


SIGNALS = [
    {"record": "model:signal:bool", "expr": expr, "labels": {"signal": name}}
    for name, expr in (("slow", "x > bool 5"), ("idle", "y == bool 0"))
]
VERDICT = {"record": "model:verdict:code", "expr": 'model:signal:bool{signal="slow"} == 1'}


def signals_test(*cases):
    """x is 6 and y is 1: slow, and not idle."""
    given = [{"series": 'x{job="j"}', "values": "6x9"}, {"series": 'y{job="j"}', "values": "1x9"}]
    return {
        "rule_files": ["recording_rules/a.yaml"],
        "tests": [{"name": "signals", "interval": "1m", "input_series": given, "promql_expr_test": list(cases)}],
    }


def valued(expr, labels, value):
    return {"expr": expr, "eval_time": "2m", "exp_samples": [{"labels": labels, "value": value}]}


@pytest.fixture
def write_signals(write, monkeypatch):
    """As above, with two records of one name and one that reads the first of them."""
    rules = tuple(Rule("recording_rules/a.yaml", "a", body) for body in (*SIGNALS, VERDICT))
    monkeypatch.setattr(trial, "compiled", lambda settings: rules)
    return write


SLOW, IDLE = (f'model:signal:bool{{signal="{name}"}}' for name in ("slow", "idle"))
SLOW_CASE = valued(SLOW, 'model:signal:bool{job="j",signal="slow"}', 1)
IDLE_CASE = valued(IDLE, 'model:signal:bool{job="j",signal="idle"}', 0)
VERDICT_CASE = valued("model:verdict:code", 'model:verdict:code{job="j",signal="slow"}', 1)


def test_a_record_is_not_judged_by_readers_of_another_of_its_name(write_signals):
    write_signals(signals_test(SLOW_CASE, IDLE_CASE, VERDICT_CASE))
    assert [len(each.tests[0]["promql_expr_test"]) for each in trials("model:signal:bool{signal=idle}")] == [1]
    assert killed("model:signal:bool{signal=idle}", [SIGNALS[1] | {"expr": "y == bool 1"}, SIGNALS[1]]) == {1}


def test_a_reader_sees_the_mutant_of_the_record_it_reads(write_signals):
    write_signals(signals_test(VERDICT_CASE))
    bodies = [SIGNALS[0] | {"expr": expr} for expr in ("x < bool 5", "x > bool 4", "x > 5")]
    # 6 > 5 keeps the 6, which is not 1.
    assert killed("model:signal:bool{signal=slow}", bodies) == {1, 3}


def test_a_case_about_all_of_one_name_sees_each(write_signals):
    both = valued("sum(model:signal:bool)", "{}", 1)
    write_signals(signals_test(both))
    assert killed("model:signal:bool{signal=idle}", [SIGNALS[1] | {"expr": "y == bool 1"}, SIGNALS[1]]) == {1}


def test_readers_run_only_for_faults_that_change_a_value(write_signals, monkeypatch):
    write_signals(signals_test(VERDICT_CASE))
    run, runs = worlds._run, []
    monkeypatch.setattr(
        worlds, "_run", lambda each, bodies: runs.append((len(each.rules), sorted(bodies))) or run(each, bodies)
    )
    bodies = [SIGNALS[0] | {"expr": expr} for expr in ("x > bool 4", "x > bool 7", "x > bool 3")]
    assert killed("model:signal:bool{signal=slow}", bodies) == {2}
    # First the record alone with all three, then its reader with the one that differs.
    assert runs == [(1, [1, 2, 3]), (2, [2])]


def test_a_series_that_comes_or_goes_is_another_value(write_signals):
    write_signals(signals_test(VERDICT_CASE))
    assert killed("model:signal:bool{signal=slow}", [SIGNALS[0] | {"expr": "(x > bool 5) > 1"}]) == {1}
