"""Each number of the settings, with settings in which it alone is moved by about a tenth, and how texts may state the old one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from glassbox.query.slo import DEFAULT_SLOS
from glassbox.settings.model import Cost, Gpu, Jobs, Settings, Thresholds

_OTHER_UNITS = r" ?(?:%|(?:s|m|h|d|seconds?|minutes?|hours?|days?)\b)"
# Bounds of latency must be buckets: the next one.
_NEXT_BUCKET = {10: 15, 2.5: 5, 0.1: 0.15}
# Another setting, or a limit of a burn rate, has the same number, and a text is about both.
_APART: dict[str, dict[str, float]] = {
    "qps_low": {"latency_high_seconds": 15.0},
    "minimum_bad_requests": {"minimum_bad_requests": 7},
}


@dataclass(frozen=True)
class MovedNumber:
    """`name` is the setting's path; `old` is its value in `before`; `patterns` match a text that states it."""

    name: str
    before: Settings
    after: Settings
    old: float
    patterns: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.name.split(".")[-1]

    def stated_in(self, text: str) -> str | None:
        """The old number in the words of the text, or None."""
        found = (re.search(pattern, text) for pattern in self.patterns)
        return next((match.group() for match in found if match), None)


def moved_numbers() -> list[MovedNumber]:
    """Every number that a settings file can give."""
    return [*_of_sections(), *_of_the_whole(), *_of_promises(), *_of_mappings()]


def _patterns(name: str, old: float) -> tuple[str, ...]:
    number = rf"(?<![\d.-]){re.escape(f'{old:g}')}(?![\d]|[.,]\d)"
    if name.endswith("_ratio"):
        return (rf"(?<![\d.]){re.escape(f'{old * 100:g}')} ?(?:%|percent)", rf"{number}(?!{_OTHER_UNITS})")
    if name.endswith("_seconds"):
        minute = (r"\b(?:a|1|one) minute\b",) if old == 60 else ()
        return (rf"{number} ?(?:s|seconds?)\b", *minute)
    if name.endswith("_days"):
        return (rf"{number} ?(?:d|days)\b",)
    return (rf"{number}(?!{_OTHER_UNITS})",)


def _number(name: str, after: Settings, old: float, before: Settings | None = None) -> MovedNumber:
    return MovedNumber(name, before or Settings(), after, old, _patterns(name, old))


def _of_sections() -> Iterator[MovedNumber]:
    for section, default in (("thresholds", Thresholds()), ("gpu", Gpu()), ("cost", Cost())):
        for field in fields(default):
            before = replace(default, **_APART.get(field.name, {}))
            old = getattr(before, field.name)
            if isinstance(old, int | float):
                after = replace(before, **{field.name: _moved(field.name, old)})
                changed, usual = (replace(Settings(), **{section: each}) for each in (after, before))
                yield _number(f"{section}.{field.name}", changed, old, usual)


def _moved(name: str, old: float) -> float:
    if name == "latency_high_seconds":
        return _NEXT_BUCKET[old]
    if isinstance(old, int):
        return old + max(1, round(old / 10))
    # Shares stay below 1.
    return round(old * (0.9 if name.endswith("_ratio") else 1.1), 9)


def _of_the_whole() -> Iterator[MovedNumber]:
    yield _number("evaluation_interval_seconds", Settings(evaluation_interval_seconds=40), 30)
    yield _number("slo_period_days", Settings(slo_period_days=33), 30)


def _of_promises() -> Iterator[MovedNumber]:
    for at, slo in enumerate(DEFAULT_SLOS):
        # The budget, since ten times the budget would not be a promise.
        changes = {"objective_ratio": round(1 - slo.budget_ratio * 1.1, 9)}
        if slo.threshold_seconds:
            changes["threshold_seconds"] = _NEXT_BUCKET[slo.threshold_seconds]
        for name, new in changes.items():
            slos = (*DEFAULT_SLOS[:at], replace(slo, **{name: new}), *DEFAULT_SLOS[at + 1 :])
            old = getattr(slo, name)
            # Promises share numbers, so each is looked for behind its own name.
            own = tuple(rf'"{slo.name}" }}}}Promised: [^{{]*?{pattern}' for pattern in _patterns(name, old))
            yield replace(_number(f"slos.{slo.name}.{name}", Settings(slos=slos), old), patterns=own)


def _of_mappings() -> Iterator[MovedNumber]:
    def jobs(**values: object) -> Settings:
        return Settings(jobs=Jobs(**values))

    for name, old, new in (("replicas", 7, 8), ("capacity_requests_per_second", 7.5, 8.25)):
        yield _number(f"jobs.{name}", jobs(**{name: {"vllm": new}}), old, jobs(**{name: {"vllm": old}}))
    prices = [Settings(cost=Cost(gpu_prices_per_hour={"NVIDIA L4": price})) for price in (0.7, 0.77)]
    yield _number("cost.gpu_prices_per_hour", prices[1], 0.7, prices[0])
