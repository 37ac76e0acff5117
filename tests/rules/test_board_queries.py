"""What the boards compute themselves, in numbers worked out by hand, variables at All where nothing else is said."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from glassbox.metrics import CATALOGUE
from glassbox.settings.model import Cost, Settings
from tests.support.ours import our_record_groups
from tests.support.own_targets import own_targets
from tests.support.promtool_boards import BOARDS, assert_values, boards, query

RUNNING = "instance:inference_requests_running:sum"
PROCESS = 'job="vllm",instance="{}:8000"'
# Two replicas of one model and a third of another; a stranger under another job uses the same names of process metrics.
REPLICAS = {
    f'{RUNNING}{{job="vllm",instance="a:8000",model_name="m"}}': "9x80",
    f'{RUNNING}{{job="vllm",instance="b:8000",model_name="m"}}': "3x80",
    f'{RUNNING}{{job="vllm",instance="c:8000",model_name="n"}}': "5x80",
    'vllm:request_success_total{job="vllm",instance="a:8000",model_name="m",finished_reason="stop"}': "0+45x80",
    'vllm:request_success_total{job="vllm",instance="b:8000",model_name="m",finished_reason="stop"}': "0+15x80",
    'http_requests_total{job="shop",instance="d:80",endpoint="/cart",status="200"}': "0+90x80",
    'http_requests_total{job="vllm",instance="a:8000",model_name="m",endpoint="other",status="404"}': "0+9x80",
    'vllm:kv_cache_usage_perc{job="vllm",instance="a:8000",model_name="m"}': "0.75x80",
    # Serves no model that is recorded.
    'vllm:kv_cache_usage_perc{job="vllm",instance="e:8000",model_name="m"}': "0.95x80",
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
    # 45 finished in 15 s are 3/s; 90 of the shop's and 9 of an undeclared path count for nobody. (3 / mean 2) for m.
    (
        "Finished requests by replica",
        0,
        {
            '{job="vllm",instance="a:8000",model_name="m"}': 3,
            '{job="vllm",instance="b:8000",model_name="m"}': 1,
        },
    ),
    ("Imbalance of finished requests", 0, {'{model_name="m"}': 1.5}),
    ("KV cache, fullest", 0, {"{}": 0.75}),
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

MEMORY = "gpu:memory_used_bytes:max"
# Three exporters, and a card of which no memory is recorded.
GPUS = {
    f'{MEMORY}{{job="dcgm",instance="a:9400",gpu="0"}}': "1x80",
    f'{MEMORY}{{job="hunyuanocr",instance="b:8001",gpu="0"}}': "1x80",
    f'{MEMORY}{{job="hunyuanocr",instance="b:8001",gpu="1"}}': "1x80",
    f'{MEMORY}{{job="smi",instance="s:9835",gpu="1",UUID="aa"}}': "1x80",
    'DCGM_FI_DEV_GPU_UTIL{job="dcgm",instance="a:9400",gpu="0"}': "50x80",
    'DCGM_FI_DEV_GPU_UTIL{job="dcgm",instance="c:9400",gpu="0"}': "99x80",
    'gpu_utilization_percent{job="hunyuanocr",instance="b:8001",gpu_id="0"}': "25x80",
    'gpu_utilization_percent{job="hunyuanocr",instance="b:8001",gpu_id="1"}': "75x80",
    'nvidia_smi_gpu_info{job="smi",instance="s:9835",uuid="aa",index="1"}': "1x80",
    'nvidia_smi_utilization_gpu_ratio{job="smi",instance="s:9835",uuid="aa"}': "0.5x80",
    'DCGM_FI_DEV_ROW_REMAP_FAILURE{job="dcgm",instance="a:9400",gpu="0"}': "0x80",
    # It reports no memory.
    'gpu:activity_ratio:max{job="spark",instance="n:8001",gpu="0"}': "0.5x80",
    'gpu:other_reading:group{job="spark",instance="n:8001",gpu="0"}': "1x80",
    # It reports nothing but its heat.
    'gpu:other_reading:group{job="jetson",instance="j:9400",gpu="0"}': "1x80",
    'DCGM_FI_DEV_GPU_TEMP{job="jetson",instance="j:9400",gpu="0"}': "55x80",
    # One code within the hour, gone from among the new ones by now, on the only GPU that has a code.
    'gpu:xid_new_code:last10m{job="dcgm",instance="a:9400",gpu="0"}': "79x20 stale",
    'gpu:xid_last_code:max{job="dcgm",instance="a:9400",gpu="0"}': "79x80",
}
# (0.5 + 0.25 + 0.75 + 0.5) / 4; of the GPUs 1 alone (0.75 + 0.5) / 2.
GPU_CASES = [
    ("GPUs", None, {"{}": 6}),
    ("Temperature", None, {'{instance="j:9400",gpu="0"}': 55}),
    ("New XID, 1 h", None, {"{}": 1}),
    ("Not idle", None, {"{}": 0.5}),
    ("Not idle", "1", {"{}": 0.625}),
    (
        "Utilisation by GPU",
        "1",
        {'{instance="b:8001",gpu="1"}': 0.75, '{instance="s:9835",gpu="1"}': 0.5},
    ),
    ("Row remap failures", None, {"{}": 0}),
]

# Three targets of services answer and one of them talks; the GPU exporter is down.
TARGETS = {
    'up{job="vllm",instance="a:8000"}': "1x80",
    'up{job="vllm",instance="b:8000"}': "1x80",
    'up{job="hunyuanocr",instance="c:8001"}': "1x80",
    'up{job="dcgm",instance="a:9400"}': "0x80",
    'job:inference_targets:count{job="vllm"}': "2x80",
    'job:inference_targets:count{job="hunyuanocr"}': "1x80",
    # A quarter of its interval.
    'prometheus_rule_group_last_duration_seconds{job="prometheus",rule_group="/etc/rules/a.yaml;r"}': "7.5x80",
    'prometheus_rule_group_interval_seconds{job="prometheus",rule_group="/etc/rules/a.yaml;r"}': "30x80",
    'prometheus_rule_group_last_evaluation_timestamp_seconds{job="prometheus",rule_group="/etc/rules/a.yaml;r"}': "1170x80",
}
TALKING = {f'{RUNNING}{{job="vllm",instance="a:8000",model_name="m"}}': "0x80"}
MONITORING_CASES = [
    ("Targets down", 0, {"{}": 1}),
    ("Mute targets", 0, {"{}": 2}),
    ("Scrape success", 0, {'{job="vllm"}': 1, '{job="hunyuanocr"}': 1, '{job="dcgm"}': 0}),
    ("Jobs", 2, {'{job="vllm"}': 1}),
    ("Slowest rule group", 0, {"{}": 0.25}),
    ("Age of the last evaluation", 0, {'{group="r"}': 30}),
]


# An H100 at 10.8 an hour and another card at 3.6: 14.4, which is 0.004 a second; 1,000 output tokens a second of 4,000; 2 pages
# a second; 800 W.
PRICED = boards(Settings(cost=Cost(gpu_price_per_hour=3.6, gpu_prices_per_hour={"NVIDIA H100": 10.8})))
MODEL_M, MODEL_N = '{job="vllm",model_name="m"}', '{job="ocr",model_name="n"}'
GPU_A, GPU_B = '{job="dcgm",instance="a:9400",gpu="0"}', '{job="dcgm",instance="b:9400",gpu="0"}'
GONE = '{job="dcgm",instance="b:9400",gpu="1"}'
SPENDING = {
    'DCGM_FI_DEV_FB_USED{job="dcgm",instance="a:9400",gpu="0",modelName="NVIDIA H100"}': "60x80",
    f"gpu:memory_used_bytes:max{GPU_A}": "60x80",
    f"gpu:memory_total_bytes:max{GPU_A}": "80x80",
    f"gpu:power_watts:max{GPU_A}": "700x80",
    # Of the 41 samples of ten minutes: 20 of 0.125, one of 0.5, 20 of 0.875, which is 0.5 in all and 0.875 now.
    f"gpu:activity_ratio:max{GPU_A}": "0.125x59 0.5 0.875x19",
    f"gpu:memory_used_bytes:max{GPU_B}": "60x80",
    f"gpu:power_watts:max{GPU_B}": "100x80",
    f"gpu:activity_ratio:max{GPU_B}": "0x80",
    # Went five minutes ago.
    f"gpu:memory_used_bytes:max{GONE}": "60x59 stale",
    f"gpu:activity_ratio:max{GONE}": "0.5x59 stale",
    f"model:inference_generation_tokens:rate5m{MODEL_M}": "750x80",
    f"model:inference_generation_tokens:rate5m{MODEL_N}": "250x80",
    f"model:inference_prompt_tokens:rate5m{MODEL_M}": "2000x80",
    f"model:inference_prompt_tokens:rate5m{MODEL_N}": "1000x80",
    f"model:inference_requests:rate1m{MODEL_M}": "1.5x80",
    f"model:inference_requests:rate1m{MODEL_N}": "0.5x80",
}
COST_CASES = [
    ("Cost per hour", 0, {"{}": 14.4}),
    # 10.8 x 0.125 + 3.6 x 1.
    ("Idle per hour", 0, {"{}": 4.95}),
    # Of the money: the mean of both shares would be 0.5625.
    ("Idle share", 0, {"{}": 0.34375}),
    # 0.004 / 1,000, / 4,000, / 2.
    ("Per million output tokens", 0, {"{}": 4}),
    ("Per million tokens", 0, {"{}": 1}),
    ("Per 1,000 pages", 0, {"{}": 2}),
    ("Tokens per joule", 0, {"{}": 5}),
    ("Paid and idle", 0, {"{}": 14.4}),
    ("Paid and idle", 1, {"{}": 4.95}),
    ("Idle by host", 0, {'{instance="a:9400"}': 1.35, '{instance="b:9400"}': 3.6}),
    ("Power by GPU exporter", 0, {'{job="dcgm"}': 800}),
    ("Models", 3, {MODEL_M: 1.5, MODEL_N: 0.5}),
    ("Models", 4, {MODEL_M: 0.75, MODEL_N: 0.25}),
    ("Models", 5, {MODEL_M: 10.8, MODEL_N: 3.6}),
    ("GPUs", 0, {GPU_A: 0.5, GPU_B: 0}),
    ("GPUs", 1, {GPU_A: 0.75}),
    ("GPUs", 3, {GPU_A: 10.8, GPU_B: 3.6}),
    ("GPUs", 4, {GPU_A: 5.4, GPU_B: 3.6}),
]
# n counts 2.5 pages a second, m none: 0.004 over 1.5 + 2.5. A service that counts and reads none is no service that counts none.
COUNTED = {f"model:inference_pages:rate5m{MODEL_M}": "0x80", f"model:inference_pages:rate5m{MODEL_N}": "2.5x80"}
# m writes tokens: what it is asked is a page only if it is sent images.
CHATTING = {
    f"model:inference_mm_cache_queries:rate5m{MODEL_M}": "0x80",
    f"model:inference_pages:rate5m{MODEL_N}": "2.5x80",
}
READING = CHATTING | {f"model:inference_mm_cache_queries:rate5m{MODEL_M}": "0x60 1 0x20"}
FAILING = COUNTED | {f"model:inference_pages:rate5m{MODEL_N}": "2.5x40 0x40"}
COUNTED_CASES = [
    (COUNTED, "Per 1,000 pages", 0, {"{}": 1}),
    (COUNTED, "Models", 3, {MODEL_M: 1.5, MODEL_N: 2.5}),
    (FAILING, "Models", 3, {MODEL_M: 1.5, MODEL_N: 0}),
    (CHATTING, "Models", 3, {MODEL_N: 2.5}),
    (READING, "Models", 3, {MODEL_M: 1.5, MODEL_N: 2.5}),
]
# m finds half of its input in the prefix cache. All of n's is transferred: another job computes it. 0.004 over 1,000 + 0 + 1,000.
CACHED = {
    f"model:inference_prefix_cache_hits:rate5m{MODEL_M}": "1000x80",
    f"model:inference_prompt_tokens_computed:rate5m{MODEL_N}": "0x80",
}
CACHED_CASES = [
    ("Per million tokens", 0, {"{}": 2}),
    ("Per million tokens over time", 1, {"{}": 2}),
    ("Per million output tokens", 0, {"{}": 4}),
    ("Tokens per joule", 0, {"{}": 2.5}),
    ("Models", 0, {MODEL_M: 2000, MODEL_N: 1000}),
    ("Models", 1, {MODEL_M: 1000, MODEL_N: 0}),
]
# Whoever chooses one host pays for that host; work is chosen apart.
HOST_CASES = [
    ("a:9400", "Cost per hour", {"{}": 10.8}),
    ("a:9400", "Idle per hour", {"{}": 1.35}),
    ("a:9400", "Per million output tokens", {"{}": 3}),
    ("a:9400", "Tokens per joule", {"{}": 4000 / 700}),
    ("b:9400", "Cost per hour", {"{}": 3.6}),
    ("b:9400", "Idle by host", {'{instance="b:9400"}': 3.6}),
]

# Ten minutes that end at 20:30: the steps at 11, 12, ... 20 minutes. Two GPUs for 7.2 an hour, which is 0.002 a second, idle in
# the first six steps and work in the last four.
QUIET_FIRST = {
    f"gpu:memory_used_bytes:max{GPU_A}": "60x90",
    f"gpu:memory_used_bytes:max{GPU_B}": "60x90",
    f"gpu:activity_ratio:max{GPU_A}": "0x65 1x24",
    f"gpu:activity_ratio:max{GPU_B}": "0x65 1x24",
    f"gpu:power_watts:max{GPU_A}": "60x65 150x24",
    f"gpu:power_watts:max{GPU_B}": "40x65 100x24",
    f"model:inference_generation_tokens:rate5m{MODEL_M}": "0x65 1000x24",
    f"model:inference_prompt_tokens:rate5m{MODEL_M}": "0x65 3000x24",
    f"model:inference_requests:rate1m{MODEL_N}": "0x65 2x24",
}
RANGE_CASES = [
    # 10 x 7.2, each for its minute.
    ("Cost, range", {"{}": 1.2}),
    # 6 x 7.2 likewise.
    ("Idle cost, range", {"{}": 0.72}),
    ("Idle share, range", {"{}": 6 * 7.2 / 72}),
    # 10 x 0.002 over 4 x 1,000, 4 x 4,000 and 4 x 2: 2.5 times what the busy part alone would cost.
    ("Per million output tokens, range", {"{}": 5}),
    ("Per million tokens, range", {"{}": 1.25}),
    ("Per 1,000 pages, range", {"{}": 2.5}),
    # 16,000 over 6 x 100 + 4 x 250.
    ("Tokens per joule, range", {"{}": 10}),
    ("Energy, range", {"{}": 1600 / 60}),
]

# GPUs are paid for, and nobody asks.
NO_WORK = {f"gpu:memory_used_bytes:max{GPU_A}": "60x90", f"gpu:power_watts:max{GPU_A}": "100x90"} | {
    f"model:inference_{work}{MODEL_M}": "0x90"
    for work in ("generation_tokens:rate5m", "prompt_tokens:rate5m", "requests:rate1m")
}
PRICES = ["Per million output tokens", "Per million tokens", "Per 1,000 pages"]


def _asked_for_money(panel: str, number: int = 0, chosen: Mapping[str, str] | None = None) -> str:
    """A query of the cost board at these prices."""
    return query("Cost and energy", panel, number, chosen, boards=PRICED)


@pytest.mark.parametrize(("counted", "panel", "number", "expected"), COUNTED_CASES)
def test_pages_that_a_service_counts_stand_before_those_of_its_requests(
    counted: dict[str, str], panel: str, number: int, expected: dict[str, float], tmp_path: Path
) -> None:
    assert_values(_asked_for_money(panel, number), SPENDING | counted, expected, tmp_path)


@pytest.mark.parametrize(
    ("panel", "number", "expected"), COST_CASES, ids=[f"{case[0]} {case[1]}" for case in COST_CASES]
)
def test_cost_and_energy(panel: str, number: int, expected: dict[str, float], tmp_path: Path) -> None:
    assert_values(_asked_for_money(panel, number), SPENDING, expected, tmp_path)


@pytest.mark.parametrize(("panel", "number", "expected"), CACHED_CASES)
def test_input_that_nobody_computes_costs_nothing(
    panel: str, number: int, expected: dict[str, float], tmp_path: Path
) -> None:
    assert_values(_asked_for_money(panel, number), SPENDING | CACHED, expected, tmp_path)


def test_more_hits_than_input_are_no_negative_tokens(tmp_path: Path) -> None:
    """Hits count as requests are admitted, input as its prefill ends: 0.004 over 1,000 + 1,000."""
    hits = {f"model:inference_prefix_cache_hits:rate5m{MODEL_M}": "2500x80"}
    assert_values(_asked_for_money("Per million tokens"), SPENDING | hits, {"{}": 2}, tmp_path)


@pytest.mark.parametrize(("host", "panel", "expected"), HOST_CASES)
def test_a_chosen_host_is_what_the_cost_board_pays_for(
    host: str, panel: str, expected: dict[str, float], tmp_path: Path
) -> None:
    """Priced cards too, whose models the exporter's own series tell."""
    assert_values(_asked_for_money(panel, chosen={"gpu_instance": host}), SPENDING, expected, tmp_path)


def test_a_host_idles_with_all_its_gpus(tmp_path: Path) -> None:
    """3.6 x 0.5 + 3.6 x 1; nobody measures the activity of the third, which is not called idle."""
    host = '{{job="dcgm",instance="a:9400",gpu="{}"}}'
    series = {f"gpu:memory_used_bytes:max{host.format(index)}": "60x80" for index in range(3)}
    series |= {f"gpu:activity_ratio:max{host.format(index)}": f"{active}x80" for index, active in enumerate((0.5, 0))}
    assert_values(_asked_for_money("Idle by host"), series, {'{instance="a:9400"}': 5.4}, tmp_path)
    assert_values(_asked_for_money("Cost per hour"), series, {"{}": 3 * 3.6}, tmp_path)


@pytest.mark.parametrize(("panel", "expected"), RANGE_CASES, ids=[case[0] for case in RANGE_CASES])
def test_cost_over_the_time_range_pays_for_its_quiet_part(
    panel: str, expected: dict[str, float], tmp_path: Path
) -> None:
    assert_values(_asked_for_money(panel), QUIET_FIRST, expected, tmp_path, eval_time="20m30s")


@pytest.mark.parametrize(("panel", "expected"), [case for case in RANGE_CASES if case[0].startswith("Per ")], ids=str)
def test_a_price_of_work_does_not_depend_on_how_often_work_is_recorded(
    panel: str, expected: dict[str, float], tmp_path: Path
) -> None:
    """Here half as often as GPUs are: a sum of the samples themselves would call the work half as much."""
    rarely = {
        name: " ".join(sample for value, times in ((idle, 33), (busy, 13)) for sample in [value, "_"] * times)
        for name, idle, busy in (
            (f"model:inference_generation_tokens:rate5m{MODEL_M}", "0", "1000"),
            (f"model:inference_prompt_tokens:rate5m{MODEL_M}", "0", "3000"),
            (f"model:inference_requests:rate1m{MODEL_N}", "0", "2"),
        )
    }
    assert_values(_asked_for_money(panel), QUIET_FIRST | rarely, expected, tmp_path, eval_time="20m30s")


def test_a_gpu_that_has_gone_is_paid_for_as_long_as_it_was_there(tmp_path: Path) -> None:
    """Until 13:15: three steps of ten, 3.6 an hour each."""
    series = {f"gpu:memory_used_bytes:max{GPU_A}": "60x53 stale"}
    assert_values(_asked_for_money("Cost, range"), series, {"{}": 0.18}, tmp_path, eval_time="20m30s")


@pytest.mark.parametrize("panel", [*PRICES, *(f"{price}, range" for price in PRICES)])
def test_work_that_nobody_does_has_no_price(panel: str, tmp_path: Path) -> None:
    """No infinity, and no 0 either."""
    assert_values(_asked_for_money(panel), NO_WORK, {}, tmp_path, eval_time="20m30s")


def test_prices_are_asked_of_the_chosen_gpus_and_not_of_the_service() -> None:
    """The exporters' own series carry the labels of both variables, as the recorded ones do."""
    exprs = [target["expr"] for panel in PRICED["Cost and energy"]["panels"] for target in panel.get("targets", ())]
    selectors = [
        found for expr in exprs for found in re.findall(r"(?:gpu:|DCGM_|nvidia_smi_)[\w:]+(?:\{[^}]*\})?", expr)
    ]
    assert {selector.partition("{")[0] for selector in selectors} >= {"DCGM_FI_DEV_FB_USED", "nvidia_smi_gpu_info"}
    for selector in selectors:
        assert '{instance=~"$gpu_instance",job=~"$gpu_job"' in selector, selector


# Ten minutes that end at 20:30: the steps at 11, 12, ... 20 minutes. pytorch serves all the time, vLLM's version 2 from
# 18:00 on and twice as many requests a second from 20:00 on, its version 1 too few.
RATE, COUNT, SUM, BUCKET = (
    "model:inference_requests:rate1m",
    *(f"model:inference_request_duration_seconds_{part}:rate5m" for part in ("count", "sum", "bucket")),
)
SIDES = {
    "pytorch": 'job="s",inference_engine="pytorch",model_version="1.0"',
    "new": 'job="s",inference_engine="vllm",model_version="2"',
    "old": 'job="s",inference_engine="vllm",model_version="1"',
    # The point is part of the name.
    "namesake": 'job="s",inference_engine="pytorch",model_version="1x0"',
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
    # Seconds of requests each second: the mean of 2, 2 and 8 while there is a B, over 1.
    ("Load, B/A", PYTORCH, NEW, {"{}": 4}),
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
    ("Requests of B", PYTORCH, ("vllm",), {"{}": 579}),
    # Nobody said which engine serves: the choice is empty, and so is the label.
    ("Requests of A", ("",), NEW, {"{}": 150}),
    ("First token, B/A", PYTORCH, NEW, {}),
]


@pytest.mark.parametrize(
    ("panel", "a", "b", "expected"), COMPARISON_CASES, ids=[f"{panel} {a} {b}" for panel, a, b, _ in COMPARISON_CASES]
)
def test_engine_comparison(
    panel: str, a: tuple[str, ...], b: tuple[str, ...], expected: dict[str, float], tmp_path: Path
) -> None:
    chosen = {"engine_a": a[0], "engine_b": b[0]}
    chosen |= {name: side[1] for name, side in (("version_a", a), ("version_b", b)) if len(side) > 1}
    asked = query("Engine comparison", panel, 0, chosen)
    assert_values(asked, COMPARED, expected, tmp_path, eval_time="20m30s")


def test_one_request_more_is_enough(tmp_path: Path) -> None:
    """0.85/s for two minutes are 102 requests, where 99 are too few."""
    chosen = {"engine_a": "vllm", "version_a": "1", "engine_b": "vllm", "version_b": "2"}
    asked = query("Engine comparison", "Mean latency, B/A", 0, chosen)
    series = COMPARED | {f"{part}{{{SIDES['old']}}}": "_x76 0.85x13" for part in (RATE, COUNT, SUM)}
    assert_values(asked, series, {"{}": 1.5}, tmp_path, eval_time="20m30s")


@pytest.mark.parametrize(("panel", "number", "expected"), REPLICA_CASES, ids=[case[0] for case in REPLICA_CASES])
def test_replicas(panel: str, number: int, expected: dict[str, float], tmp_path: Path) -> None:
    assert_values(query("Replicas", panel, number), REPLICAS, expected, tmp_path)


@pytest.mark.parametrize(("panel", "index", "expected"), GPU_CASES)
def test_gpus(panel: str, index: str | None, expected: dict[str, float], tmp_path: Path) -> None:
    """A chosen index narrows what every exporter tells, also where it has another label for it."""
    assert_values(query("GPU", panel, 0, {"gpu": index} if index else None), GPUS, expected, tmp_path)


@pytest.mark.parametrize("board", ["GPU", "Replicas"])
def test_every_series_of_a_board_is_narrowed(board: str) -> None:
    """Whoever chooses one host or replica must not pay for the whole fleet."""
    job, instance = {"GPU": ("gpu_job", "gpu_instance"), "Replicas": ("job", "instance")}[board]
    exprs = [target["expr"] for panel in BOARDS[board]["panels"] for target in own_targets(panel)]
    names = {
        name for metrics in CATALOGUE.values() for metric in metrics for name in (metric.name, *metric.former_names)
    }
    names |= {record.name for group in our_record_groups() for record in group.records}
    # A selector without a name lists those of all engines.
    exprs = [re.sub(r'\{__name__=~?"[^"]*",', "listed{", expr) for expr in exprs]
    names.add("listed")
    series = rf"(?<![\w:])(?:{'|'.join(sorted(names))})(?:_sum|_count|_bucket)?(?![\w:])(?:\{{[^}}]*\}})?"
    selectors = [found for expr in exprs for found in re.findall(series, expr)]
    assert len(selectors) > 30
    for selector in selectors:
        assert f'job=~"${job}"' in selector and f'instance=~"${instance}"' in selector, selector


@pytest.mark.parametrize(("panel", "number", "expected"), MONITORING_CASES, ids=[case[0] for case in MONITORING_CASES])
def test_monitoring_health(panel: str, number: int, expected: dict[str, float], tmp_path: Path) -> None:
    assert_values(query("Monitoring health", panel, number), TARGETS | TALKING, expected, tmp_path)


def test_when_no_target_talks_all_are_mute(tmp_path: Path) -> None:
    """Then there is no series to count, and an empty panel would look well."""
    assert_values(query("Monitoring health", "Mute targets", 0), TARGETS, {"{}": 3}, tmp_path)
