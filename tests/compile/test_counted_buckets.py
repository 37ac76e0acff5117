"""Engines that lack the bucket of a promise: texts name the bucket at which the rules count them."""

import pytest

from glassbox.query.buckets import BucketMatcher
from glassbox.query.reporters import TITLES
from glassbox.query.slo import Slo
from glassbox.settings.model import Settings, Thresholds
from recording_rules import judging, slo
from recording_rules.request_durations import bucket_of_slow
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
RULES = [rule for file in BUNDLE.recording_rules.values() for group in file["groups"] for rule in group["rules"]]
ALERTS = {
    rule["alert"]: rule["annotations"]["description"]
    for file in BUNDLE.alerts.values()
    for group in file["groups"]
    for rule in group["rules"]
}
TIMED = [each for each in Settings().slos if each.threshold_seconds]


def bounds(objective):
    return judging.counted_elsewhere(*slo.promised_bucket(objective, Settings()))


def board(slug, title):
    return next(each for each in BUNDLE.dashboards[f"glassbox-{slug}"]["panels"] if each["title"] == title)[
        "description"
    ]


@pytest.mark.parametrize("objective", TIMED, ids=lambda each: each.name)
def test_the_bucket_that_is_named_is_the_one_that_the_engine_s_rule_reads(objective):
    assert bounds(objective)
    for engine, bound in bounds(objective).items():
        found = [
            rule["expr"]
            for rule in RULES
            if rule["record"] == slo.EVENTS.name
            and rule["labels"]["slo"] == objective.name
            and f'inference_engine="{engine}"' in rule["expr"]
        ]
        written = BucketMatcher.at(bound, {}).value
        assert any(f'le="{written}"' in expr or f'le=~"{written}"' in expr for expr in found), (engine, bound)


def test_the_slo_board_and_the_alert_s_text_name_it():
    named = "time_to_first_token: SGLang at 2 s, Dynamo at 2.2 s"
    assert named in board("slo", "Attainment") and named in board("slo", "Kept over the last hour")
    assert (
        '{{ if and (eq $labels.slo "time_to_first_token") (eq $labels.inference_engine "sglang") }}'
        "SGLang is counted at 2 s, its nearest bucket. {{ end }}"
    ) in ALERTS["InferenceErrorBudgetBurnFast"]


def test_slow_requests_and_their_alert_name_it():
    assert (
        board("llm-serving", "Slow requests")
        .partition(" Not reported")[0]
        .endswith("Counted at the nearest bucket: TGI at 8.52 s, Dynamo at 8 s.")
    )
    (alert,) = [each for group in BUNDLE.content.alerts for each in group.alerts if each.name == "InferenceLatencyHigh"]
    assert "TGI at 8.52 s, Dynamo at 8 s." in alert.cannot_see


def test_another_bound_names_other_engines():
    settings = Settings(thresholds=Thresholds(latency_high_seconds=30))
    assert judging.counted_elsewhere(*bucket_of_slow(settings)) == {
        "sglang": 40,
        "tgi": pytest.approx(28.76, abs=0.01),
        "dynamo": 32,
    }
    assert (
        judging.slow_counted_at(settings)
        == "Counted at the nearest bucket: SGLang at 40 s, TGI at 28.8 s, Dynamo at 32 s."
    )


def test_without_objectives_of_time_nothing_is_said():
    settings = Settings(slos=(Slo(name="a", indicator="availability", objective_ratio=0.99),))
    assert judging.counted_at(settings) == ""
    assert judging.not_judged(settings) == "Not reported: a by llama.cpp."
    assert judging.not_judged(Settings(slos=())) == ""


def test_engines_are_named_by_their_titles():
    assert set(bounds(TIMED[0])) <= set(TITLES)
