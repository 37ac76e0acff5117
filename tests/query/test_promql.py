"""Each word of PromQL: the text it writes, the shape it promises, and what it refuses."""

from dataclasses import replace

import promql_parser
import pytest

from glassbox.metrics import dcgm, process, scrape, service, vllm
from glassbox.metrics.types import FormerName, Kind, Unit
from glassbox.query.expr import number
from glassbox.query.label_words import in_words
from glassbox.query.promql import (
    absent,
    age,
    always,
    at_most,
    avg_by,
    changes,
    clamp_min,
    count_by,
    delta,
    deriv,
    duration_seconds,
    first_by,
    group_by,
    increase,
    instant,
    labelled,
    max_by,
    max_without,
    mean,
    min_by,
    over_range,
    over_steps,
    over_time,
    quantile,
    rate,
    ratio,
    sum_by,
    with_label,
)
from glassbox.query.selectors import QueryError, differs, not_regex, regex

# Names without a colon have one spelling.
RUNNING = replace(vllm.NUM_REQUESTS_RUNNING, name="num_requests_running")
TOKENS = replace(vllm.GENERATION_TOKENS, name="generation_tokens_total")
TTFT = vllm.TIME_TO_FIRST_TOKEN
FIRST_TOKEN = replace(TTFT, name="first_token_seconds")
USAGE = replace(vllm.KV_CACHE_USAGE, name="kv_cache_usage", formerly=(FormerName("gpu_cache_usage", last="1"),))
BETWEEN_TOKENS = replace(
    vllm.INTER_TOKEN_LATENCY, name="between_tokens_seconds", formerly=(FormerName("per_token_seconds", last="1"),)
)
BY = ("job", "model_name")

WORDS = [
    (instant(RUNNING), "num_requests_running"),
    (instant(RUNNING, job="a", engine=differs("")), 'num_requests_running{engine!="",job="a"}'),
    (instant(scrape.UP, job=regex("a|b"), instance=not_regex("x.*")), 'up{instance!~"x.*",job=~"a|b"}'),
    (instant(scrape.UP, job='say "hi"\\\n'), 'up{job="say \\"hi\\"\\\\\\n"}'),
    (instant(USAGE), "kv_cache_usage or gpu_cache_usage"),
    (rate(TOKENS, "5m"), "rate(generation_tokens_total[5m])"),
    (rate(TOKENS, "$__rate_interval"), "rate(generation_tokens_total[$__rate_interval])"),
    (
        rate(BETWEEN_TOKENS.count, "5m"),
        "rate(between_tokens_seconds_count[5m]) or rate(per_token_seconds_count[5m])",
    ),
    (increase(TOKENS, "1h"), "increase(generation_tokens_total[1h])"),
    (over_time("min", RUNNING, "5m"), "min_over_time(num_requests_running[5m])"),
    (
        over_range("sum", sum_by((), rate(TOKENS, "5m"))),
        "sum_over_time(sum(rate(generation_tokens_total[5m]))[$__range:1m])",
    ),
    (
        over_range("avg", instant(RUNNING) + 1, step="30s"),
        "avg_over_time((num_requests_running + 1)[$__range:30s])",
    ),
    (deriv(RUNNING, "10m"), "deriv(num_requests_running[10m])"),
    (delta(RUNNING, "5m"), "delta(num_requests_running[5m])"),
    (changes(scrape.UP, "10m"), "changes(up[10m])"),
    (clamp_min(instant(RUNNING) * 0.2, 5), "clamp_min(num_requests_running * 0.2, 5)"),
    (always(), "vector(1)"),
    (age(instant(process.START_TIME)), "time() - process_start_time_seconds"),
    (absent(scrape.UP, job="vllm"), 'absent(up{job="vllm"})'),
    (sum_by(BY, rate(TOKENS, "5m")), "sum by (job, model_name) (rate(generation_tokens_total[5m]))"),
    (sum_by((), instant(RUNNING)), "sum(num_requests_running)"),
    (max_by(BY, instant(RUNNING)), "max by (job, model_name) (num_requests_running)"),
    (min_by(BY, instant(RUNNING)), "min by (job, model_name) (num_requests_running)"),
    (avg_by(BY, instant(RUNNING)), "avg by (job, model_name) (num_requests_running)"),
    (count_by(BY, instant(RUNNING)), "count by (job, model_name) (num_requests_running)"),
    (group_by(BY, instant(RUNNING)), "group by (job, model_name) (num_requests_running)"),
    (first_by(("job",), instant(RUNNING)), "topk by (job) (1, num_requests_running)"),
    (max_without(("pid",), instant(RUNNING)), "max without (pid) (num_requests_running)"),
    (
        quantile(0.95, sum_by(("job", "le"), rate(FIRST_TOKEN.bucket, "5m"))),
        "histogram_quantile(0.95, sum by (job, le) (rate(first_token_seconds_bucket[5m])))",
    ),
    (
        with_label("gpu", instant(service.GPU_POWER), copied_from="gpu_id"),
        'label_replace(gpu_power_watts, "gpu", "$1", "gpu_id", "(.+)")',
    ),
    (
        with_label("end", instant(service.GPU_POWER), copied_from="gpu_id", pattern=".*;(.+)"),
        'label_replace(gpu_power_watts, "end", "$1", "gpu_id", ".*;(.+)")',
    ),
    (instant(RUNNING) + 1, "num_requests_running + 1"),
    ((instant(RUNNING) + 1) * 2, "(num_requests_running + 1) * 2"),
    (instant(RUNNING) / 2 - 1, "num_requests_running / 2 - 1"),
    (
        instant(RUNNING) - (instant(RUNNING) - 1),
        "num_requests_running - (num_requests_running - 1)",
    ),
    (instant(RUNNING) > 0.5, "num_requests_running > 0.5"),
    (instant(RUNNING) >= 1, "num_requests_running >= 1"),
    ((instant(RUNNING) < 3).equals(0), "num_requests_running < 3 == 0"),
    (
        (instant(RUNNING) > 1).or_(instant(RUNNING)).and_(instant(RUNNING)),
        "(num_requests_running > 1 or num_requests_running) and num_requests_running",
    ),
    (
        instant(RUNNING).unless(instant(scrape.UP), on=("job", "instance")),
        "num_requests_running unless on (job, instance) up",
    ),
    (
        instant(scrape.UP).taking(("engine",), instant(RUNNING), on=("instance",)),
        "up * on (instance) group_left (engine) num_requests_running",
    ),
    (ratio(instant(RUNNING), instant(RUNNING)), "num_requests_running / (num_requests_running > 0)"),
    (mean(instant(RUNNING), instant(RUNNING)), "num_requests_running / (num_requests_running > 0)"),
    (over_time("max", scrape.UP, "2m", offset="5m"), "max_over_time(up[2m] offset 5m)"),
    (over_steps("max", scrape.UP, "1d", "5m", offset="1w"), "max_over_time(up[1d:5m] offset 1w)"),
    (
        over_steps("max", instant(scrape.UP) + 1, "1d", "5m", offset="1w"),
        "max_over_time((up + 1)[1d:5m] offset 1w)",
    ),
    (labelled((("a", 'x$1"'),)), 'label_replace(vector(1), "a", "x$$1\\"", "", "")'),
]


@pytest.mark.parametrize(("expr", "text"), WORDS, ids=[text for _, text in WORDS])
def test_a_word_writes_this_text_and_a_real_parser_accepts_it(expr, text):
    assert str(expr) == text
    assert promql_parser.parse(text.replace("$__rate_interval", "5m").replace("$__range", "1h"))


@pytest.mark.parametrize(("value", "text"), [(10, "10"), (0.9, "0.9"), (1048576.0, "1048576"), (1e-07, "1e-07")])
def test_numbers_keep_their_value(value, text):
    assert str(number(value)) == text
    assert float(text) == value


SHAPES = [
    (
        rate(TOKENS, "5m"),
        Unit.TOKENS_PER_SECOND,
        {"model_name", "engine", "job", "instance", "model_version", "inference_engine", "inference_role"},
    ),
    (sum_by(BY, rate(TOKENS, "5m")), Unit.TOKENS_PER_SECOND, {"job", "model_name"}),
    (quantile(0.5, sum_by((*BY, "le"), rate(TTFT.bucket, "5m"))), Unit.SECONDS, {"job", "model_name"}),
    (mean(sum_by(BY, rate(TTFT.sum, "5m")), sum_by(BY, rate(TTFT.count, "5m"))), Unit.SECONDS, {"job", "model_name"}),
    (ratio(sum_by(BY, instant(RUNNING)), sum_by(BY, instant(RUNNING))), Unit.RATIO, {"job", "model_name"}),
    (count_by(("job",), instant(scrape.UP)), Unit.NONE, {"job"}),
    (
        changes(scrape.UP, "10m"),
        Unit.NONE,
        {
            "job",
            "instance",
            "cluster",
            "namespace",
            "pod",
            "model_name",
            "model_version",
            "inference_engine",
            "inference_role",
        },
    ),
    (clamp_min(count_by(("job",), instant(scrape.UP)), 5), Unit.NONE, {"job"}),
    (absent(scrape.UP, job="x"), Unit.BOOLEAN, {"job"}),
    (
        sum_by(("job",), instant(RUNNING)).or_(sum_by(("model_name",), instant(RUNNING))),
        Unit.REQUESTS,
        {"job", "model_name"},
    ),
    (sum_by(("job",), instant(RUNNING)) / 2, Unit.REQUESTS, {"job"}),
]


@pytest.mark.parametrize(("expr", "unit", "labels"), SHAPES, ids=[str(expr) for expr, _, _ in SHAPES])
def test_unit_and_labels_follow_from_the_operands(expr, unit, labels):
    assert expr.shape.unit is unit
    assert set(expr.shape.labels) == labels


REFUSED = {
    "a label the metric lacks": (lambda: instant(RUNNING, handler="x"), "has no label 'handler'"),
    "aggregation by a label it lacks": (lambda: sum_by(("gpu",), instant(RUNNING)), "has no label 'gpu'"),
    "the first by a label it lacks": (
        lambda: first_by(("gpu",), instant(RUNNING)),
        "has no label 'gpu'; its labels are",
    ),
    "a label copied from one it lacks": (
        lambda: with_label("gpu", instant(RUNNING), copied_from="gpu_id"),
        "has no label 'gpu_id'; its labels are",
    ),
    "quantile of buckets whose bounds are gone": (
        lambda: quantile(0.9, max_without(("le",), rate(TTFT.bucket, "5m"))),
        "needs bucket rates with the label le",
    ),
    "quantile of buckets that are not rates": (lambda: quantile(0.9, instant(TTFT.bucket)), "needs bucket rates"),
    "quantile of a single bucket": (
        lambda: quantile(0.9, rate(TTFT.bucket, "5m", le=at_most(10, TTFT.bucket))),
        "needs bucket rates",
    ),
    "steps of no duration": (lambda: over_steps("max", RUNNING, "1d", "often"), "'often' is not a duration"),
    "a raw counter at each step": (
        lambda: over_steps("max", instant(TOKENS), "1d", "5m"),
        "take its rate first, then the max over time",
    ),
    "rate of a gauge": (lambda: rate(RUNNING, "5m"), r"rate\(\) does not fit num_requests_running: it is a gauge"),
    "deriv of a counter": (lambda: deriv(TOKENS, "5m"), "deriv"),
    "delta of a counter": (lambda: delta(TOKENS, "5m"), "delta"),
    "changes of a counter": (lambda: changes(TOKENS, "5m"), "changes"),
    "average over time of a counter": (lambda: over_time("avg", TOKENS, "5m"), "avg_over_time"),
    "a raw counter over the range": (lambda: over_range("sum", instant(TOKENS)), "take its rate first, then the sum"),
    "sum of raw buckets": (lambda: sum_by((*BY, "le"), instant(TTFT.bucket)), "take its rate first, then the sum"),
    "a series against one without labels": (
        lambda: sum_by(BY, instant(RUNNING)) / sum_by((), instant(RUNNING)),
        "one side has the labels job, model_name, the other none",
    ),
    "sum of a raw counter": (lambda: sum_by(BY, instant(TOKENS)), "take its rate first, then the sum"),
    "quantile of a gauge": (lambda: quantile(0.9, instant(RUNNING)), "needs bucket rates"),
    "buckets summed without le": (lambda: sum_by(BY, rate(TTFT.bucket, "5m")), "keep the label le"),
    "a bound that is not a bucket": (
        lambda: at_most(0.7, TTFT.bucket),
        "0.7 is not a bucket of vllm:time_to_first_token",
    ),
    "operands whose labels cannot match": (
        lambda: sum_by(BY, instant(RUNNING)) / sum_by(("job",), instant(RUNNING)),
        "can never match: one side has the labels job, model_name, the other job",
    ),
    "matching on a label one side lacks": (
        lambda: instant(RUNNING).and_(instant(scrape.UP), on=("engine",)),
        "'up' has no label 'engine' to match on",
    ),
    "a window that is not a duration": (lambda: rate(TOKENS, "5 min"), "'5 min' is not a duration"),
    "a window that only begins with one": (lambda: rate(TOKENS, "5minutes"), "'5minutes' is not a duration"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_query_that_cannot_mean_what_it_says_is_refused(case):
    build, message = REFUSED[case]
    with pytest.raises(QueryError, match=message):
        build()


def test_a_single_bucket_may_be_summed_without_le():
    within = sum_by(BY, rate(TTFT.bucket, "5m", le=at_most(10, TTFT.bucket)))
    assert str(within).startswith(
        'sum by (job, model_name) (rate(vllm:time_to_first_token_seconds_bucket{le=~"10([.]0)?"}[5m]) or '
    )
    assert within.shape.kind is Kind.GAUGE


def test_added_matchers_reach_every_selector_with_the_label_and_keep_what_is_there():
    expr = ratio(sum_by(("job",), instant(scrape.UP, job="mine")), sum_by(("job",), instant(RUNNING)))
    text = 'sum by (job) (up{job="mine"}) / (sum by (job) (num_requests_running{engine="0",job="x"}) > 0)'
    assert str(expr.filtered({"job": regex("x"), "engine": "0"})) == text


def test_shared_names_alone_are_narrowed_on_request():
    both = instant(scrape.UP).and_(instant(RUNNING), on=("instance",))
    assert (
        str(both.filtered({"job": "x"}, shared_names_only=True)) == 'up{job="x"} and on (instance) num_requests_running'
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("1w", 604800), ("1w2d", 777600), ("0s", 0)],
)
def test_durations_in_seconds(text, seconds):
    assert duration_seconds(text) == seconds


def test_an_age_is_seconds_and_keeps_the_labels_of_its_moment():
    old = age(max_by(("job", "instance"), instant(process.START_TIME)))
    assert (old.shape.unit, old.shape.labels) == (Unit.SECONDS, ("job", "instance"))
    with pytest.raises(QueryError, match="is in requests, not a timestamp"):
        age(instant(RUNNING))


def test_names_become_words():
    query = in_words("gpu_id", sum_by(("gpu_id",), instant(service.GPU_POWER)), most_words=2, capitals=("KV",))
    assert str(query).endswith('"gpu_id", "$1 $2", "gpu_id", "(.*?)_(.*)"), "gpu_id", "KV$1", "gpu_id", "kv( .*)")')
    assert str(query).count("label_replace") == 2
    assert query.shape.labels == ("gpu_id",)


def test_labels_that_name_what_is_measured_are_those_of_the_target_where_they_tell_services_apart():
    target = instant(scrape.UP, job=regex(".+"))
    heat = instant(dcgm.GPU_TEMP).of_its_target(target, of_others=("namespace", "pod"), on=("job", "instance"))
    assert str(heat) == "DCGM_FI_DEV_GPU_TEMP"
    hot = (instant(dcgm.GPU_TEMP) > 80).of_its_target(target, of_others=("namespace",), on=("job", "instance"))
    assert str(hot.identified(("namespace",))).startswith("((DCGM_FI_DEV_GPU_TEMP > 80) * on (job, instance)")
    hottest = max_by(("job", "gpu"), heat)
    assert str(hottest.identified(("cluster",))) == "max by (job, cluster, gpu) (DCGM_FI_DEV_GPU_TEMP)"
    joined = hottest.identified(("cluster", "namespace"))
    assert str(joined.filtered({"namespace": "a", "cluster": "b"})) == (
        'max by (job, cluster, namespace, gpu) ((DCGM_FI_DEV_GPU_TEMP{cluster="b"}'
        " * on (job, cluster, instance) group_left (namespace) topk by (job, cluster, instance) (1,"
        ' group by (job, cluster, instance, namespace) (up{cluster="b",job=~".+",namespace="a"}))))'
    )
