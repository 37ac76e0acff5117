"""What the boards compute themselves from recorded series, in numbers worked out by hand, every variable at All."""

from collections.abc import Mapping
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


# Ten minutes that end at 20:30: the steps at 11, 12, ... 20 minutes. pytorch serves all the time, vLLM's version 2 from
# 18:00 on and twice as many requests a second from 20:00 on, its version 1 too few.
RATE, COUNT, SUM, BUCKET = (
    "model:inference_requests:rate1m",
    *(f"model:inference_request_duration_seconds_{part}:rate5m" for part in ("count", "sum", "bucket")),
)
SIDES = {
    "pytorch": 'inference_engine="pytorch",model_version="1.0"',
    "new": 'inference_engine="vllm",model_version="2"',
    "old": 'inference_engine="vllm",model_version="1"',
    # The point is part of the name.
    "namesake": 'inference_engine="pytorch",model_version="1x0"',
}
COMPARED = {
    f"{RATE}{{{SIDES['pytorch']}}}": "0.5x90",
    f"{COUNT}{{{SIDES['pytorch']}}}": "0.5x90",
    f"{SUM}{{{SIDES['pytorch']}}}": "1x90",
    f'{BUCKET}{{{SIDES["pytorch"]},le="1.0"}}': "0.5x90",
    f'{BUCKET}{{{SIDES["pytorch"]},le="+Inf"}}': "0.5x90",
    f"model:inference_requests_running:sum{{{SIDES['pytorch']}}}": "4x90",
    f"{RATE}{{{SIDES['new']}}}": "_x72 2x7 4x9",
    f"{COUNT}{{{SIDES['new']}}}": "_x72 2x7 4x9",
    f"{SUM}{{{SIDES['new']}}}": "_x72 2x7 8x9",
    f'{BUCKET}{{{SIDES["new"]},le="2.0"}}': "_x72 2x7 4x9",
    f'{BUCKET}{{{SIDES["new"]},le="+Inf"}}': "_x72 2x7 4x9",
    f"model:inference_requests_running:sum{{{SIDES['new']}}}": "_x72 5x17",
    f"{RATE}{{{SIDES['old']}}}": "_x76 0.825x13",
    f"{COUNT}{{{SIDES['old']}}}": "_x76 0.825x13",
    f"{SUM}{{{SIDES['old']}}}": "_x76 0.825x13",
    f"{RATE}{{{SIDES['namesake']}}}": "1000x90",
    f'{RATE}{{job="bare"}}': "0.25x90",
}
PYTORCH, NEW, OLD = ("pytorch", "1.0"), ("vllm", "2"), ("vllm", "1")
COMPARISON_CASES = [
    # 0.5/s for ten minutes.
    ("Requests of A", PYTORCH, NEW, {"{}": 300}),
    # Two minutes of 2/s and one of 4/s: 480, where the mean rate times ten minutes would be 1600.
    ("Requests of B", PYTORCH, NEW, {"{}": 480}),
    # 5 while there is a B, over 4.
    ("Load, B/A", PYTORCH, NEW, {"{}": 1.25}),
    # (2 + 2 + 8) s over (2 + 2 + 4) requests is 1.5 s, over 2 s; the mean of the three means would be 1.33 s.
    ("Mean latency, B/A", PYTORCH, NEW, {"{}": 0.75}),
    # All within 2 s over all within 1 s: 0.95 of each bound.
    ("Latency p95, B/A", PYTORCH, NEW, {"{}": 2}),
    ("Latency p95, B/A", NEW, PYTORCH, {"{}": 0.5}),
    # Two versions of one engine.
    ("Requests of A", OLD, NEW, {"{}": 99}),
    ("Mean latency, B/A", OLD, NEW, {}),
    ("Mean latency, B/A", NEW, OLD, {}),
    ("Load, B/A", NEW, NEW, {"{}": 1}),
    # All versions of an engine: 480 and 99.
    ("Requests of B", PYTORCH, ("vllm", ".*"), {"{}": 579}),
    # Nobody said which engine serves: the choice is empty, and so is the label.
    ("Requests of A", ("", ".*"), NEW, {"{}": 150}),
    ("First token, B/A", PYTORCH, NEW, {}),
]


@pytest.mark.parametrize(
    ("panel", "a", "b", "expected"), COMPARISON_CASES, ids=[f"{panel} {a} {b}" for panel, a, b, _ in COMPARISON_CASES]
)
def test_engine_comparison(
    panel: str, a: tuple[str, str], b: tuple[str, str], expected: dict[str, float], tmp_path: Path
) -> None:
    chosen = {"engine_a": a[0], "version_a": _escaped(a[1]), "engine_b": b[0], "version_b": _escaped(b[1])}
    query = _query("Engine comparison", panel, 0, chosen)
    _assert_values(query.replace("$__range", "10m"), COMPARED, expected, tmp_path, eval_time="20m30s")


def test_one_request_more_is_enough(tmp_path: Path) -> None:
    """0.85/s for two minutes are 102 requests, where 99 are too few."""
    chosen = {"engine_a": "vllm", "version_a": "1", "engine_b": "vllm", "version_b": "2"}
    query = _query("Engine comparison", "Mean latency, B/A", 0, chosen).replace("$__range", "10m")
    series = COMPARED | {f"{part}{{{SIDES['old']}}}": "_x76 0.85x13" for part in (RATE, COUNT, SUM)}
    _assert_values(query, series, {"{}": 1.5}, tmp_path, eval_time="20m30s")


def _escaped(version: str) -> str:
    """A chosen value as Grafana writes it into a matcher of a regular expression, in the quotes of PromQL."""
    return version if version == ".*" else version.replace(".", r"\\.")


@pytest.mark.parametrize(("panel", "query", "expected"), REPLICA_CASES, ids=[case[0] for case in REPLICA_CASES])
def test_replicas(panel: str, query: int, expected: dict[str, float], tmp_path: Path) -> None:
    _assert_values(_query("Replicas", panel, query), REPLICAS, expected, tmp_path)


@pytest.mark.parametrize(("panel", "query", "expected"), MONITORING_CASES, ids=[case[0] for case in MONITORING_CASES])
def test_monitoring_health(panel: str, query: int, expected: dict[str, float], tmp_path: Path) -> None:
    _assert_values(_query("Monitoring health", panel, query), TARGETS | TALKING, expected, tmp_path)


def test_when_no_target_talks_all_are_mute(tmp_path: Path) -> None:
    """Then there is no series to count, and an empty panel would look well."""
    _assert_values(_query("Monitoring health", "Mute targets", 0), TARGETS, {"{}": 3}, tmp_path)


def _assert_values(
    query: str, series: dict[str, str], expected: dict[str, float], folder: Path, *, eval_time: str = "20m"
) -> None:
    """The query over these series, a sample every 15 s, at that time."""
    ensure_components()
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": query, "eval_time": eval_time, "exp_samples": samples}],
    }
    file = folder / "board.test.yml"
    file.write_text(closed(yaml.safe_dump({"tests": [test], **tolerance()}, width=10**9)), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)


def _query(board: str, panel: str, number: int, chosen: Mapping[str, str] | None = None) -> str:
    """The query with what is chosen, and every other variable at All."""
    (found,) = [each for each in BOARDS[board]["panels"] if each["title"] == panel]
    expr = str(found["targets"][number]["expr"])
    for variable in BOARDS[board]["templating"]["list"][1:]:
        name, choices = variable["name"], chosen or {}
        value = choices[name] if name in choices else variable["allValue"]
        expr = expr.replace(f'"${name}"', f'"{value}"')
    return expr
