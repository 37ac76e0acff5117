"""Each model compared with its counterpart in the baseline, at each load."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassbox.baseline.judge import ChangeVerdict, judge, same_load
from glassbox.baseline.profile import OF_NO_MODEL, Level, Profile, Served, Values
from glassbox.errors import GlassboxError
from glassbox.query.measures import Measure, Measures

_NOTHING: Values = {}


@dataclass(frozen=True)
class MeasureChange:
    """One measure of a model at a load. Both rows of blocks are as measured; either may be empty."""

    measure: Measure
    before: Sequence[float]
    after: Sequence[float]
    verdict: ChangeVerdict

    @property
    def change_ratio(self) -> float | None:
        """Median after over median before, less 1; None where one is missing or was 0."""
        if not (self.before and self.after) or statistics.median(self.before) == 0:
            return None
        return statistics.median(self.after) / statistics.median(self.before) - 1


@dataclass(frozen=True)
class Group:
    """All measures of one model at one load; a side that is missing, or has only other loads, has no blocks."""

    before: Served | None
    after: Served | None
    level: Level
    rows: Sequence[MeasureChange]

    @property
    def service(self) -> str:
        """What is compared, whatever the versions."""
        return " ".join(filter(None, (self.after or self.before or OF_NO_MODEL).whatever_version))

    @property
    def worse(self) -> Sequence[MeasureChange]:
        return [row for row in self.rows if row.verdict is ChangeVerdict.WORSE]


def compare(was: Profile, now: Profile, measures: Measures, against: str | None) -> list[Group]:
    """Every model and load of either side; GlassboxError where it is not clear which version to compare with."""
    pairs = [(_partner(served, was, against), served) for served in sorted(now)]
    matched = {before for before, _ in pairs}
    gone = [served for served in sorted(was) if served not in matched and against in (None, served.model_version)]
    return [
        group for pair in (*pairs, *((served, None) for served in gone)) for group in _groups(*pair, was, now, measures)
    ]


def _partner(served: Served, was: Profile, against: str | None) -> Served | None:
    """The same model in the baseline: the chosen version, else the same version, else the only one."""
    known = [each for each in sorted(was) if each.whatever_version == served.whatever_version]
    wanted = served.model_version if against is None else against
    same = [each for each in known if each.model_version == wanted]
    if same or not known or (against is None and len(known) == 1):
        return next(iter(same or known), None)
    versions = ", ".join(each.model_version or "none" for each in known)
    raise GlassboxError(
        f"The baseline has several versions of {served.model_name} ({versions}): choose one with --against."
    )


def _groups(
    before: Served | None, after: Served | None, was: Profile, now: Profile, measures: Measures
) -> Iterator[Group]:
    old, new = was.get(before, {}) if before else {}, now.get(after, {}) if after else {}
    for level in sorted(old.keys() | new.keys()):
        yield Group(before, after, level, _rows(old.get(level, _NOTHING), new.get(level, _NOTHING), measures))


def _rows(before: Values, after: Values, measures: Measures) -> list[MeasureChange]:
    load = measures.load.name
    equal = load in before and load in after and same_load(before[load], after[load])
    return [
        _row(measure, before.get(measure.name, ()), after.get(measure.name, ()), equal)
        for measure in measures.all
        if measure.name in before or measure.name in after
    ]


def _row(measure: Measure, before: Sequence[float], after: Sequence[float], equal_load: bool) -> MeasureChange:
    verdict = judge(measure, before, after)
    if verdict is not ChangeVerdict.NOT_ENOUGH and not equal_load:
        verdict = ChangeVerdict.LOAD_DIFFERS
    return MeasureChange(measure, before, after, verdict)
