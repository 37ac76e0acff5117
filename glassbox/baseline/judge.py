"""Noise or real: whether two rows of blocks differ by more than chance, and by enough to matter.

Chance is judged by the Mann-Whitney U test (Mann and Whitney 1947), which needs independent values of any distribution:
latencies are not normal. Blocks that follow each other may resemble each other, so neighbours are averaged, two by two, until
they do not: batch means, judged by their lag-1 correlation (Law, "Simulation Modeling and Analysis", chapter 9).
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from enum import Enum
from math import sqrt

from glassbox.query.measures import Measure, Worse

# Fourteen measures are judged: by chance alone one level in 140 would have one that is worse, as each may be wrong once in
# 2000 times in that direction; and a change must matter besides.
SIGNIFICANCE = 0.001
# With fewer, not even rows that do not overlap are that significant.
FEWEST_BLOCKS = 8
# Blocks of a level differ in load by up to two times. From here on latency may differ for that reason alone.
LOAD_TOLERANCE_RATIO = 0.1
# One row of independent blocks in a hundred correlates more than this by chance.
_CORRELATED_DEVIATIONS = 2.33


class ChangeVerdict(Enum):
    """The judgement of a difference."""

    WORSE = "real: worse"
    BETTER = "real: better"
    CHANGED = "real"
    NOISE = "noise"
    LOAD_DIFFERS = "load differs"
    NOT_ENOUGH = "not enough data"


def judge(measure: Measure, before: Sequence[float], after: Sequence[float]) -> ChangeVerdict:
    """The verdict on one measure at equal load."""
    before, after = independent(before, after)
    if min(len(before), len(after)) < FEWEST_BLOCKS:
        return ChangeVerdict.NOT_ENOUGH
    was = statistics.median(before)
    change = statistics.median(after) - was
    matters = abs(change) >= max(measure.smallest, measure.smallest_ratio * abs(was)) and change != 0
    if not matters or mann_whitney(before, after) >= SIGNIFICANCE:
        return ChangeVerdict.NOISE
    if measure.worse is Worse.NEITHER:
        return ChangeVerdict.CHANGED
    return ChangeVerdict.WORSE if change > 0 else ChangeVerdict.BETTER


def same_load(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether the medians of the load are near enough for a comparison."""
    was, now = statistics.median(before), statistics.median(after)
    return abs(now - was) <= LOAD_TOLERANCE_RATIO * was


def independent(before: Sequence[float], after: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """Both rows with neighbours averaged, both alike, as often as either still correlates with itself."""
    while any(_correlates(row) for row in (before, after)):
        before, after = (
            [statistics.fmean(row[at : at + 2]) for at in range(0, len(row) - 1, 2)] for row in (before, after)
        )
    return before, after


def _correlates(row: Sequence[float]) -> bool:
    if len(row) < FEWEST_BLOCKS or len(set(row[1:])) < 2 or len(set(row[:-1])) < 2:
        return False
    return statistics.correlation(row[:-1], row[1:]) > _CORRELATED_DEVIATIONS / sqrt(len(row))


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p value that two rows are of one distribution: normal approximation, with ties and continuity corrected.

    Eight values a side are where the approximation is usually taken to be good enough (Mann and Whitney, table I).
    """
    ranks = _ranks([*first, *second])
    n, m = len(first), len(second)
    u = sum(ranks[value] for value in first) - n * (n + 1) / 2
    ties = sum(count**3 - count for count in Counter([*first, *second]).values())
    deviation = sqrt(n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))))
    if deviation == 0:
        return 1.0
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / deviation
    return 2 * statistics.NormalDist().cdf(-z)


def _ranks(values: Sequence[float]) -> dict[float, float]:
    """The rank of each value from 1 on; equal values share the mean of theirs."""
    ranks, below = {}, 0
    for value, count in sorted(Counter(values).items()):
        ranks[value] = below + (count + 1) / 2
        below += count
    return ranks
