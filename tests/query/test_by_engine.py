"""What an expression gives for each engine alone, and what an operation keeps of that."""

import pytest

from glassbox.metrics import roles, sglang
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.scrape import UP
from glassbox.metrics.types import Unit
from glassbox.query.apart import bucket_of_each_engine, of_each_engine
from glassbox.query.buckets import nearest_bound
from glassbox.query.promql import at_most, clamp_min, instant, rate, sum_by
from glassbox.query.readings import beside_first, lately_there
from glassbox.query.rules import Record
from glassbox.query.selectors import QueryError, differs, regex

MODEL = ("job", "model_name", "inference_engine")
TOKENS = Record("model:tokens:rate5m", sum_by(MODEL, rate(roles.GENERATION_TOKENS, "5m")), "Tokens per second.")
FIRST_TOKEN = Record(
    "model:first_token_seconds_bucket:rate5m",
    sum_by((*MODEL, "le"), rate(roles.TIME_TO_FIRST_TOKEN.bucket, "5m")),
    "Time to first token.",
)


def of(expr, engine):
    return str(dict(expr.by_engine)[engine])


def engines_of(expr):
    return [engine for engine, _ in expr.by_engine]


def test_a_role_reads_every_engine_that_reports_it():
    assert engines_of(instant(roles.RUNNING))[:2] == ["vllm", "sglang"]
    assert "sglang" not in engines_of(instant(roles.WAITING_BY_REASON))


def test_the_first_engine_s_series_stay_as_they_are_under_all_spellings():
    assert of(instant(roles.PREEMPTIONS), "vllm") == (
        "vllm:num_preemptions_total or vllm_num_preemptions_total or ray_vllm_num_preemptions_total"
    )


def test_ranks_that_report_the_same_are_one_and_an_engine_gives_its_name():
    assert of(rate(roles.GENERATION_TOKENS, "5m"), "sglang") == (
        'label_replace(label_replace(max without (tp_rank, pp_rank, moe_ep_rank) (rate(sglang:realtime_tokens_total{mode="decode",priority=""}[5m])'
        ' or rate(sglang_realtime_tokens_total{mode="decode",priority=""}[5m])'
        ' or rate(ray_sglang_realtime_tokens_total{mode="decode",priority=""}[5m])),'
        ' "engine", "$1", "dp_rank", "(.+)"), "inference_engine", "sglang", "", "")'
    )


def test_a_matcher_that_a_missing_label_fulfils_is_left_out_and_another_leaves_the_engine_out():
    everything = instant(roles.FINISHED, finished_reason=differs("abort"))
    assert "finished_reason" not in of(everything, "sglang")
    assert engines_of(instant(roles.FINISHED, finished_reason="length")) == ["vllm", "trtllm"]
    assert engines_of(instant(roles.FINISHED, finished_reason=regex("length|"))) == engines_of(everything)


def test_no_engine_has_a_label_that_none_knows():
    with pytest.raises(QueryError, match="No engine reports finished requests with the labels reason"):
        instant(roles.FINISHED, reason="length")


def test_aggregations_and_arithmetic_are_done_for_each_engine():
    twice = clamp_min(sum_by(MODEL, rate(roles.PREEMPTIONS, "5m")) * 2, 1)
    assert of(twice, "vllm").startswith(
        "clamp_min(sum by (job, model_name, inference_engine) (rate(vllm:num_preemptions"
    )
    assert of(twice, "sglang").startswith("clamp_min(label_replace(sum by (job, model_name) (label_replace(")


def test_engines_that_are_added_up_are_one_query():
    assert engines_of(sum_by(("job",), rate(roles.PREEMPTIONS, "5m"))) == []


def test_an_operation_has_a_result_for_an_engine_that_has_both_sides():
    both = sum_by(MODEL, instant(roles.RUNNING)).and_(sum_by(MODEL, instant(roles.WAITING_BY_REASON)))
    assert engines_of(both) == ["vllm"]


def test_of_an_or_one_side_is_enough():
    either = instant(roles.WAITING_BY_REASON).or_(instant(roles.RUNNING))
    assert of(either, "sglang") == of(instant(roles.RUNNING), "sglang")
    assert of(either, "vllm").startswith("vllm:num_requests_waiting_by_reason or ")
    assert "vllm:num_requests_running" in of(either, "vllm")


def test_an_or_with_what_holds_for_all_engines_is_one_query():
    assert engines_of(instant(roles.RUNNING).or_(instant(UP))) == []
    assert engines_of(instant(roles.RUNNING).or_(beside_first(instant(UP)))) == engines_of(instant(roles.RUNNING))
    assert of(instant(roles.RUNNING).or_(beside_first(instant(UP))), "vllm").endswith(" or up")


def test_what_is_taken_away_from_an_engine_is_its_own_or_of_all():
    from_all = instant(roles.RUNNING).unless(instant(UP), on=("job",))
    assert of(from_all, "sglang").endswith("unless on (job) up")
    alone = instant(roles.RUNNING).unless(instant(roles.SLEEP_STATE), on=("job",))
    assert of(alone, "sglang") == of(instant(roles.RUNNING), "sglang")
    assert engines_of(instant(UP).unless(instant(roles.RUNNING), on=("job",))) == []


def test_what_is_shifted_filtered_or_measured_anew_is_so_for_each_engine():
    before = instant(roles.PREEMPTIONS).shifted("5m")
    # Its name, the same with an underscore, and Ray's.
    assert of(before, "sglang").count("offset 5m") == 3
    assert 'job="a"' in of(instant(roles.PREEMPTIONS).filtered({"job": "a"}), "sglang")
    measured = instant(roles.PREEMPTIONS).measured_in(Unit.REQUESTS)
    assert [expr.shape.unit for _, expr in measured.by_engine] == [Unit.REQUESTS] * len(measured.by_engine)


def test_a_record_reads_the_buckets_of_its_first_engine():
    assert FIRST_TOKEN.histogram_names[0] == "vllm:time_to_first_token_seconds"
    assert FIRST_TOKEN.histogram_names_of("sglang")[0] == sglang.TIME_TO_FIRST_TOKEN.name


def test_recorded_series_of_an_engine_are_told_by_its_name():
    others = "|".join(engine.name for engine in ENGINES[1:])
    apart = of_each_engine(TOKENS, ["vllm", "sglang"])
    assert str(apart) == "model:tokens:rate5m"
    assert of(apart, "vllm") == f'model:tokens:rate5m{{inference_engine!~"{others}"}}'
    assert of(apart, "sglang") == 'model:tokens:rate5m{inference_engine="sglang"}'


def test_a_bucket_is_that_of_the_bound_or_the_nearest_one_that_the_engine_has():
    within = at_most(2.5, FIRST_TOKEN)
    raw = sum_by(MODEL, rate(roles.TIME_TO_FIRST_TOKEN.bucket, "5m", le=within))
    assert 'le="2.5"' in of(raw, "vllm")
    assert 'le=~"2([.]0)?"' in of(raw, "sglang")
    recorded = bucket_of_each_engine(FIRST_TOKEN, within)
    assert of(recorded, "sglang") == 'model:first_token_seconds_bucket:rate5m{inference_engine="sglang",le=~"2([.]0)?"}'
    assert str(recorded).startswith(
        'model:first_token_seconds_bucket:rate5m{le="2.5"}'
        ' or model:first_token_seconds_bucket:rate5m{inference_engine="sglang",le=~"2([.]0)?"}'
    )


def test_an_engine_that_has_the_bound_is_read_with_the_first():
    shared = bucket_of_each_engine(FIRST_TOKEN, at_most(10, FIRST_TOKEN))
    assert 'inference_engine="sglang"' not in str(shared)


@pytest.mark.parametrize(
    ("bound", "bounds", "expected"),
    [
        (2.5, (1, 2, 4, 6), 2),
        (3, (2, 4), 4),
        (2.5, (0, 2.2, 4.7), 2.2),
        (100, (1, 10), 10),
        (2, (1, 2, 3), 2),
        (2, (1, 4), 4),
    ],
)
def test_the_nearest_bound_is_that_of_the_smallest_ratio(bound, bounds, expected):
    assert nearest_bound(bound, bounds) == expected


def test_one_selector_sees_whether_any_engine_is_there():
    there = str(lately_there(roles.RUNNING, "5m"))
    assert there.startswith('last_over_time({__name__=~"vllm:num_requests_running|vllm_num_requests_running|')
    assert "ray_sglang_num_running_reqs" in there
    assert lately_there(roles.RUNNING, "5m").names_read[3] == "sglang:num_running_reqs"
