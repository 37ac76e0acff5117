"""The two rule tests of an alert that are disturbed: the first in which it fires, and the first that is just below."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import Json
from glassbox.query.promql import duration_seconds
from glassbox.query.rules import Alert
from recording_rules import engine
from tests.support.disturbing.disturbances import Disturbance, Given
from tests.support.disturbing.samples import Series, answering, read_series
from tests.support.rule_test_files import TEST_FILES

FIRES, JUST_BELOW = "fires", "just below"
# Alerts without `for`, whose record holds the wait.
_WAITS_IN_RECORDS = {"InferenceKVCacheFullAndQueueing": int(duration_seconds(engine.QUEUEING_WINDOW))}
# Prometheus' usual one. Tests over days are given in longer steps, which no failed scrape could be bridged over.
_LONGEST_SCRAPE_SECONDS = 30
# Over days these would be too many, and a minute still leaves rates enough.
_DAY_SECONDS, _RARE_SCRAPE_SECONDS = 24 * 3600, 60
# Of a test over days this much is looked at: no window that decides in one is longer than a day.
_LOOKED_BACK_SECONDS, _SKIPPED_STEP_SECONDS = 27 * 3600, 300
# From so long a test on, how far evaluations are apart.
_RARE_SECONDS = {2 * 3600: 300}


@dataclass(frozen=True)
class RuleTest:
    """One test as one alert sees it."""

    file: Path
    content: Json
    alert: str
    case: str
    waits_seconds: int
    """The alert's `for`, or as long as its record waits."""

    @property
    def _expected(self) -> dict[int, list[Json]]:
        """The alerts that fire, by the second at which the test asks."""
        cases = [case for case in self.content["alert_rule_test"] if case["alertname"] == self.alert]
        return {duration_seconds(case["eval_time"]): case.get("exp_alerts") or [] for case in cases}

    @property
    def fires_first(self) -> list[dict[str, str]]:
        """The labels of what fires at the end, where the test is to fire."""
        return [alert["exp_labels"] for alert in self._expected[self._decided]]

    @property
    def may_fire(self) -> list[dict[str, str]]:
        """The labels of what fires at some time of the part that is looked at; all of it where what fires lasts on."""
        at = [alerts for second, alerts in self._expected.items() if self.case == FIRES or second <= self._decided]
        return [alert["exp_labels"] for alerts in at for alert in alerts]

    @property
    def _decided(self) -> int:
        """The second of the test at which it fires for the first time; or at which it is silent last, well before it fires if it does."""
        firing = min((second for second, alerts in self._expected.items() if alerts), default=None)
        if self.case == FIRES and firing is not None:
            return firing
        silent = [second for second, alerts in self._expected.items() if not alerts]
        before = [second for second in silent if firing is None or second <= firing - 2 * self._given_evaluation]
        return max(before or self._expected)

    @property
    def _skipped(self) -> int:
        """Seconds at the beginning of a test over days that are left out."""
        return max(0, self._decided - _LOOKED_BACK_SECONDS) // _SKIPPED_STEP_SECONDS * _SKIPPED_STEP_SECONDS

    @property
    def ends(self) -> int:
        """The second, counted from where the series begin, at which it is decided whether it fires."""
        return self._decided - self._skipped

    @property
    def _last_firing(self) -> int:
        return max((second for second, alerts in self._expected.items() if alerts), default=self._decided)

    @property
    def interval_seconds(self) -> int:
        return min(self._given_interval, _LONGEST_SCRAPE_SECONDS if self.ends < _DAY_SECONDS else _RARE_SCRAPE_SECONDS)

    @property
    def evaluated_seconds(self) -> int:
        """Between two evaluations; rarer in long tests, which hold all the same."""
        rare = [seconds for longer, seconds in _RARE_SECONDS.items() if self.ends > longer]
        return max(self._given_evaluation, *rare, 0)

    @property
    def _given_evaluation(self) -> int:
        return int(duration_seconds(_read(self.file)["evaluation_interval"]))

    @property
    def _given_interval(self) -> int:
        return int(duration_seconds(self.content["interval"]))

    def until(self, disturbance: Disturbance) -> int:
        """The second up to which the disturbed test is looked at."""
        if self.case == JUST_BELOW:
            return self.ends
        again = self.waits_seconds if disturbance.waits_again else 0
        # Where evaluations are rare, what a test expects comes a little later.
        later = self.ends + disturbance.later_seconds + again + 2 * self.evaluated_seconds
        return later // self.evaluated_seconds * self.evaluated_seconds

    def given(self, disturbance: Disturbance, healthy: "RuleTest | None") -> Given:
        """What the disturbance changes: the series up to where they are looked at, and the moment in their middle."""
        seconds = self.until(disturbance)
        middle = self.ends - self.waits_seconds / 2 if self.case == FIRES else self.ends / 2
        beside = (healthy or self).series(seconds)
        return Given(self.series(seconds), beside, self.interval_seconds, int(middle) // self.interval_seconds)

    def series(self, seconds: int) -> tuple[Series, ...]:
        """The series for so long, as they were while the alert fired: what ends it is left out, what lasts goes on."""
        given = [self._prolonged(read_series(entry), seconds) for entry in self.content.get("input_series", ())]
        return (*given, *answering(given))

    def _prolonged(self, series: Series, seconds: int) -> Series:
        covers = len(series.samples) * self._given_interval >= max(self._expected)
        cut = series.until(self._last_firing // self._given_interval + 1) if self.case == FIRES else series
        skipped = self._skipped // self._given_interval
        count = seconds // self._given_interval + 2 + skipped
        lasting = (cut.extended(count) if covers else cut).until(count)
        return replace(lasting, samples=lasting.samples[skipped:]).refined(
            self._given_interval // self.interval_seconds
        )


@cache
def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return content


def pair(alert: Alert) -> dict[str, RuleTest]:
    """The tests by their case; a heartbeat has none that is silent."""
    waits_seconds = max(int(duration_seconds(alert.for_)), _WAITS_IN_RECORDS.get(alert.name, 0))
    claims = list(_claims(alert.name))
    found: dict[str, RuleTest] = {}
    # Where one test is of both, its silence is only that before it fires: one that is only just below comes first.
    silent = [each for each in claims if each[0] == JUST_BELOW and FIRES not in each[2]["cases"][alert.name]]
    for case, file, test in (*silent, *claims):
        found.setdefault(case, RuleTest(file, test, alert.name, case, waits_seconds))
    return {case: found[case] for case in (FIRES, JUST_BELOW) if case in found}


def _claims(alert: str) -> Iterator[tuple[str, Path, Json]]:
    for file in (file for file in TEST_FILES if file.name.startswith("alerts-")):
        for test in _read(file)["tests"]:
            for case in test.get("cases", {}).get(alert, ()):
                yield case, file, test
