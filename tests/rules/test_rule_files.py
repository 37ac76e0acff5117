"""Every rule test of this folder, run by promtool against freshly compiled rule files.

In an expression, {{ module.NAME }} is the text of that query in `recording_rules/`, which boards ask without its being recorded;
that of `cost` has the prices of the file's settings.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from glassbox.compile.outputs import write_bundle
from glassbox.prometheus import promtool
from glassbox.query.rules import Severity
from glassbox.servers.components import ensure_components
from glassbox.settings.loading import load_settings
from glassbox.settings.model import Settings
from tests.support.ours import our_alert_groups, our_bundle, our_record_groups
from tests.support.promtool_windows import closed
from tests.support.rule_test_files import TEST_FILES, how_to_run, queries, read, settings_file

ALERTS = [alert for group in our_alert_groups() for alert in group.alerts]
ALERT_NAMES = sorted(alert.name for alert in ALERTS)
HEARTBEATS = {alert.name for alert in ALERTS if alert.severity is Severity.HEARTBEAT}
RECORDED = sorted({record.name for group in our_record_groups() for record in group.records})


QUERIES = queries(Settings())


@pytest.fixture(scope="module", autouse=True)
def _promtool() -> None:
    ensure_components()


@pytest.fixture(scope="module")
def compiled_rules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path | None], Path]:
    """Gives the folder of the rules compiled with a settings file, or with the defaults; compiles each once."""

    @cache
    def compile_rules(settings_file: Path | None) -> Path:
        folder = tmp_path_factory.mktemp("rules")
        for file in write_bundle(our_bundle(load_settings(settings_file)), folder):
            file.write_text(closed(file.read_text(encoding="utf-8")), encoding="utf-8")
        return folder

    return compile_rules


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.name)
def test_rules(file: Path, compiled_rules: Callable[[Path | None], Path]) -> None:
    """promtool agrees with every expectation in the file."""
    copy = compiled_rules(settings_file(file)) / file.name
    copy.write_text(closed(yaml.safe_dump(read(file) | how_to_run(), width=10**9)), encoding="utf-8")
    result = promtool.test_rules([copy])
    assert result.passed, "\n".join(result.problems)


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
