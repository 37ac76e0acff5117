"""What the boards compute themselves from recorded series, in numbers worked out by hand, every variable at All."""

from pathlib import Path

import pytest
import yaml

from kit.settings import Settings
from pipeline import promtool
from pipeline.compiler import compile_bundle
from stack.components import ensure_components
from tests.rules.windows import closed, tolerance

BOARDS = {board["title"]: board for board in compile_bundle(Settings()).dashboards.values()}

RUNNING = "instance:inference_requests_running:sum"
PROCESS = 'job="vllm",instance="{}:8000"'
# Two replicas of one model and a third of another; a stranger under another job uses the same names of process metrics.
REPLICAS = {
    f'{RUNNING}{{job="vllm",instance="a:8000",model_name="m"}}': "9x80",
    f'{RUNNING}{{job="vllm",instance="b:8000",model_name="m"}}': "3x80",
    f'{RUNNING}{{job="vllm",instance="c:8000",model_name="n"}}': "5x80",
    # 7.5 s of CPU time in 15 s: half a core.
    f"process_cpu_seconds_total{{{PROCESS.format('a')}}}": "0+7.5x80",
    # Started at 100 s; b started anew within the hour, at 900 s.
    f"process_start_time_seconds{{{PROCESS.format('a')}}}": "100x80",
    f"process_start_time_seconds{{{PROCESS.format('b')}}}": "100x40 _x20 900x20",
    'process_start_time_seconds{job="shop",instance="d:80"}': "1190x80",
}
# (9 / mean 6) for m, 1 for n. At 20:00: 1200 - 900 s for b, 1200 - 100 s for a.
REPLICA_CASES = [
    ("Imbalance", 0, {"{}": 1.5}),
    ("Imbalance of running requests", 0, {'{model_name="m"}': 1.5, '{model_name="n"}': 1}),
    ("CPU by replica", 0, {'{job="vllm",instance="a:8000",model_name="m"}': 0.5}),
    ("Youngest process", 0, {"{}": 300}),
    (
        "All replicas",
        9,
        {
            '{job="vllm",instance="a:8000",model_name="m"}': 1100,
            '{job="vllm",instance="b:8000",model_name="m"}': 300,
        },
    ),
    (
        "Restarts by replica",
        0,
        {
            '{job="vllm",instance="a:8000",model_name="m"}': 0,
            '{job="vllm",instance="b:8000",model_name="m"}': 1,
        },
    ),
]

# Three targets of services answer and one of them talks; the GPU exporter is down.
TARGETS = {
    'up{job="vllm",instance="a:8000"}': "1x80",
    'up{job="vllm",instance="b:8000"}': "1x80",
    'up{job="hunyuanocr",instance="c:8001"}': "1x80",
    'up{job="dcgm",instance="a:9400"}': "0x80",
    'job:inference_targets_up:sum{job="vllm"}': "2x80",
    'job:inference_targets_up:sum{job="hunyuanocr"}': "1x80",
    # A quarter of its interval.
    'prometheus_rule_group_last_duration_seconds{job="prometheus",rule_group="r"}': "7.5x80",
    'prometheus_rule_group_interval_seconds{job="prometheus",rule_group="r"}': "30x80",
    'prometheus_rule_group_last_evaluation_timestamp_seconds{job="prometheus",rule_group="r"}': "1170x80",
}
TALKING = {f'{RUNNING}{{job="vllm",instance="a:8000",model_name="m"}}': "0x80"}
MONITORING_CASES = [
    ("Targets down", 0, {"{}": 1}),
    ("Mute targets", 0, {"{}": 2}),
    ("Scrape success", 0, {'{job="vllm"}': 1, '{job="hunyuanocr"}': 1, '{job="dcgm"}': 0}),
    ("Jobs", 2, {'{job="vllm"}': 1}),
    ("Slowest rule group", 0, {"{}": 0.25}),
    ("Age of the last evaluation", 0, {'{rule_group="r"}': 30}),
]


@pytest.mark.parametrize(("panel", "query", "expected"), REPLICA_CASES, ids=[case[0] for case in REPLICA_CASES])
def test_replicas(panel: str, query: int, expected: dict[str, float], tmp_path: Path) -> None:
    _assert_values(_query("Replicas", panel, query), REPLICAS, expected, tmp_path)


@pytest.mark.parametrize(("panel", "query", "expected"), MONITORING_CASES, ids=[case[0] for case in MONITORING_CASES])
def test_monitoring_health(panel: str, query: int, expected: dict[str, float], tmp_path: Path) -> None:
    _assert_values(_query("Monitoring health", panel, query), TARGETS | TALKING, expected, tmp_path)


def test_when_no_target_talks_all_are_mute(tmp_path: Path) -> None:
    """Then there is no series to count, and an empty panel would look well."""
    _assert_values(_query("Monitoring health", "Mute targets", 0), TARGETS, {"{}": 3}, tmp_path)


def _assert_values(query: str, series: dict[str, str], expected: dict[str, float], folder: Path) -> None:
    """The query over these series, a sample every 15 s, at 20 minutes."""
    ensure_components()
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": query, "eval_time": "20m", "exp_samples": samples}],
    }
    file = folder / "board.test.yml"
    file.write_text(closed(yaml.safe_dump({"tests": [test], **tolerance()}, width=10**9)), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)


def _query(board: str, panel: str, number: int) -> str:
    (found,) = [each for each in BOARDS[board]["panels"] if each["title"] == panel]
    expr = str(found["targets"][number]["expr"])
    for variable in BOARDS[board]["templating"]["list"][1:]:
        expr = expr.replace(f'"${variable["name"]}"', f'"{variable["allValue"]}"')
    return expr
