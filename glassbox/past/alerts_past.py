"""The series that a Prometheus writes about its alerts: ALERTS, and ALERTS_FOR_STATE, from which it restores them after a start.

https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glassbox.past.rule_order import RecordingRule
from glassbox.past.staleness import Key, key_of
from glassbox.prometheus.samples import StoredSeries
from glassbox.prometheus.times import interval_seconds
from glassbox.query.promql import duration_seconds


@dataclass(frozen=True)
class AlertingRule:
    """An alert as a rule whose results have its labels, and how long it must hold."""

    rule: RecordingRule
    for_seconds: int


def alerting_rules_of(files: Iterable[Mapping[str, Any]]) -> tuple[AlertingRule, ...]:
    """The alerts of Prometheus rule files; labels with templates, which depend on values, are left out."""
    return tuple(
        AlertingRule(
            RecordingRule(
                group["name"],
                place,
                interval_seconds(group),
                "ALERTS",
                str(rule["expr"]),
                (("alertname", rule["alert"]), *_plain(rule.get("labels") or {})),
            ),
            duration_seconds(rule["for"]) if rule.get("for") else 0,
        )
        for file in files
        for group in file.get("groups") or ()
        for place, rule in enumerate(group.get("rules") or ())
        if "alert" in rule
    )


def _plain(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in sorted(labels.items()) if "{{" not in value)


class AlertsOfRule:
    """Since when each alert of a rule has held, from one piece of time to the next."""

    def __init__(self, alert: AlertingRule) -> None:
        self._for_ms = alert.for_seconds * 1000
        self._since_ms: dict[Key, int] = {}

    def series(self, found: Sequence[StoredSeries], moments: range) -> list[StoredSeries]:
        """The series that are written for these moments of evaluation; `found` has samples at those at which the condition held."""
        held = {key_of(each.labels): each for each in found}
        for key in self._since_ms.keys() - held.keys():
            del self._since_ms[key]
        return [series for key, each in held.items() for series in self._of_one(key, each, moments)]

    def _of_one(self, key: Key, result: StoredSeries, moments: range) -> Iterator[StoredSeries]:
        times: dict[str, list[int]] = {"pending": [], "firing": []}
        since: list[float] = []
        holds = set(result.times_ms)
        for moment in moments:
            if moment not in holds:
                self._since_ms.pop(key, None)
                continue
            started = self._since_ms.setdefault(key, moment)
            times["firing" if moment - started >= self._for_ms else "pending"].append(moment)
            since.append(started // 1000)
        for state, of_state in times.items():
            if of_state:
                yield StoredSeries({**result.labels, "alertstate": state}, of_state, [1.0] * len(of_state))
        yield StoredSeries({**result.labels, "__name__": "ALERTS_FOR_STATE"}, result.times_ms, since)
