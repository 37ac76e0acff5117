"""Two versions of the rules over the same past: which alerts would have fired more, less, newly or no longer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from glassbox.backtest.alert_history import AlertHistory, Incident
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.renamed_records import NotWorkedOutError
from glassbox.backtest.rule_set import RuleSet
from glassbox.backtest.time_words import length
from glassbox.doctor.listing import some
from glassbox.lint.words import counted

Look = Callable[[RuleSet, Sequence[AlertRule]], Sequence[AlertHistory]]
"""Returns the histories of these alerts of this version of the rules."""
Histories = dict[str, AlertHistory]


class FiringChange(Enum):
    """What became of one alert."""

    NEW = "new"
    GONE = "gone"
    MORE = "fires more"
    LESS = "fires less"
    OTHERWISE = "fires at other times"
    EQUAL = "fires as before"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class FiringDifference:
    """One alert whose rule differs, or which one side lacks; `reason` is why it could not be compared."""

    name: str
    change: FiringChange
    before: AlertHistory | None = None
    after: AlertHistory | None = None
    reason: str = ""

    @property
    def no_longer_seen(self) -> tuple[Incident, ...]:
        """Incidents with the rules before, during which it does not fire at all with those now."""
        return _unseen(self.before, self.after)

    @property
    def newly_seen(self) -> tuple[Incident, ...]:
        """Incidents with the rules now, during which it did not fire at all with those before."""
        return _unseen(self.after, self.before)

    @property
    def matters(self) -> bool:
        """Whether somebody would notice the change, or it is not known."""
        return self.change is not FiringChange.EQUAL


def differences(
    before: RuleSet, after: RuleSet, look: Look, look_anew: Look | None = None
) -> tuple[FiringDifference, ...]:
    """All alerts that differ between the two, in their order now, then those that are gone.

    `look_anew` works out the series that both record differently, or raises NotWorkedOutError; None if that is not wanted.
    """
    old, new = before.by_name, after.by_name
    recorded_unlike = {
        name: series for name in old.keys() & new.keys() if (series := _recorded_unlike(name, before, after))
    }
    unlike = [name for name in {**new, **old} if name in recorded_unlike or not _same(old.get(name), new.get(name))]
    hard = [name for name in unlike if name in recorded_unlike]
    was, now = _both(before, after, [name for name in unlike if name not in recorded_unlike], look)
    reason = "only one of them is recorded here"
    if look_anew and hard:
        try:
            more_was, more_now = _both(before, after, hard, look_anew)
            was, now, hard = was | more_was, now | more_now, []
        except NotWorkedOutError as error:
            reason = str(error)
    reasons = {name: f"both record {some(recorded_unlike[name])} differently, and {reason}" for name in hard}
    return tuple(
        FiringDifference(name, FiringChange.NOT_COMPARED, reason=reasons[name])
        if name in reasons
        else _difference(name, was.get(name), now.get(name))
        for name in unlike
    )


def _same(old: AlertRule | None, new: AlertRule | None) -> bool:
    return old is not None and new is not None and old.fires_as(new)


def _both(before: RuleSet, after: RuleSet, names: Sequence[str], look: Look) -> tuple[Histories, Histories]:
    """The histories of these alerts on both sides, as far as each has them."""
    was, now = (
        {each.name: each for each in look(side, [rules[name] for name in names if name in rules])}
        for side, rules in ((before, before.by_name), (after, after.by_name))
    )
    return was, now


def _recorded_unlike(name: str, before: RuleSet, after: RuleSet) -> list[str]:
    """The series that the alert reads and that both sides record, each in its own way."""
    old, new = (side.read_by(side.by_name[name].query).keys() for side in (before, after))
    return sorted(old & new & before.unlike(after))


def difference_lines(found: Sequence[FiringDifference], against: str) -> Iterator[str]:
    """A sentence about each alert that changed."""
    if not any(each.matters for each in found):
        yield f"No alert would have fired differently with {against}."
    else:
        yield f"Compared with {against}:"
    for each in found:
        if each.change is not FiringChange.NOT_COMPARED:
            yield f"  {each.name}: {_words(each)}"
    reasons: dict[str, list[str]] = {}
    for each in found:
        if each.change is FiringChange.NOT_COMPARED:
            reasons.setdefault(each.reason, []).append(each.name)
    for reason, names in reasons.items():
        yield f"  Not compared, since {reason}: {', '.join(names)}"


def _words(difference: FiringDifference) -> str:
    before, after = difference.before, difference.after
    if before is None or after is None:
        return ", ".join((difference.change.value, *(_fired(each) for each in (before, after) if each)))
    parts = [
        f"{len(before.firings)} -> {len(after.firings)} firings ({length(before.total_seconds)} -> {length(after.total_seconds)})"
    ]
    for incidents, what in ((difference.no_longer_seen, "no longer seen"), (difference.newly_seen, "newly seen")):
        if incidents:
            parts.append(f"{counted(len(incidents), 'incident')} {what}")
    return ", ".join(parts)


def _fired(history: AlertHistory) -> str:
    number = len(history.firings)
    return f"{counted(number, 'firing')} ({length(history.total_seconds)})"


def _difference(name: str, before: AlertHistory | None, after: AlertHistory | None) -> FiringDifference:
    for side, history in (("before", before), ("now", after)):
        if history is not None and not history.is_judged:
            lacks = some(history.evidence.lacks)
            return FiringDifference(
                name,
                FiringChange.NOT_COMPARED,
                before,
                after,
                f"what it reads {side} is not there{f' ({lacks})' if lacks else ''}",
            )
    return FiringDifference(name, _change(before, after), before, after)


def _change(before: AlertHistory | None, after: AlertHistory | None) -> FiringChange:
    if before is None or after is None:
        return FiringChange.NEW if before is None else FiringChange.GONE
    was, now = ((len(each.firings), each.total_seconds) for each in (before, after))
    if was == now:
        return FiringChange.EQUAL if before.firings == after.firings else FiringChange.OTHERWISE
    return FiringChange.MORE if now > was else FiringChange.LESS


def _unseen(of: AlertHistory | None, by: AlertHistory | None) -> tuple[Incident, ...]:
    if of is None or by is None:
        return ()
    return tuple(
        each
        for each in of.incidents
        if not any(other.started < each.ended and each.started < other.ended for other in by.incidents)
    )
