"""A default that a runbook states stands behind the name of its setting, and is the default.

Runbooks are read as they are in the repository, so nothing fills their numbers in.
"""

import re

import pytest

from glassbox.query.slo import outage_seconds
from glassbox.settings.model import Settings
from tests.support.compiled_content import Compiled, changed, default_compiled
from tests.support.moved_numbers import moved_numbers
from tests.support.paths import ROOT

RUNBOOKS = ROOT / "alerts" / "runbooks"
FILES = sorted(RUNBOOKS.glob("*.md"))
# `thresholds.kv_cache_high_ratio` (90%), with a unit or without.
_STATED = re.compile(r"`((?:thresholds|gpu|cost|slo)[\w.]*)` \((\d[\d.]*)(%| s)?\)")


def _default(setting: str) -> float:
    value = Settings()
    for name in setting.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_stated_defaults_are_the_defaults(file):
    stated = _STATED.findall(file.read_text(encoding="utf-8"))
    wrong = [
        (setting, number + unit)
        for setting, number, unit in stated
        if float(number) / (100 if unit == "%" else 1) != pytest.approx(_default(setting))
    ]
    assert not wrong


def test_the_minutes_of_a_full_outage_are_those_of_the_paging_windows():
    text = (RUNBOOKS / "InferenceErrorBudgetBurnFast.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("Where every request is bad"))
    stated = re.findall(r"([\d.]+)% (?:is above the limit )?after (\d+\.\d)", line)
    budgets = {percent: (100 - float(percent)) / 100 for percent, _ in stated}
    assert len(stated) == 4
    assert {
        percent: f"{outage_seconds(budgets[percent], Settings().slo_period_days) / 60:.1f}" for percent in budgets
    } == dict(stated)


@pytest.mark.parametrize("number", moved_numbers(), ids=lambda number: number.name)
def test_what_an_alert_means_states_no_default_without_its_setting(number):
    alerts, _ = changed(default_compiled(), Compiled(number.after))
    bare = {}
    for alert in sorted(alerts):
        text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
        meaning = _STATED.sub("", text.split("## Impact")[0])
        if old := number.stated_in(meaning):
            bare[alert] = old
    assert not bare
