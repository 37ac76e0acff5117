"""The states of one alert's instances from evaluation to evaluation, as Prometheus decides them.

Decisions are made in the order of `AlertingRule.Eval` (https://github.com/prometheus/prometheus/blob/main/rules/alerting.go):

1. Two series of the query with the same alert labels fail the whole evaluation: nothing changes.
2. A series whose labels are not active yet, or were resolved, becomes a pending instance, active since this evaluation.
   One that is active only gets the new value.
3. An instance whose series is gone is removed where it is pending. Where it fires, it goes on as long as less than
   `keep_firing_for` has passed since the first evaluation without it, else it is resolved at this evaluation.
   A series that is there again forgets that it was gone.
4. A pending instance that has been active for `for` or longer fires. So one with `for: 0s` fires at once.

Prometheus keeps resolved instances for 15 minutes to report them; that changes no state, and they are not kept here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.worse import Worse, worse_direction

Identity = tuple[tuple[str, str], ...]
"""The labels of an alert's instance, in their order."""


class InstanceState(Enum):
    """What Prometheus writes as `alertstate`; an inactive instance has no series."""

    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True)
class Firing:
    """One instance that fired: from the evaluation that fired it to the one that resolved it, in Unix seconds.

    `ended` is None where it still fires. `peak` is the worst value of the query since it became pending, at `peak_time`.
    """

    labels: Mapping[str, str]
    started: int
    ended: int | None
    peak: float
    peak_time: int


@dataclass
class _Instance:
    active_since: int
    peak: float
    peak_time: int
    fired_at: int | None = None
    gone_since: int | None = None


@dataclass
class AlertStates:
    """All instances of one alert. `evaluate` in the order of time; `firings` are those that have ended, in that order."""

    rule: AlertRule
    firings: list[Firing] = field(default_factory=list)
    failed_evaluations: int = 0
    _active: dict[Identity, _Instance] = field(default_factory=dict)
    _worse: Worse = field(init=False)

    def __post_init__(self) -> None:
        self._worse = worse_direction(self.rule.query)

    @property
    def idle(self) -> bool:
        """Whether an evaluation without any series would change nothing."""
        return not self._active

    @property
    def states(self) -> dict[Identity, InstanceState]:
        """The states of all instances that are not inactive."""
        return {
            identity: InstanceState.PENDING if each.fired_at is None else InstanceState.FIRING
            for identity, each in self._active.items()
        }

    def evaluate(self, time: int, found: Iterable[tuple[Identity, float]]) -> None:
        """What the query found at this evaluation: the alert labels and the value of each series."""
        pairs = list(found)
        values = dict(pairs)
        if len(values) < len(pairs):
            self.failed_evaluations += 1
            return
        for identity, value in values.items():
            self._seen(identity, value, time)
        for identity in [each for each in self._active if each not in values]:
            self._unseen(identity, time)
        for instance in self._active.values():
            if instance.fired_at is None and time - instance.active_since >= self.rule.for_seconds:
                instance.fired_at = time

    def still_firing(self) -> list[Firing]:
        """Those that had not ended at the last evaluation."""
        return [
            _firing(identity, each, each.fired_at, None)
            for identity, each in self._active.items()
            if each.fired_at is not None
        ]

    def _seen(self, identity: Identity, value: float, time: int) -> None:
        instance = self._active.setdefault(identity, _Instance(time, value, time))
        instance.gone_since = None
        if self._worse(value, instance.peak):
            instance.peak, instance.peak_time = value, time

    def _unseen(self, identity: Identity, time: int) -> None:
        instance = self._active[identity]
        if instance.fired_at is None:
            del self._active[identity]
            return
        if instance.gone_since is None:
            instance.gone_since = time
        if time - instance.gone_since >= self.rule.keep_firing_seconds:
            del self._active[identity]
            self.firings.append(_firing(identity, instance, instance.fired_at, time))


def _firing(identity: Identity, instance: _Instance, started: int, ended: int | None) -> Firing:
    return Firing(dict(identity), started, ended, instance.peak, instance.peak_time)
