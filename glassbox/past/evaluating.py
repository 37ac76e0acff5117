"""Rules worked out over the past by range queries to our own Prometheus, and written back into it."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.past.remote_write import STALE, Samples, write
from glassbox.past.rule_order import RecordingRule, RuleUnit
from glassbox.past.staleness import Key, key_of, merged
from glassbox.prometheus.api import StoredSeries

_TIMEOUT_SECONDS = 300.0


class Evaluator:
    """Works rules out at whole multiples of their interval, plus the offset of their group in milliseconds, if it has one.

    A Prometheus evaluates each group at an offset that it derives from the file's path; where that is not known, 0 is as good.
    """

    def __init__(self, url: str, offsets_ms: Mapping[str, int] | None = None) -> None:
        self._url, self._offsets_ms = url, offsets_ms or {}
        self._alive: dict[RecordingRule, dict[Key, Mapping[str, str]]] = {}
        self.series: set[Key] = set()

    def work_out(self, unit: RuleUnit, after_ms: int, until_ms: int) -> None:
        """Record the unit's rules within (after, until]; each piece after the one before it. Raises GlassboxError."""
        moments = {rule: self._moments(rule, after_ms, until_ms) for rule in unit.rules}
        if not unit.by_moment:
            for rule, of_rule in moments.items():
                self._record(rule, of_rule)
            return
        for moment in sorted({each for of_rule in moments.values() for each in of_rule}):
            for rule in unit.rules:
                if moment in moments[rule]:
                    self._record(rule, range(moment, moment + 1, 1))

    def _moments(self, rule: RecordingRule, after_ms: int, until_ms: int) -> range:
        step = rule.interval_seconds * 1000
        offset = self._offsets_ms.get(rule.group, 0) % step
        first = (after_ms - offset) // step * step + step + offset
        return range(first, until_ms + 1, step)

    def _record(self, rule: RecordingRule, moments: range) -> None:
        if not moments:
            return
        alive = self._alive.setdefault(rule, {})
        samples = []
        for each in self._results(rule, moments):
            key = key_of(each.labels)
            was_there = alive.pop(key, None) is not None
            samples.append(merged(each, moments, was_there=was_there))
        samples += [Samples(labels, [moments[0]], [STALE]) for labels in alive.values()]
        self._alive[rule] = {key_of(each.labels): each.labels for each in samples if _is_alive(each, moments[-1])}
        self.series |= self._alive[rule].keys()
        write(self._url, samples)

    def _results(self, rule: RecordingRule, moments: range) -> list[StoredSeries]:
        asked = {
            "query": rule.expr,
            "start": f"{moments[0] / 1000:.3f}",
            "end": f"{moments[-1] / 1000:.3f}",
            "step": f"{moments.step / 1000:.3f}",
        }
        found = _answer(self._url, asked, rule)
        return [StoredSeries(_labels(rule, each["metric"]), *_samples(each["values"])) for each in found]


def _is_alive(samples: Samples, last_ms: int) -> bool:
    return samples.times_ms[-1] == last_ms and samples.values[-1] is not STALE


def _samples(pairs: Sequence[tuple[float, str]]) -> tuple[list[int], list[float]]:
    return [round(time * 1000) for time, _ in pairs], [float(value) for _, value in pairs]


def _labels(rule: RecordingRule, labels: Mapping[str, str]) -> dict[str, str]:
    together = {**labels, **dict(rule.labels), "__name__": rule.record}
    return {name: value for name, value in together.items() if value}


def _answer(url: str, asked: Mapping[str, str], rule: RecordingRule) -> list[Any]:
    # A local server is never asked through a proxy.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(
            f"{url}/api/v1/query_range", data=urllib.parse.urlencode(asked).encode(), timeout=_TIMEOUT_SECONDS
        ) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except urllib.error.HTTPError as error:
        said = json.loads(error.read() or b"{}").get("error", "")
        raise GlassboxError(f"{rule.record} of the group {rule.group} cannot be worked out ({said}).") from None
    except OSError as error:
        raise GlassboxError(f"{rule.record} of the group {rule.group} cannot be worked out ({error}).") from None
