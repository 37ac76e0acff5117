"""Rules worked out over the past by range queries to our own Prometheus, and written back into it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from glassbox.errors import GlassboxError
from glassbox.past.alerts_past import AlertingRule, AlertsOfRule
from glassbox.past.own_requests import RefusedError, post
from glassbox.past.remote_write import STALE, Samples, write
from glassbox.past.rule_order import RecordingRule, RuleUnit
from glassbox.past.side_by_side import side_by_side
from glassbox.past.staleness import Key, key_of, merged
from glassbox.prometheus.samples import StoredSeries

_AT_ONCE = 3
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Evaluator:
    """Works rules out at whole multiples of their interval, plus the offset of their group in milliseconds, if it has one.

    A Prometheus evaluates each group at an offset that it derives from the file's path; where that is not known, 0 is as good.
    `series` are those that were recorded, and `failed` what the server said of rules that could not be evaluated at some
    moment; as in a server that records live, they then have no sample of that moment.
    """

    def __init__(self, url: str, offsets_ms: Mapping[str, int] | None = None) -> None:
        self._url, self._offsets_ms = url, offsets_ms or {}
        self._alive: dict[RecordingRule, dict[Key, Mapping[str, str]]] = {}
        self._states: dict[AlertingRule, AlertsOfRule] = {}
        self.series: set[Key] = set()
        self.failed: dict[RecordingRule, str] = {}

    def work_out(self, levels: Sequence[Sequence[RuleUnit]], after_ms: int, until_ms: int) -> None:
        """Record the rules within (after, until], level after level; each piece after the one before it. Raises GlassboxError."""
        for level in levels:
            for _ in side_by_side(lambda unit: self._work_out(unit, after_ms, until_ms), level, _AT_ONCE):
                pass

    def fire(self, alerts: Iterable[AlertingRule], after_ms: int, until_ms: int) -> None:
        """Write the series of the alerts within (after, until], after all that they read; as `work_out`."""
        for _ in side_by_side(lambda alert: self._fire(alert, after_ms, until_ms), alerts, _AT_ONCE):
            pass

    def _fire(self, alert: AlertingRule, after_ms: int, until_ms: int) -> None:
        states = self._states.setdefault(alert, AlertsOfRule(alert))
        for part, found in self._evaluated(alert.rule, self._moments(alert.rule, after_ms, until_ms)):
            self._write(alert.rule, states.series(found, part), part)

    def _work_out(self, unit: RuleUnit, after_ms: int, until_ms: int) -> None:
        moments = {rule: self._moments(rule, after_ms, until_ms) for rule in unit.rules}
        # Rules that read themselves have no result of their own before the first that they have from others.
        if not unit.by_moment or not any(self._results(rule, moments[rule]) for rule in unit.rules):
            for rule, of_rule in moments.items():
                self._record(rule, of_rule)
            return
        for moment in sorted({each for of_rule in moments.values() for each in of_rule}):
            for rule in unit.rules:
                if moment in moments[rule]:
                    self._record(rule, range(moment, moment + 1))

    def _moments(self, rule: RecordingRule, after_ms: int, until_ms: int) -> range:
        step = rule.interval_seconds * 1000
        offset = self._offsets_ms.get(rule.group, 0) % step
        first = (after_ms - offset) // step * step + step + offset
        return range(first, until_ms + 1, step)

    def _record(self, rule: RecordingRule, moments: range) -> None:
        for part, found in self._evaluated(rule, moments):
            self.series |= {key_of(each.labels) for each in found}
            self._write(rule, found, part)

    def _evaluated(self, rule: RecordingRule, moments: range) -> Iterator[tuple[range, list[StoredSeries]]]:
        """The results; of a rule that cannot be evaluated at some of the moments, in parts that leave these out."""
        try:
            found = self._results(rule, moments)
        except RefusedError as error:
            if len(moments) == 1:
                self.failed.setdefault(rule, error.said)
                return
            half = len(moments) // 2
            yield from self._evaluated(rule, moments[:half])
            yield from self._evaluated(rule, moments[half:])
            return
        if moments:
            yield moments, found

    def _write(self, rule: RecordingRule, found: Sequence[StoredSeries], moments: range) -> None:
        """Write series with markers of staleness where they end."""
        write(self._url, self._with_markers(rule, found, moments))

    def _with_markers(self, rule: RecordingRule, found: Sequence[StoredSeries], moments: range) -> list[Samples]:
        before, now = self._alive.get(rule, {}), {key_of(each.labels): each for each in found}
        samples = [merged(each, moments, was_there=key in before) for key, each in now.items()]
        samples += [Samples(labels, [moments[0]], [STALE]) for key, labels in before.items() if key not in now]
        self._alive[rule] = {key: each.labels for key, each in now.items() if each.times_ms[-1] == moments[-1]}
        return samples

    def _results(self, rule: RecordingRule, moments: range) -> list[StoredSeries]:
        if not moments:
            return []
        asked = {
            "query": rule.expr,
            "start": f"{moments[0] / 1000:.3f}",
            "end": f"{moments[-1] / 1000:.3f}",
            "step": f"{moments.step / 1000:.3f}",
        }
        answer = json.loads(post(self._url, "/api/v1/query_range", urlencode(asked).encode(), _FORM))
        return [_recorded(rule, each) for each in answer["data"]["result"]]


def _recorded(rule: RecordingRule, each: Mapping[str, Any]) -> StoredSeries:
    if "values" not in each:
        raise GlassboxError(f"{rule.record} would be a native histogram, which is not worked out: leave the rule out.")
    together = {**each["metric"], **dict(rule.labels), "__name__": rule.record}
    labels = {name: value for name, value in together.items() if value}
    pairs = each["values"]
    return StoredSeries(labels, [round(time * 1000) for time, _ in pairs], [float(value) for _, value in pairs])
