"""States from evaluation to evaluation: at the borders by hand, and over long random pasts against Prometheus' own code."""

import random
from math import nan

import pytest
import yaml

from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.alert_states import AlertStates, InstanceState
from glassbox.prometheus import promtool
from glassbox.prometheus.promtool import DEBIAN_PACKAGES
from glassbox.servers.components import ensure_components

INTERVAL_SECONDS = 60


def rule(for_seconds=0, keep_firing_seconds=0, query="m == 1", **labels):
    return AlertRule(
        "A",
        "group",
        query,
        interval_seconds=INTERVAL_SECONDS,
        for_seconds=for_seconds,
        keep_firing_seconds=keep_firing_seconds,
        labels=labels,
    )


def states_after(alert, present, values=None):
    """The state of the one instance after each evaluation, `p`, `f` or `.`; `present` has `1` where its series is there."""
    machine, said = AlertStates(alert), ""
    identity = tuple(sorted(alert.labels_of({"job": "a"}).items()))
    for number, there in enumerate(present):
        value = values[number] if values else 1.0
        machine.evaluate(number * INTERVAL_SECONDS, [(identity, value)] if there == "1" else [])
        said += {None: ".", InstanceState.PENDING: "p", InstanceState.FIRING: "f"}[machine.states.get(identity)]
    return said, machine


@pytest.mark.parametrize(
    ("for_minutes", "keep_minutes", "present", "states"),
    [
        (0, 0, "0110", ".ff."),
        (1, 0, "0111", ".pff"),
        (2, 0, "011110", ".ppff."),
        (2, 0, "0110110", ".pp.pp."),
        # A gap of one evaluation ends it, and what follows begins anew.
        (2, 0, "111101111", "ppff.ppff"),
        # It goes on while less than that has passed since the first evaluation without the series: two here.
        (0, 2, "11000", "ffff."),
        (0, 1, "1010", "ffff"),
        (0, 1, "10010", "ff.ff"),
        (1, 2, "1100110000", "pfffffff.."),
        # Pending ones are not kept.
        (2, 5, "1101", "pp.p"),
    ],
)
def test_an_instance_is_pending_firing_and_gone_at_the_evaluations_of_prometheus(
    for_minutes, keep_minutes, present, states
):
    assert states_after(rule(60 * for_minutes, 60 * keep_minutes), present)[0] == states


def test_for_that_is_no_multiple_of_the_interval_ends_at_the_next_evaluation():
    assert states_after(rule(90), "11111")[0] == "ppfff"


def test_a_firing_is_from_the_evaluation_that_fired_it_to_the_one_without_it():
    _, machine = states_after(rule(120), "0111110011110", [0, 5, 7, 9, 8, 7, 0, 0, 1, 2, 3, 4, 0])
    assert [(each.started, each.ended, each.peak, each.peak_time) for each in machine.firings] == [
        (180, 360, 9, 180),
        (600, 720, 4, 660),
    ]
    assert machine.firings[0].labels == {"alertname": "A", "job": "a"}
    assert machine.still_firing() == [] and machine.idle


def test_the_worst_value_may_be_one_of_the_pending_time():
    _, machine = states_after(rule(120), "11110", [9, 3, 2, 1, 0])
    assert (machine.firings[0].peak, machine.firings[0].peak_time) == (9, 0)


def test_of_an_alert_on_too_little_the_lowest_value_is_the_worst():
    _, machine = states_after(rule(query="a / b < 5 and c > 3"), "1110", [4, 1, 3, 0])
    assert (machine.firings[0].peak, machine.firings[0].peak_time) == (1, 60)


def test_a_value_that_is_not_a_number_fires_and_is_never_the_worst():
    _, machine = states_after(rule(query="m"), "1110", [nan, 2, nan, 0])
    assert (machine.firings[0].peak, machine.firings[0].ended) == (2, 180)


def test_what_still_fires_has_no_end():
    _, machine = states_after(rule(60), "0111")
    assert machine.firings == []
    assert [(each.started, each.ended) for each in machine.still_firing()] == [(120, None)]


def test_a_series_that_changes_a_label_is_another_instance():
    machine = AlertStates(rule(60))
    old, new = (("version", "1"),), (("version", "2"),)
    for time, identity in ((0, old), (60, old), (120, new), (180, new)):
        machine.evaluate(time, [(identity, 1.0)])
    assert [(each.labels, each.started, each.ended) for each in machine.firings] == [({"version": "1"}, 60, 120)]
    assert [(each.labels, each.started) for each in machine.still_firing()] == [({"version": "2"}, 180)]


def test_two_series_of_one_instance_fail_the_evaluation_and_change_nothing():
    machine = AlertStates(rule())
    one = (("job", "a"),)
    machine.evaluate(0, [(one, 1.0)])
    machine.evaluate(60, [(one, 1.0), (one, 2.0)])
    assert (machine.states, machine.failed_evaluations) == ({one: InstanceState.FIRING}, 1)
    machine.evaluate(120, [])
    assert [(each.started, each.ended) for each in machine.firings] == [(0, 120)]


def past_of(chance, series, evaluations):
    """Whether the condition of each series holds at each evaluation: runs of both, of one evaluation and more."""
    held = {}
    for name in series:
        now, past = False, []
        for _ in range(evaluations):
            now = now if chance.random() < 0.7 else not now
            past.append(now)
        held[name] = past
    return held


def expected_by(alerts, held, evaluations):
    """Each evaluation's time in minutes, and what `ALERTS` has then according to our states."""
    machines = [AlertStates(alert) for alert in alerts]
    for number in range(evaluations):
        samples = []
        for alert, machine in zip(alerts, machines, strict=True):
            series = [{"job": name} for name, past in held.items() if past[number]]
            found = [(tuple(sorted(alert.labels_of(each).items())), 1.0) for each in series]
            machine.evaluate(number * INTERVAL_SECONDS, found)
            for identity, state in machine.states.items():
                labels = ",".join(f'{name}="{value}"' for name, value in {**dict(identity), "alertstate": state.value}.items())  # fmt: skip
                samples.append({"labels": f"ALERTS{{{labels}}}", "value": 1})
        yield f"{number}m", samples


CASES = [(0, 0), (60, 0), (120, 0), (90, 0), (300, 0), (0, 60), (0, 180), (120, 120), (60, 90), (240, 300)]


@pytest.mark.parametrize("seed", range(3))
def test_states_at_every_evaluation_are_those_of_prometheus(seed, tmp_path):
    """promtool evaluates the same alerts over the same series, and is told the states that ours has at each evaluation."""
    ensure_components(DEBIAN_PACKAGES)
    evaluations = 120
    held = past_of(random.Random(seed), ("a", "b", "c"), evaluations)
    alerts = [
        AlertRule(f"A{number}", "group", "m == 1", INTERVAL_SECONDS, for_, keep, {"severity": "page"})
        for number, (for_, keep) in enumerate(CASES)
    ]
    rules = [
        {
            "alert": each.name,
            "expr": each.query,
            "for": f"{each.for_seconds}s",
            "keep_firing_for": f"{each.keep_firing_seconds}s",
            "labels": dict(each.labels),
        }
        for each in alerts
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "group", "rules": rules}]}))
    series = [
        {"series": f'm{{job="{name}"}}', "values": " ".join("1" if each else "0" for each in past)}
        for name, past in held.items()
    ]
    expected = list(expected_by(alerts, held, evaluations))
    assert sum(len(samples) for _, samples in expected) > 5 * evaluations
    test = {
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            {"expr": "ALERTS", "eval_time": time, "exp_samples": samples} for time, samples in expected
        ],
    }
    file = tmp_path / "states.test.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}))
    assert promtool.test_rules([file]).problems == ()
