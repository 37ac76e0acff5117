"""Alerts on engines fire and end as they would without gaps, as long as half of the scrapes answer.

A failed scrape ends all series of its target at once (Prometheus documentation, "Staleness").
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import write_bundle
from glassbox.prometheus import promtool
from tests.support.ours import our_bundle
from tests.support.promtool_windows import closed
from tests.support.rule_test_files import how_to_run

BEGINS_SECONDS, ENDS_SECONDS, LAST_SECONDS = 300, 2700, 3600
# Minutes of the first and of the last evaluation at which each fires, without gaps: the trouble lasts from 5:00 to 45:00.
FIRES = {
    ("InferenceKVCacheNearlyFull", "full"): (6, 44.5),
    ("InferenceKVCacheFullAndQueueing", "full"): (15, 44.5),
    ("InferenceQueueGrowing", "full"): (15, 44.5),
    ("InferenceSaturated", "full"): (20, 44.5),
    ("InferenceFrontendBound", "full"): (24, 46),
    ("InferenceThroughputLow", "full"): (20, 45),
    ("InferencePreemptionThrash", "full"): (17.5, 51.5),
    ("InferenceRepetitionSpike", "full"): (16, 49),
    ("InferenceAdmissionRejecting", "full"): (10.5, 49.5),
    ("InferenceEngineStalled", "hung"): (10, 45),
}
# Scrapes so many seconds apart, one in so many of which fails; 0: none.
GAPS = [(15, 0), (15, 4), (15, 3), (15, 2), (30, 4), (30, 3), (30, 2)]


def in_trouble(usual: float, then: float) -> Callable[[int], float]:
    """A gauge that changes while the trouble lasts."""
    return lambda second: then if BEGINS_SECONDS <= second < ENDS_SECONDS else usual


def grows(usual: float, then: float) -> Callable[[int], float]:
    """A counter that grows by these amounts per second."""

    def total(second: int) -> float:
        troubled = max(0, min(second, ENDS_SECONDS) - BEGINS_SECONDS)
        return usual * (second - troubled) + then * troubled

    return total


# One replica full and queueing, one that hangs. Tokens, seconds and requests are per second.
FULL = {
    "num_requests_running{}": in_trouble(64, 64),
    "kv_cache_usage_perc{}": in_trouble(0.5, 0.98),
    "num_requests_waiting{}": lambda second: in_trouble(0, 25 + second // 60 * 3)(second),
    "e2e_request_latency_seconds_sum{}": grows(100, 100),
    "request_queue_time_seconds_sum{}": grows(1, 40),
    "request_queue_time_seconds_count{}": grows(5, 5),
    "request_inference_time_seconds_sum{}": grows(98, 25),
    'request_success_total{finished_reason="stop"}': grows(12, 11),
    'request_success_total{finished_reason="repetition"}': grows(0, 1),
    "num_preemptions_total{}": grows(0, 4),
    "generation_tokens_total{}": grows(2000, 30),
    "prompt_tokens_total{}": grows(2000, 60),
    'admission_rejections_total{reason="max_num_queued_reqs"}': grows(0, 1),
}
HUNG = {
    "num_requests_running{}": in_trouble(8, 8),
    "generation_tokens_total{}": grows(2000, 0),
    "prompt_tokens_total{}": grows(2000, 0),
    'request_success_total{finished_reason="stop"}': grows(12, 12),
}


def replica(model: str, measured: dict[str, Callable[[int], float]], answers: dict[int, bool]) -> list[Json]:
    """The series of a target, and its `up`."""
    labels = f'job="vllm",instance="{model}:8000"'
    series = {f"up{{{labels}}}": [str(int(answered)) for answered in answers.values()]}
    for name, value in measured.items():
        full_name = f'vllm:{name[:-1]}{"," if "=" in name else ""}{labels},engine="0",model_name="{model}"}}'
        series[full_name] = [f"{value(second):g}" if answered else "stale" for second, answered in answers.items()]
    return [{"series": name, "values": " ".join(values)} for name, values in series.items()]


def expectations() -> list[Json]:
    """Each alert fires first and last within one evaluation of what it does without gaps, and no other fires."""
    at = {"eval_time": f"{LAST_SECONDS}s"}
    fired = 'count(count by (alertname, model_name) (count_over_time(ALERTS{alertstate="firing"}[1h])))'
    cases = [{"expr": fired, **at, "exp_samples": [{"value": len(FIRES)}]}]
    for (alert, model), ends in FIRES.items():
        matchers = f'{{alertname="{alert}",model_name="{model}",alertstate="firing"}}'
        for function, minute in zip(("min", "max"), ends, strict=True):
            reached = f"{function}_over_time(timestamp(ALERTS{matchers})[1h:30s]) / 60"
            text = f"count(abs({reached} - {minute}) <= 0.5)"
            cases.append({"expr": text, **at, "exp_samples": [{"value": 1}]})
    return cases


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    for file in write_bundle(our_bundle(), folder):
        file.write_text(closed(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("step_seconds", "one_in"), GAPS)
def test_alerts_fire_and_end_as_without_gaps(step_seconds: int, one_in: int, rules: Path) -> None:
    scrapes = range(0, LAST_SECONDS + 1, step_seconds)
    answers = {second: not one_in or number % one_in != 1 for number, second in enumerate(scrapes)}
    names = ("targets", "answering", "requests", "engine", "workload", "instances")
    alerts = ("service", "engine", "saturation")
    test = {
        "rule_files": [
            *(f"recording_rules/{name}.yaml" for name in names),
            *(f"alerts/inference-{name}.yaml" for name in alerts),
        ],
        "evaluation_interval": "30s",
        "tests": [
            {
                "interval": f"{step_seconds}s",
                "input_series": [*replica("full", FULL, answers), *replica("hung", HUNG, answers)],
                "promql_expr_test": expectations(),
            }
        ],
    }
    file = rules / f"gaps-{step_seconds}-{one_in}.test.yml"
    file.write_text(closed(yaml.safe_dump(test | how_to_run(), width=10**9)), encoding="utf-8")
    assert list(promtool.test_rules([file]).problems) == []
