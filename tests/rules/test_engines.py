"""Every engine's series, as it exposes them, become the same records: once, in their units, and apart from a vLLM server's."""

import pytest

from glassbox.metrics.engines import ENGINES
from tests.support import (
    birth_cases,
    engine_cases,
    gauge_cases,
    neighbour_cases,
    objective_cases,
    outcome_cases,
)
from tests.support.engine_rules import evaluated


def each_of(cases):
    """Every test of a module of cases, by its name."""
    return pytest.mark.parametrize(
        ("rows", "cases"), [pytest.param(*asked, id=name) for name, asked in cases.all_tests()]
    )


def test_every_engine_of_the_table_is_checked():
    assert {engine.name for engine in ENGINES} == set(engine_cases.LACKS)


@pytest.mark.usefixtures("components")
@each_of(engine_cases)
def test_an_engine_is_recorded_whole_and_apart_in_every_spelling_and_with_what_prefills(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@each_of(neighbour_cases)
def test_a_front_end_and_series_of_no_model_are_not_counted_beside_what_they_stand_for(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@each_of(outcome_cases)
def test_what_is_given_up_is_counted_and_what_does_not_fail_is_known(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@each_of(objective_cases)
def test_events_of_objectives_are_counted_through_gaps_and_beginnings_and_without_prefill(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@each_of(birth_cases)
def test_answers_are_counted_from_the_first_value_of_a_series_that_is_born(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@each_of(gauge_cases)
def test_levels_are_kept_over_failed_scrapes_and_count_when_they_last(rows, cases):
    assert evaluated(rows, cases) == []
