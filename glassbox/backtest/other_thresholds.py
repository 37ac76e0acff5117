"""How often an alert would have fired with other values of a threshold, so that thresholds can be picked from a fleet's past.

No threshold is known by name here. The rules are compiled with another value of each number of the settings, and what
becomes different is what this number decides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.history_difference import Look
from glassbox.backtest.renamed_records import NotWorkedOutError
from glassbox.backtest.rule_set import RuleSet
from glassbox.backtest.standing import WHOLE_RATIO
from glassbox.backtest.time_words import length
from glassbox.errors import GlassboxError
from glassbox.settings.decisive_numbers import DecisiveNumber, decisive_numbers
from glassbox.settings.model import Settings
from glassbox.settings.schema import problem

_FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0)
_HALF = 0.5
_OTHER_RECORDS = "what it reads would have to be recorded again for each value, and --no-work-out was given"
_LESS = "the raw series of what it reads were not there for as long as the recorded ones"

Compiled = Callable[[Settings], RuleSet]


@dataclass(frozen=True)
class ThresholdTable:
    """What one alert would have done with other values of one setting; `reason` says why that is not known."""

    alert: str
    setting: str
    present: float
    histories: Mapping[float, AlertHistory]
    reason: str = ""

    headings = ("threshold", "firings", "incidents", "total")

    @property
    def title(self) -> str:
        """The alert and the setting, and why there are no rows if there are none."""
        return f"{self.alert} by {self.setting}" + (f": not known, since {self.reason}" if self.reason else "")

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """By rising threshold; the present one is marked."""
        return [
            (
                f"{value:g}{' (now)' if value == self.present else ''}",
                str(len(each.firings)),
                str(len(each.incidents)),
                length(each.total_seconds),
            )
            for value, each in sorted(self.histories.items())
        ]


def threshold_tables(
    settings: Settings,
    compiled: Compiled,
    rules: RuleSet,
    wanted: Sequence[AlertHistory],
    look: Look,
    *,
    look_anew: Look | None = None,
) -> Iterator[ThresholdTable]:
    """A table for each of the wanted alerts and each setting that decides its query, or what this reads.

    `look` evaluates, and `look_anew` where series are recorded otherwise, which it works out, or raises NotWorkedOutError;
    None where that is not wanted. Raises GlassboxError.
    """
    histories = {each.name: each for each in wanted}
    for setting in decisive_numbers(settings) if histories else ():
        variants = _Variants(settings, compiled, setting)
        if (first := variants.first) is None:
            continue
        decided = [name for name in _decided(rules, first) if name in histories]
        known = [name for name in decided if not _records_unlike(name, rules, first)]
        if known:
            yield from _tables(setting, known, variants.all, histories, look)
        if anew := [name for name in decided if name not in known]:
            yield from _tables_anew(setting, anew, variants, histories, look_anew)


class _Variants:
    """The rules with other values of one setting, each compiled when it is wanted; without those that content refuses."""

    def __init__(self, settings: Settings, compiled: Compiled, setting: DecisiveNumber) -> None:
        self._settings, self._compiled, self._setting = settings, compiled, setting
        self._values = other_values(setting.section, setting.key, setting.value)

    @cached_property
    def first(self) -> RuleSet | None:
        """Those with one of the values, to see what the setting decides; None where no other value can be."""
        return next(iter(self._rules()), (0.0, None))[1]

    @property
    def all(self) -> dict[float, RuleSet]:
        """All of them, by value."""
        return dict(self._rules())

    def _rules(self) -> Iterator[tuple[float, RuleSet]]:
        for value in self._values:
            # Such as a time that is not a bucket of the histograms.
            with suppress(GlassboxError):
                yield value, self._compiled(self._setting.changed(self._settings, value))


def other_values(section: str, key: str, value: float) -> list[float]:
    """Values around this one that the settings allow; for a share above a half, its distance from 1 is varied instead."""
    whole = isinstance(value, int)
    is_high_share = key.endswith("_ratio") and _HALF < value < 1
    found = (1 - (1 - value) * each if is_high_share else value * each for each in _FACTORS)
    rounded = {round(each) if whole else float(f"{each:.3g}") for each in found} - {value}
    return sorted(each for each in rounded if not problem({section: {key: each}}))


def _decided(rules: RuleSet, variant: RuleSet) -> list[str]:
    """The alerts that fire otherwise in the variant, or read a recorded series that is recorded otherwise there."""
    other = variant.by_name
    return [
        rule.name
        for rule in rules.alerts
        if rule.name in other and (not rule.fires_as(other[rule.name]) or _records_unlike(rule.name, rules, variant))
    ]


def _records_unlike(name: str, rules: RuleSet, variant: RuleSet) -> bool:
    return not rules.records_alike(variant, rules.by_name[name].query) or not variant.records_alike(
        rules, variant.by_name[name].query
    )


def _tables_anew(
    setting: DecisiveNumber,
    names: Sequence[str],
    variants: _Variants,
    histories: Mapping[str, AlertHistory],
    look_anew: Look | None,
) -> Iterator[ThresholdTable]:
    """What these alerts would have done over series that are worked out, if those cover as much time as the recorded ones."""
    reason, found = _OTHER_RECORDS, list[ThresholdTable]()
    if look_anew:
        try:
            found = list(_tables(setting, names, variants.all, histories, look_anew))
        except NotWorkedOutError as error:
            reason = str(error)
    for table in found or (ThresholdTable(name, setting.name, setting.value, {}, reason) for name in names):
        yield replace(table, histories={}, reason=_LESS) if _is_less(table) else table


def _is_less(table: ThresholdTable) -> bool:
    """Whether raw series are missing for a part of the time in which the recorded ones were there."""
    covered = {value: each.evidence.covered_ratio if each.is_judged else 0.0 for value, each in table.histories.items()}
    return any(each < covered[table.present] * WHOLE_RATIO for each in covered.values())


def _tables(
    setting: DecisiveNumber,
    names: Sequence[str],
    variants: Mapping[float, RuleSet],
    histories: Mapping[str, AlertHistory],
    look: Look,
) -> Iterator[ThresholdTable]:
    looked = {
        value: {each.name: each for each in look(variant, [variant.by_name[name] for name in names])}
        for value, variant in variants.items()
    }
    for name in names:
        found = {value: of_value[name] for value, of_value in looked.items()} | {setting.value: histories[name]}
        yield ThresholdTable(name, setting.name, setting.value, found)
