"""Thresholds for one job or model: what rules carry them, how, and what is refused. tests/rules/thresholds-for.test.yml proves what fires."""

from dataclasses import replace

import pytest

from glassbox.compile.compiler import compile_bundle
from glassbox.compile.content import Content
from glassbox.compile.threshold_exceptions import declared_rules
from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr
from glassbox.query.measures import Measure, Measures
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Severity, Subject
from glassbox.settings.model import Settings, Thresholds, ThresholdsFor
from recording_rules import engine, targets
from tests.support.ours import our_bundle

NOTHING = Measures(Measure("requests", instant(engine.RUNNING)), Measure("load", instant(engine.RUNNING)), ())
usage = instant(engine.KV_CACHE_USAGE_MAX)


def content_of(**alert):
    """One alert, whose fields are functions of the thresholds."""

    def alerts(settings):
        given = {
            "expr": lambda limits: usage > limits.kv_cache_high_ratio,
            "for_": lambda _: "1m",
            "summary": lambda limits: f"Above {limits.kv_cache_high_ratio:.0%}",
        } | alert
        built = Alert(
            name="Full",
            severity=Severity.TICKET,
            description="{{ $value }}",
            panel=("gone", "Gone"),
            **{key: build(settings.thresholds) for key, build in given.items()},
        )
        return (AlertGroup("g", Subject.INFERENCE, (built,)),)

    return Content((), alerts, lambda _: (), (), (), NOTHING)


def rule_of(entries, content=None, **settings):
    """The alert's rule with these exceptions."""
    rules = declared_rules(content or content_of(), Settings(thresholds_for=tuple(entries), **settings))
    ((alert,),) = (group.alerts for group in rules.alerts)
    return alert


def entry(job="", model_name="", **thresholds):
    return ThresholdsFor(job=job, model_name=model_name, thresholds=thresholds or {"kv_cache_high_ratio": 0.97})


NAME = "model:inference_kv_cache_usage_ratio:max"
JOB = 'on (job) label_replace(vector(1), "job", "a", "", "")'
PAIR = 'on (job, model_name) label_replace(label_replace(vector(1), "job", "a", "", ""), "model_name", "m", "", "")'


def test_without_exceptions_a_rule_is_as_declared():
    assert str(rule_of(()).expr) == f"{NAME} > 0.9"


def test_the_usual_threshold_is_for_all_other_series_and_the_exception_for_its_own():
    alert = rule_of([entry(job="a")])
    assert str(alert.expr) == f"{NAME} > 0.9 unless {JOB} or {NAME} > 0.97 and {JOB}"
    assert alert.expr.shape.labels == usage.shape.labels
    assert alert.summary == 'Above {{ if eq $labels.job "a" }}97%{{ else }}90%{{ end }}'
    assert alert.description == "{{ $value }}"


def test_the_most_specific_entry_wins():
    alert = rule_of([entry(job="a", kv_cache_high_ratio=0.8), entry(job="a", model_name="m")])
    assert str(alert.expr) == (
        f"{NAME} > 0.9 unless {JOB} or {NAME} > 0.8 and {JOB} unless {PAIR} or {NAME} > 0.97 and {PAIR}"
    )
    assert alert.summary == (
        'Above {{ if and (eq $labels.job "a") (eq $labels.model_name "m") }}97%{{ else if eq $labels.job "a" }}80%{{ else }}90%{{ end }}'
    )


def test_a_model_may_have_the_usual_threshold_within_a_job_that_has_not():
    expr = str(rule_of([entry(job="a"), entry(job="a", model_name="m", kv_cache_high_ratio=0.9)]).expr)
    assert expr == f"{NAME} > 0.9 unless {JOB} or {NAME} > 0.97 and {JOB} unless {PAIR} or {NAME} > 0.9 and {PAIR}"


def test_entries_for_a_job_and_a_model_both_hold_where_they_meet():
    def both(limits):
        return (usage > limits.kv_cache_high_ratio).and_(instant(engine.WAITING) > limits.queue_share_ratio)

    expr = str(
        rule_of([entry(job="a"), entry(model_name="m", queue_share_ratio=0.5)], content_of(expr=both)).expr
    ).split(" or ")
    assert [("0.97" in part, "0.5" in part) for part in expr] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]
    assert expr[3].endswith(f"and {PAIR}")


def test_entries_for_a_job_and_a_model_that_set_the_same_are_refused_unless_one_says_which():
    meeting = [entry(job="a"), entry(model_name="m", kv_cache_high_ratio=0.8)]
    message = "^Setting thresholds_for: kv_cache_high_ratio of job 'a', model_name 'm' is set by several entries to different values, and none of them is within another; add an entry with all of these labels"
    with pytest.raises(GlassboxError, match=message):
        rule_of(meeting)
    assert "0.85" in str(rule_of([*meeting, entry(job="a", model_name="m", kv_cache_high_ratio=0.85)]).expr)


def test_entries_that_meet_and_agree_need_no_other():
    alert = rule_of([entry(job="a"), entry(model_name="m")])
    agreed = rule_of([entry(job="a"), entry(model_name="m"), entry(job="a", model_name="m")])
    assert alert == agreed


def test_the_usual_number_as_an_exception_changes_nothing():
    assert str(rule_of([entry(job="a", kv_cache_high_ratio=0.9)]).expr) == f"{NAME} > 0.9"


@pytest.mark.parametrize(
    ("alert", "exception", "message"),
    [
        ({}, entry(job="a", qps_low=3), "Setting thresholds_for.0.qps_low: no alert and no recorded series depends on it; leave it out."),
        (
            {"for_": lambda limits: f"{limits.down_seconds}s"},
            entry(job="a", down_seconds=300),
            "Setting thresholds_for.0.down_seconds: it changes more of the alert Full than its condition, such as how long it waits, and that is the same for every series; leave it out here, and set it in thresholds or alerts.",
        ),
        (
            {"expr": lambda limits: sum_by(("job",), usage) > limits.kv_cache_high_ratio},
            entry(job="a", model_name="m"),
            "Setting thresholds_for.0.kv_cache_high_ratio: the alert Full has no label model_name (its labels: job), so that one model_name cannot have a threshold of its own; leave it out here.",
        ),
        (
            {"expr": lambda limits: sum_by((), usage) > limits.kv_cache_high_ratio},
            entry(job="a"),
            "Setting thresholds_for.0.kv_cache_high_ratio: the alert Full has no label job (its labels: none), so that one job cannot",
        ),
    ],
)  # fmt: skip  # a row is a case
def test_what_a_rule_cannot_carry_is_refused(alert, exception, message):
    with pytest.raises(GlassboxError) as caught:
        rule_of([exception], content_of(**alert))
    assert str(caught.value).startswith(message)


def test_a_rule_by_job_takes_an_exception_for_a_job():
    by_job = {"expr": lambda limits: sum_by(("job",), usage) > limits.kv_cache_high_ratio}
    assert str(rule_of([entry(job="a")], content_of(**by_job)).expr).count(JOB) == 2


def test_a_rule_by_job_refuses_the_usual_value_for_one_model_of_an_excepted_job():
    by_job = {"expr": lambda limits: sum_by(("job",), usage) > limits.kv_cache_high_ratio}
    entries = [entry(job="a"), entry("a", "m", kv_cache_high_ratio=0.9)]
    message = "^Setting thresholds_for.1.kv_cache_high_ratio: the alert Full has no label model_name"
    with pytest.raises(GlassboxError, match=message):
        rule_of(entries, content_of(**by_job))


def test_a_text_whose_template_differs_is_taken_whole():
    def text(limits):
        return f"{{{{ if gt $value {limits.kv_cache_high_ratio} }}}}much{{{{ end }}}} of it"

    expected = '{{ if eq $labels.job "a" }}{{ if gt $value 0.97 }}much{{ end }} of it{{ else }}{{ if gt $value 0.9 }}much{{ end }} of it{{ end }}'
    assert rule_of([entry(job="a")], content_of(summary=text)).summary == expected


def test_rules_are_made_once_for_each_set_of_thresholds():
    made = []

    def alerts(settings):
        made.append(settings.thresholds.kv_cache_high_ratio)
        return content_of().alerts(settings)

    entries = [entry(job="a"), entry(job="b"), entry(model_name="m", kv_cache_high_ratio=0.8)]
    with pytest.raises(GlassboxError, match="kv_cache_high_ratio of job 'a', model_name 'm' is set by several entries"):
        rule_of(entries, replace(content_of(), alerts=alerts))
    rule_of(entries[:2], replace(content_of(), alerts=alerts))
    assert made == [0.9, 0.97, 0.8, 0.9, 0.97]


def test_recorded_series_carry_exceptions_too():
    def records(settings):
        holds: Expr = usage > settings.thresholds.kv_cache_high_ratio
        own = RecordGroup("r", (Record("model:full:bool", holds, "Full.", (("signal", "full"),)),))
        return (RecordGroup("read", (targets.VANISHED, engine.KV_CACHE_USAGE_MAX)), own)

    content = replace(content_of(), alerts=lambda _: (), recording_rules=records, measures=None)
    bundle = compile_bundle(content, Settings(thresholds_for=(entry(job="a"),)))
    ((rule,),) = (group["rules"] for group in bundle.recording_rules["r.yaml"]["groups"])
    assert rule["expr"] == f"{NAME} > 0.9 unless {JOB} or {NAME} > 0.97 and {JOB}"


CARRIED = {
    "qps_low": 1,
    "start_seconds": 1200,
    "kv_cache_high_ratio": 0.97,
    "latency_high_seconds": 20,
    "latency_high_share_ratio": 0.2,
    "minimum_requests": 5,
    "minimum_bad_requests": 5,
    "tokens_low_per_second": 5,
    "tokens_low_per_second_per_request": 5,
    "kv_cache_full_ratio": 0.99,
    "queue_share_ratio": 0.5,
    "frontend_share_ratio": 0.5,
    "preemptions_per_request": 0.5,
    "truncated_share_ratio": 0.5,
    "repetition_share_ratio": 0.5,
    "abandoned_share_ratio": 0.5,
    "kv_transfer_failed_ratio": 0.5,
    "speculation_acceptance_low_ratio": 0.5,
}


def test_every_threshold_but_a_duration_is_carried_by_our_rules():
    assert set(Thresholds.__dataclass_fields__) - set(CARRIED) == {"down_seconds"}


@pytest.mark.parametrize("key", CARRIED)
def test_our_rules_carry_an_exception_for_one_model_of_one_job(key):
    bundle = our_bundle(Settings(thresholds_for=(entry("vllm", "m", **{key: CARRIED[key]}),)))
    usual = our_bundle(Settings())
    changed = our_bundle(Settings(thresholds=Thresholds(**{key: CARRIED[key]})))

    def exprs(bundle):
        files = [*bundle.alerts.values(), *bundle.recording_rules.values()]
        return [rule["expr"] for file in files for group in file["groups"] for rule in group["rules"]]

    differ = [before != after for before, after in zip(exprs(usual), exprs(changed), strict=True)]
    carried = ["label_replace(vector(1)" in expr for expr in exprs(bundle)]
    assert carried == differ and any(carried)


def test_how_long_our_alerts_wait_is_refused_as_an_exception():
    with pytest.raises(GlassboxError, match=r"^Setting thresholds_for.0.down_seconds: it changes more of the alert"):
        our_bundle(Settings(thresholds_for=(entry("vllm", down_seconds=600),)))


def test_a_bound_that_is_no_bucket_is_refused_with_its_entry():
    with pytest.raises(GlassboxError, match=r"^Setting thresholds_for.1.latency_high_seconds: 7 is no.* bucket"):
        our_bundle(Settings(thresholds_for=(entry("vllm"), entry("vllm", "m", latency_high_seconds=7))))


def test_one_engine_has_thresholds_where_a_rule_tells_engines_apart_and_is_refused_where_it_does_not():
    def of_sglang(**thresholds):
        return Settings(thresholds_for=(ThresholdsFor(inference_engine="sglang", thresholds=thresholds),))

    files = our_bundle(of_sglang(kv_cache_high_ratio=0.97)).alerts.values()
    rules = {rule["alert"]: rule for file in files for group in file["groups"] for rule in group["rules"]}
    of_engine = 'on (inference_engine) label_replace(vector(1), "inference_engine", "sglang", "", "")'
    assert of_engine in rules["InferenceKVCacheNearlyFull"]["expr"]
    message = (
        r"^Setting thresholds_for.0.qps_low: the alert InferenceQPSLow has no label inference_engine "
        r"\(its labels: job, model_name\), so that one inference_engine cannot have a threshold of its own; leave it out here\.$"
    )
    with pytest.raises(GlassboxError, match=message):
        our_bundle(of_sglang(qps_low=0.2))
