"""What is noise and what is real, on rows whose answer is known."""

import random
import statistics

import pytest

from glassbox.baseline.judge import ChangeVerdict, independent, judge, mann_whitney, same_load
from recording_rules.baseline_measures import MEASURES

BY_NAME = {measure.name: measure for measure in MEASURES.all}
LATENCY = BY_NAME["time_to_first_token_mean_seconds"]
NEITHER = BY_NAME["output_tokens_per_second"]
ERRORS = BY_NAME["errors_ratio"]


def row(mean, deviation_ratio, seed, blocks=12):
    chooser = random.Random(seed)
    return [chooser.gauss(mean, mean * deviation_ratio) for _ in range(blocks)]


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        # From scipy.stats.mannwhitneyu(..., method="asymptotic"), which is 1.17.1 here.
        (range(1, 9), range(9, 17), 0.0009391056991171899),
        (range(1, 9), range(2, 17, 2), 0.06528564892805407),
        ([1, 1, 2, 2, 3, 3, 4, 4], [2, 2, 3, 3, 4, 4, 5, 5], 0.14639909928296396),
        ([0] * 8, [0] * 6 + [1] * 2, 0.1699515583739133),
        ([5] * 8, [5] * 8, 1.0),
    ],
)
def test_the_p_value_is_the_one_of_the_textbook(first, second, p):
    assert mann_whitney(list(first), list(second)) == pytest.approx(p, rel=1e-9)
    assert mann_whitney(list(second), list(first)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_a_fifth_slower_is_worse_and_a_fifth_faster_better(seed):
    before, slower = row(0.5, 0.05, seed, blocks=24), row(0.6, 0.05, seed + 1000, blocks=24)
    assert judge(LATENCY, before, slower) is ChangeVerdict.WORSE
    assert judge(LATENCY, slower, before) is ChangeVerdict.BETTER
    assert judge(NEITHER, before, slower) is ChangeVerdict.CHANGED


@pytest.mark.parametrize("seed", range(30))
def test_two_percent_are_noise_even_where_they_are_certain(seed):
    """288 blocks with hardly any spread: chance cannot explain it, and it still does not matter."""
    before, after = row(0.5, 0.002, seed, blocks=288), row(0.51, 0.002, seed + 1000, blocks=288)
    assert mann_whitney(before, after) < 1e-9
    assert judge(LATENCY, before, after) is ChangeVerdict.NOISE


def test_a_row_is_no_different_from_itself():
    before = row(0.5, 0.3, seed=1)
    assert judge(LATENCY, before, before) is ChangeVerdict.NOISE


def test_equal_processes_are_seldom_called_different():
    """A tenth of spread, a thousand times: as often as the significance says, half of them worse."""
    verdicts = [judge(LATENCY, row(0.5, 0.1, seed), row(0.5, 0.1, seed + 10_000)) for seed in range(1000)]
    assert sum(verdict in (ChangeVerdict.WORSE, ChangeVerdict.BETTER) for verdict in verdicts) <= 3


def test_seven_blocks_are_not_enough_and_eight_are():
    alternating = [1.0, 1.01] * 12
    assert judge(LATENCY, alternating[:7], [2 * value for value in alternating]) is ChangeVerdict.NOT_ENOUGH
    assert judge(LATENCY, alternating, [2 * value for value in alternating[:7]]) is ChangeVerdict.NOT_ENOUGH
    assert judge(LATENCY, [1.0, 1.01] * 4, [2.0, 2.01] * 4) is ChangeVerdict.WORSE
    assert judge(LATENCY, [], [2.0] * 12) is ChangeVerdict.NOT_ENOUGH


def wandering(seed, blocks):
    """Half of each block's deviation is that of the one before: correlation 0.8."""
    chooser, value = random.Random(seed), 0.0
    for _ in range(blocks):
        value = 0.8 * value + 0.6 * chooser.gauss(0, 1)
        yield 1 + 0.1 * value


def test_blocks_that_resemble_their_neighbours_do_not_count_as_many():
    """Untold, rows that wander by themselves differ far more often than the significance says."""
    rows = [(list(wandering(seed, 96)), list(wandering(seed + 10_000, 96))) for seed in range(300)]
    naive = sum(mann_whitney(before, after) < 0.001 for before, after in rows)
    merged = sum(mann_whitney(*independent(before, after)) < 0.001 for before, after in rows)
    assert naive > 30
    assert merged <= 6


def test_neighbours_are_averaged_alike_on_both_sides():
    """The first row climbs, so its sixteen blocks become eight; the other side is averaged with it."""
    climbing, alternating = [float(block) for block in range(16)], [0.0, 1.0] * 8
    before, after = independent(climbing, alternating)
    assert len(before) == len(after) <= 8
    assert set(after) == {0.5}
    assert statistics.fmean(before) == statistics.fmean(climbing)


def test_independent_rows_stay_as_they_are():
    before, after = [1.0, 2.0] * 6, [3.0] * 12
    assert independent(before, after) == (before, after)


def test_small_shares_are_judged_by_points_and_not_by_multiples():
    """Ten times no errors to speak of is nothing; one in a hundred is."""
    assert judge(ERRORS, [0.00001] * 12, [0.0001] * 12) is ChangeVerdict.NOISE
    assert judge(ERRORS, [0.0] * 12, [0.01] * 12) is ChangeVerdict.WORSE
    assert judge(ERRORS, [0.0] * 12, [0.0] * 12) is ChangeVerdict.NOISE


def test_the_load_may_differ_by_a_tenth():
    assert same_load([10.0] * 8, [11.0] * 8)
    assert not same_load([10.0] * 8, [11.1] * 8)
    assert not same_load([10.0] * 8, [8.9] * 8)
