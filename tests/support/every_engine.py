"""All that is asked of every engine's series, for tests and for faults of rules."""

from itertools import chain

from tests.support import birth_cases, engine_cases, gauge_cases, neighbour_cases, objective_cases, outcome_cases

ASKED = (engine_cases, neighbour_cases, outcome_cases, objective_cases, birth_cases, gauge_cases)


def all_tests():
    """Series and cases by what they are about."""
    return chain.from_iterable(each.all_tests() for each in ASKED)


def seconds_between(name):
    """How seldom rules may be evaluated for the test of that name to hold: engines do the same all the time, but what is given up
    breaks promises beside what was recorded to wait within two minutes."""
    return 60 if name.startswith("abandoned") else 300
