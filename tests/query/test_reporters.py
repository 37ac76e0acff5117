"""Who reports what a query reads: known from the table of engines, through every operation and recorded series."""

import pytest

from glassbox.metrics import dcgm, roles, service, vllm
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import Unit
from glassbox.query.promql import always, clamp_min, instant, over_range, rate, ratio, sum_by
from glassbox.query.reporters import EVERYBODY, lacking, lacking_each, telling
from glassbox.query.rules import Record, Series
from glassbox.query.selectors import QueryError

RUNNING, CACHE = (sum_by(("job", "model_name"), instant(role)) for role in (roles.RUNNING, roles.KV_CACHE_USAGE))
FIRST_TOKENS = rate(roles.TIME_TO_FIRST_TOKEN.count, "5m")
MODEL = ("job", "model_name")


def reporters(expr):
    return expr.shape.reporters


def by_table(role):
    return {engine.name for engine in ENGINES if engine.readings(role)}


@pytest.mark.parametrize("role", [roles.RUNNING, roles.KV_CACHE_USAGE, roles.WAITING_BY_REASON, roles.SLEEP_STATE])
def test_a_role_is_reported_by_those_that_the_table_says(role):
    assert reporters(instant(role)) == by_table(role)


def test_a_metric_is_reported_by_its_engine_or_by_our_exporter_and_one_of_a_gpu_by_no_engine():
    assert reporters(instant(vllm.CACHE_CONFIG_INFO)) == {"vllm"}
    assert reporters(rate(service.HTTP_REQUESTS, "5m")) == {"service"}
    assert (
        reporters(instant(dcgm.GPU_UTIL)) is reporters(instant(service.GPU_UTILIZATION)) is reporters(always()) is None
    )


def test_what_needs_both_sides_is_reported_by_those_who_have_both():
    both = by_table(roles.RUNNING) & by_table(roles.KV_CACHE_USAGE)
    for expr in (RUNNING * CACHE.measured_in(Unit.REQUESTS), RUNNING.and_(CACHE), ratio(RUNNING, CACHE)):
        assert reporters(expr) == both
    assert reporters(RUNNING.and_(always(), on=())) == by_table(roles.RUNNING)


def test_what_needs_one_side_is_reported_by_those_who_have_any_unless_nobody_matters_to_the_other():
    assert reporters(RUNNING.or_(CACHE)) == by_table(roles.RUNNING) | by_table(roles.KV_CACHE_USAGE)
    assert reporters(RUNNING.unless(CACHE)) == by_table(roles.RUNNING)
    assert reporters(RUNNING.or_(always())) is None


def test_it_is_kept_by_operations_and_recorded_series():
    record = Record("model:cache:max", sum_by(MODEL, CACHE), "Usage.")
    read = over_range("avg", clamp_min(sum_by((), instant(record)), 0))
    assert reporters(read) == by_table(roles.KV_CACHE_USAGE)


def test_a_series_is_recorded_by_a_query_of_the_same_reporters():
    series = Series("model:cache:max", Unit.RATIO, MODEL, reporters=reporters(CACHE))
    assert reporters(instant(series)) == by_table(roles.KV_CACHE_USAGE)
    series.recorded(sum_by(MODEL, CACHE), "Usage.")
    with pytest.raises(QueryError, match=r"model:cache:max is not reported by TGI, .* declare who reports it"):
        series.recorded(sum_by(MODEL, RUNNING), "Usage.")


def test_those_who_lack_it_are_named_unless_only_a_few_have_it():
    assert lacking(None) == lacking(EVERYBODY) == ""
    assert lacking(EVERYBODY - {"tgi", "service"}) == "TGI, our exporter"
    assert lacking(EVERYBODY - {"tgi", "service"}, besides=frozenset({"tgi"})) == "our exporter"
    assert lacking(frozenset({"vllm"})) == "all but vLLM"
    assert lacking(frozenset()) == "all"


def test_several_that_the_same_engines_lack_are_named_together():
    named = {"a": EVERYBODY - {"tgi"}, "b": frozenset({"vllm"}), "c": EVERYBODY - {"tgi"}, "d": None}
    assert lacking_each(named) == "a, c by TGI; b by all but vLLM"


def test_an_engine_may_count_and_not_say_by_which_reason():
    assert telling(roles.FINISHED, "finished_reason") == {"vllm", "trtllm"}
    assert by_table(roles.FINISHED) > {"vllm", "trtllm", "sglang"}
