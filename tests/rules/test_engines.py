"""Every engine's series, as it exposes them, become the same records: once, in their units, and apart from a vLLM server's."""

import pytest

from glassbox.metrics.engines import ENGINES
from tests.support import birth_cases, engine_cases, gauge_cases, objective_cases
from tests.support.engine_rules import evaluated


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("hastened", [False, True], ids=["steady", "hastened"])
@pytest.mark.parametrize("name", engine_cases.WHOLE)
def test_an_engine_is_recorded_whole_and_apart(name, hastened):
    assert evaluated(*engine_cases.as_exposed(name, hastened=hastened)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("hastened", [False, True], ids=["steady", "hastened"])
@pytest.mark.parametrize("source", engine_cases.TRITON)
def test_triton_is_recorded_of_its_backend_or_else_of_its_core(source, hastened):
    assert evaluated(*engine_cases.of_triton(source, hastened=hastened)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("name", engine_cases.WHOLE)
def test_an_instance_that_only_prefills_is_counted_for_what_it_does(name):
    assert evaluated(*engine_cases.with_prefill(name)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("prefix", engine_cases.PREFIXES)
def test_tritons_backend_under_another_spelling_is_the_same(prefix):
    assert evaluated(*engine_cases.of_triton("triton_vllm", hastened=True, prefix=prefix)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("source", engine_cases.TRITON)
def test_a_triton_server_that_only_prefills_is_counted_for_what_it_does(source):
    lacks = {"triton": engine_cases.CORE_LACKS, "triton_vllm": engine_cases.BACKEND_LACKS}[source]
    assert evaluated(*engine_cases.with_prefill(source, engine="triton", version="1", lacks=lacks)) == []


def test_every_engine_of_the_table_is_checked():
    assert {engine.name for engine in ENGINES} == set(engine_cases.LACKS)


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("hastened", [False, True], ids=["steady", "hastened"])
@pytest.mark.parametrize("prefix", engine_cases.PREFIXES)
@pytest.mark.parametrize("name", engine_cases.SPELLED)
def test_another_spelling_is_the_same(name, prefix, hastened):
    assert evaluated(*engine_cases.under_another_name(name, prefix, hastened=hastened)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize(("name", "prefix"), engine_cases.OLDER)
def test_an_older_version_is_read_under_its_names(name, prefix):
    assert evaluated(*engine_cases.of_an_older_version(name, prefix)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("prefix", ["colon", *engine_cases.PREFIXES])
def test_series_without_a_model_are_not_work_of_one(prefix):
    assert evaluated(*engine_cases.of_no_model(prefix)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("name", engine_cases.ABANDONED)
def test_what_is_given_up_is_neither_finished_nor_in_work(name):
    assert evaluated(*engine_cases.of_abandoned(name)) == []


@pytest.mark.usefixtures("components")
def test_series_without_a_model_are_not_work_of_one_of_tritons():
    assert evaluated(*engine_cases.of_no_model_in_triton()) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("name", [name for name in engine_cases.ANSWERS if name != "triton"])
def test_an_engine_whose_answers_all_succeed_has_no_failures_and_that_is_known(name):
    assert evaluated(*engine_cases.without_failures(name)) == []


@pytest.mark.usefixtures("components")
def test_an_engine_counts_for_its_front_end_while_it_was_there_within_five_minutes():
    assert evaluated(*engine_cases.of_an_ended_engine_behind_a_front_end()) == []


@pytest.mark.usefixtures("components")
def test_a_front_end_is_not_read_of_what_the_engines_behind_it_report():
    assert evaluated(*engine_cases.behind_a_front_end()) == []


@pytest.mark.usefixtures("components")
def test_a_front_end_is_read_beside_servers_that_are_not_behind_it():
    assert evaluated(*engine_cases.beside_a_front_end()) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize(
    ("rows", "cases"), [pytest.param(*asked, id=name) for name, asked in objective_cases.all_tests()]
)
def test_events_of_objectives_are_counted_through_gaps_and_beginnings_and_without_prefill(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize(("rows", "cases"), [pytest.param(*asked, id=name) for name, asked in birth_cases.all_tests()])
def test_answers_are_counted_from_the_first_value_of_a_series_that_is_born(rows, cases):
    assert evaluated(rows, cases) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize(("rows", "cases"), [pytest.param(*asked, id=name) for name, asked in gauge_cases.all_tests()])
def test_levels_are_kept_over_failed_scrapes_and_count_when_they_last(rows, cases):
    assert evaluated(rows, cases) == []
