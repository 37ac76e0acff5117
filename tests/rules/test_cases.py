"""The list of cases: every alert has every case, in a test of that name or with the reason why it does not apply."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ours import our_alert_groups

FOLDER = Path(__file__).parent
CASES = (
    "fires",
    "just below",
    "low traffic",
    "counter reset",
    "series missing",
    "all targets gone",
    "start-up",
    "scale to zero",
)
NOT_APPLICABLE = "not applicable: "
# There one series is just below each limit and another just above, so that the test as a whole fires, for the latter alone.
SEVERAL_LIMITS_IN_ONE = {"GPUThrottling", "GPUIdleButPaid"}
LISTED: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
TESTS: dict[str, dict[str, Any]] = {
    test["name"]: test
    for file in FOLDER.glob("alerts-*.test.yml")
    for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
}
NAMED = [
    pytest.param(alert, case, test, id=f"{alert}: {case}")
    for alert, cases in LISTED.items()
    for case, test in cases.items()
    if not test.startswith(NOT_APPLICABLE)
]


def test_every_alert_is_listed_with_every_case() -> None:
    names = {alert.name for group in our_alert_groups() for alert in group.alerts}
    assert set(LISTED) == names
    assert {alert: tuple(cases) for alert, cases in LISTED.items()} == dict.fromkeys(LISTED, CASES)


def test_a_case_that_does_not_apply_says_why_and_firing_always_applies() -> None:
    reasons = [
        (case, text.removeprefix(NOT_APPLICABLE))
        for cases in LISTED.values()
        for case, text in cases.items()
        if text.startswith(NOT_APPLICABLE)
    ]
    assert all(len(reason.split()) >= 3 for _, reason in reasons), reasons
    assert "fires" not in {case for case, _ in reasons}


@pytest.mark.parametrize(("alert", "case", "test"), NAMED)
def test_a_named_test_exists_and_judges_the_alert(alert: str, case: str, test: str) -> None:
    """It must look at this alert: a firing one seen firing, and what is just below the limit seen silent."""
    expectations = [entry for entry in TESTS[test]["alert_rule_test"] if entry["alertname"] == alert]
    assert expectations
    firing = [bool(entry["exp_alerts"]) for entry in expectations]
    if case == "fires":
        assert any(firing)
    if case == "just below" and alert not in SEVERAL_LIMITS_IN_ONE:
        assert not all(firing)
