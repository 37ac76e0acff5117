"""What the rule tests of this folder must hold: cases of every alert, and numbers of every recorded series and query."""

from collections.abc import Iterator
from typing import Any

import pytest

from glassbox.query.rules import Severity
from glassbox.settings.model import Settings
from tests.support.ours import our_alert_groups, our_record_groups
from tests.support.rule_test_files import TEST_FILES, queries, read

ALERTS = [alert for group in our_alert_groups() for alert in group.alerts]
ALERT_NAMES = sorted(alert.name for alert in ALERTS)
HEARTBEATS = {alert.name for alert in ALERTS if alert.severity is Severity.HEARTBEAT}
RECORDED = sorted({record.name for group in our_record_groups() for record in group.records})


QUERIES = queries(Settings())


@pytest.mark.parametrize("alert", ALERT_NAMES)
def test_alert_is_seen_firing_and_silent(alert: str) -> None:
    """Every alert has a case in which it fires and one in which it stays silent; a heartbeat is never silent."""
    cases = [case for case in _alert_cases() if case["alertname"] == alert]
    assert any(case.get("exp_alerts") for case in cases), f"{alert} has no test case that fires"
    always = all(case.get("exp_alerts") for case in cases)
    assert always == (alert in HEARTBEATS), f"{alert} has no test case that stays silent"


def test_cases_name_existing_alerts() -> None:
    """A misspelt alert is silent for ever, so a case of it proves nothing."""
    assert {case["alertname"] for case in _alert_cases()} == set(ALERT_NAMES)


def test_firing_cases_state_the_texts() -> None:
    """Who expects an alert also says what its reader sees."""
    silent_texts = [
        case["alertname"]
        for case in _alert_cases()
        for alert in case.get("exp_alerts") or ()
        if not {"summary", "description"} <= set(alert.get("exp_annotations", ()))
    ]
    assert silent_texts == []


def test_test_names_are_unique() -> None:
    """promtool names the failed test, which must lead to one place."""
    names = [test.get("name", "") for file in TEST_FILES for test in read(file)["tests"]]
    assert all(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_series_has_an_exact_value(name: str) -> None:
    assert any(name in text for text in _valued()), f"{name} has no promql_expr_test with samples"


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_has_an_exact_value(name: str) -> None:
    assert any(QUERIES[name] in text for text in _valued()), f"{name} has no promql_expr_test with samples"


def _valued() -> Iterator[str]:
    """Expressions that are expected to have samples, and the names of these."""
    for file in TEST_FILES:
        for case in _cases(read(file), "promql_expr_test"):
            for sample in case.get("exp_samples") or ():
                yield f"{case['expr']} {sample.get('labels', '')}"


def _cases(content: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    for test in content["tests"]:
        yield from test.get(kind, ())


def _alert_cases() -> Iterator[dict[str, Any]]:
    for file in TEST_FILES:
        yield from _cases(read(file), "alert_rule_test")
