"""Every alert has every case: in a test that says so beside its series and can show it, or with the reason why it does not apply."""

from pathlib import Path

import pytest
import yaml

from glassbox.compile.bundle import Json
from tests.support.ours import our_alert_groups
from tests.support.rule_cases import CASES, ClaimedTest, given_series

Claims = dict[str, dict[str, list[ClaimedTest]]]
Reasons = dict[str, dict[str, str]]


def claims_and_reasons(files: list[Json]) -> tuple[Claims, Reasons]:
    """What the tests of these files say they show, and why some cases are not shown, by alert and case."""
    claims: Claims = {}
    reasons: Reasons = {}
    for content in files:
        for alert, why in content.get("not_applicable", {}).items():
            assert alert not in reasons, f"{alert} has its reasons in two files"
            reasons[alert] = why
        for test in content["tests"]:
            for alert, cases in test.get("cases", {}).items():
                for case in cases:
                    claims.setdefault(alert, {}).setdefault(case, []).append(ClaimedTest(test, alert))
    return claims, reasons


FILES = sorted(Path(__file__).parent.glob("alerts-*.test.yml"))
CLAIMS, REASONS = claims_and_reasons([yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES])
ALERTS = sorted(alert.name for group in our_alert_groups() for alert in group.alerts)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_case_is_shown_or_does_not_apply(alert: str) -> None:
    shown, excused = set(CLAIMS.get(alert, {})), set(REASONS.get(alert, {}))
    assert shown | excused == set(CASES)
    assert not shown & excused


def test_only_alerts_that_exist_have_cases() -> None:
    assert set(CLAIMS) | set(REASONS) == set(ALERTS)


def test_a_reason_is_a_sentence_and_firing_always_applies() -> None:
    reasons = [(case, reason) for cases in REASONS.values() for case, reason in cases.items()]
    assert all(len(reason.split()) >= 3 for _, reason in reasons), reasons
    assert "fires" not in {case for case, _ in reasons}


@pytest.mark.parametrize(
    ("alert", "case", "test"),
    [
        pytest.param(alert, case, test, id=f"{alert}: {case}: {test.test['name']}")
        for alert, cases in CLAIMS.items()
        for case, tests in cases.items()
        for test in tests
    ],
)
def test_a_test_can_show_what_it_is_for(alert: str, case: str, test: ClaimedTest) -> None:
    assert test.expected, f"it does not ask for {alert}"
    assert CASES[case](test, CLAIMS[alert]["fires"][0]), "its series and expectations are not those of the case"


TARGET = '{job="vllm",instance="a:8000"}'
REQUESTS, RUNNING, UP = (
    f"{name}{TARGET}" for name in ("vllm:request_success_total", "vllm:num_requests_running", "up")
)
FIRING = {"exp_labels": {"job": "vllm", "instance": "a:8000"}}


def claimed(series: dict[str, str], *expected: list[Json]) -> ClaimedTest:
    """A test with these series (values by series), in which the alert X is expected to be thus, time after time."""
    given = [{"series": name, "values": values} for name, values in series.items()]
    return ClaimedTest(
        {"input_series": given, "alert_rule_test": [{"alertname": "X", "exp_alerts": each} for each in expected]}, "X"
    )


FIRES = claimed({REQUESTS: "0+1x9", RUNNING: "1x9"}, [], [FIRING])
SHOWN = {
    "fires": FIRES,
    "just below": claimed({REQUESTS: "0+1x9"}, []),
    "low traffic": claimed({REQUESTS: "0+1x9"}, []),
    "counter reset": claimed({REQUESTS: "5+1x9 0+1x9"}, []),
    "series missing": claimed({RUNNING: "1x9"}, []),
    "all targets gone": claimed({REQUESTS: "0+1x9 stale", UP: "1x9 stale"}, [FIRING], []),
    "start-up": claimed({REQUESTS: "_x5 0+1x9"}, []),
    "scale to zero": claimed({REQUESTS: "0+1x9 stale"}, []),
}
NOT_SHOWN = {
    "fires": claimed({REQUESTS: "0+1x9"}, []),
    "just below": claimed({REQUESTS: "0+1x9"}, [FIRING]),
    "low traffic": claimed({REQUESTS: "0+1x9"}, [FIRING]),
    # A gauge that falls is no restart.
    "counter reset": claimed({REQUESTS: "0+1x9", RUNNING: "5 0x9"}, []),
    "series missing": claimed({REQUESTS: "0+1x9", RUNNING: "1x9"}, []),
    # One series is left.
    "all targets gone": claimed({REQUESTS: "0+1x9 stale", RUNNING: "1x20"}, [FIRING], []),
    "start-up": claimed({REQUESTS: "0+1x9"}, []),
    # It does not end.
    "scale to zero": claimed({REQUESTS: "0+1x9 stale"}, [FIRING]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_told_from_what_is_none(case: str) -> None:
    assert CASES[case](SHOWN[case], FIRES)
    assert not CASES[case](NOT_SHOWN[case], FIRES)


def test_a_neighbour_that_never_fires_is_silence() -> None:
    neighbour = 'vllm:num_requests_running{job="vllm",instance="b:8000"}'
    assert claimed({RUNNING: "9x9", neighbour: "8x9"}, [FIRING]).is_silent


def test_values_are_read_as_promtool_writes_them() -> None:
    series = given_series({"series": 'a{b="c,d"}', "values": "1 2+3x2 -4x1 10-5x1 _x2 _ stale 7e1"})
    assert series.labels == (("b", "c,d"),)
    assert series.samples == (1, 2, 5, 8, -4, -4, 10, 5, None, None, None, None, 70)
