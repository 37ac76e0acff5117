"""What distinguishes one alert from another in Grafana, where a metric's name is a label like any other."""

from pathlib import Path

import yaml

from glassbox.compile.bundle import Json
from glassbox.prometheus import promtool
from glassbox.servers.components import ensure_components
from tests.support.ours import our_bundle

TARGET = 'job="vllm",instance="gpu-1:8000"'
TEN_GOOD_OF_THIRTY = "1 0 0 " * 10


def test_a_target_keeps_its_labels_whether_it_is_down_or_flaps(tmp_path: Path) -> None:
    """No result carries the name `up`, and all carry the target's labels: the alert stays one."""
    ensure_components()
    test = {
        "interval": "20s",
        "input_series": [
            {"series": f"up{{{TARGET}}}", "values": f"{TEN_GOOD_OF_THIRTY} 0x60"},
            {"series": f"target:inference_answered:ratio10m{{{TARGET}}}", "values": "_x29 0.3x30 stale"},
        ],
        "promql_expr_test": [
            {
                "expr": f"count by (__name__, job, instance) (({_recorded('target:inference_down:code')}) * 1)",
                "eval_time": at,
                "exp_samples": [{"labels": f"{{{TARGET}}}", "value": 1}],
            }
            # Down at first, flapping at 10:30 with 9 of the last 30 scrapes good, down alone at 25:00.
            for at in ("20s", "10m30s", "25m")
        ],
    }
    _assert_holds(test, tmp_path)


def test_a_job_keeps_its_labels_whether_its_targets_are_down_or_gone(tmp_path: Path) -> None:
    ensure_components()
    test = {
        "interval": "30s",
        "input_series": [
            {"series": f"up{{{TARGET}}}", "values": "0x19 stale"},
            {"series": 'job:inference_targets:count{job="vllm"}', "values": "1x19 stale"},
            {"series": 'model:inference_requests:rate1m{job="vllm",model_name="m"}', "values": "1x19 stale"},
        ],
        "promql_expr_test": [
            {
                "expr": f"count by (__name__, job) ({_expr('InferenceNoCapacity')})",
                "eval_time": at,
                "exp_samples": [{"labels": '{job="vllm"}', "value": 1}],
            }
            # Known and down, then no longer known.
            for at in ("5m", "15m")
        ],
    }
    _assert_holds(test, tmp_path)


def test_an_exporter_that_is_down_keeps_its_labels_alone(tmp_path: Path) -> None:
    ensure_components()
    exporter = 'job="dcgm",instance="a:9400"'
    test = {
        "interval": "30s",
        "input_series": [
            {"series": f"up{{{exporter}}}", "values": "0x20"},
            {"series": f'gpu:memory_used_bytes:max{{{exporter},gpu="0"}}', "values": "1x9 stale"},
        ],
        "promql_expr_test": [
            {
                "expr": f"count by (__name__, job, instance, gpu) ({_expr('GPUExporterDown')})",
                "eval_time": "8m",
                "exp_samples": [{"labels": f"{{{exporter}}}", "value": 1}],
            }
        ],
    }
    _assert_holds(test, tmp_path)


def _assert_holds(test: Json, folder: Path) -> None:
    file = folder / "labels.test.yml"
    file.write_text(yaml.safe_dump({"tests": [test]}), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)


def _recorded(name: str) -> str:
    rules = [rule for file in our_bundle().recording_rules.values() for rule in file["groups"][0]["rules"]]
    return next(str(rule["expr"]) for rule in rules if rule["record"] == name)


def _expr(alert: str) -> str:
    rules = [rule for file in our_bundle().alerts.values() for rule in file["groups"][0]["rules"]]
    return next(str(rule["expr"]) for rule in rules if rule["alert"] == alert)
