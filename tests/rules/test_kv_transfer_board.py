"""The board "KV transfer and speculation" on written series, panel by panel: with connectors and drafts, and without."""

from pathlib import Path

import pytest

from tests.support.promtool_boards import BOARDS, assert_values, query

TITLE = "KV transfer and speculation"
M, ALL = '{model_name="m"}', "{}"
OF_MODEL, OF_ENGINE = 'job="vllm",model_name="m"', 'job="vllm",instance="{}:8000",engine="0",model_name="m"'


def _steady(name: str, per_step: float, labels: str = "", instance: str = "a") -> dict[str, str]:
    """A counter of one engine that grows so much every 15 s."""
    return {f"vllm:{name}{{{OF_ENGINE.format(instance)}{labels}}}": f"0+{per_step}x80"}


def _recorded(name: str, value: float, labels: str = "") -> dict[str, str]:
    return {f"model:inference_{name}{{{OF_MODEL}{labels}}}": f"{value}x80"}


SWITCHED_ON = (
    _recorded("kv_transfers:rate5m", 0.9, ',connector="NIXL",outcome="done"')
    | _recorded("kv_transfers:rate5m", 0.1, ',connector="Mooncake",outcome="failed"')
    | _recorded("kv_transfers:rate5m", 0.2, ',connector="NIXL",outcome="expired"')
    | _recorded("kv_transfer_time_seconds_sum:rate5m", 0.45)
    | _recorded("time_to_first_token_seconds_sum:rate5m", 0.8)
    | _recorded("time_to_first_token_seconds_count:rate5m", 1)
    | _recorded("prompt_tokens:rate5m", 100)
    | _recorded("prompt_tokens_computed:rate5m", 25)
    | _recorded("speculation_draft_tokens:rate10m", 60)
    | _recorded("speculation_accepted_tokens:rate10m", 15)
    | _recorded("requests_corrupted:rate10m", 0.005)
    | _steady("nixl_xfer_time_seconds_sum", 3)
    | _steady("nixl_xfer_time_seconds_count", 6)
    | _steady("nixl_bytes_transferred_sum", 1500)
    | _steady("mooncake_store_operation_bytes_total", 150, ',operation="put",status="ok"')
    | _steady("mooncake_store_operation_failed_keys_total", 15, ',operation="get",status="failed"')
    | _steady("prompt_tokens_by_source_total", 30, ',source="local_compute"')
    | _steady("prompt_tokens_by_source_total", 60, ',source="external_kv_transfer"')
    | _steady("prompt_tokens_cached_by_source_total", 45, ',source="host"')
    | _steady("external_prefix_cache_hits_total", 10)
    | _steady("external_prefix_cache_queries_total", 40)
    | _steady("kv_offload_load_bytes_total", 15)
    | _steady("kv_offload_tiering_write_bytes_total", 30, ',tier="1:fs"')
    | _steady("kv_offload_stores_skipped_total", 45)
    | _steady("spec_decode_num_drafts_total", 15)
    | _steady("spec_decode_num_draft_tokens_total", 45)
    | _steady("spec_decode_num_accepted_tokens_total", 22.5)
    | _steady("spec_decode_num_accepted_tokens_per_pos_total", 15, ',position="0"')
    | _steady("spec_decode_num_accepted_tokens_per_pos_total", 7.5, ',position="1"')
    | _steady("request_num_preemptions_sum", 3)
    | _steady("request_num_preemptions_count", 30)
    | _steady("estimated_flops_per_gpu_total", 15e12)
    | _steady("estimated_flops_per_gpu_total", 45e12, instance="b")
    | _steady("estimated_read_bytes_per_gpu_total", 45e12)
    | {
        'vllm:num_requests_kv_fetch_by_stage{job="vllm",instance="a:8000",engine="0",model_name="m",stage="in_progress",pid="1"}': "0x80",
        'vllm:num_requests_kv_fetch_by_stage{job="vllm",instance="a:8000",engine="0",model_name="m",stage="in_progress",pid="2"}': "3x80",
        f"vllm:kv_offload_cpu_cache_usage_perc{{{OF_ENGINE.format('a')}}}": "0.25x80",
        'vllm:lora_requests_info{job="vllm",instance="a:8000",max_lora="4",running_lora_adapters="old",waiting_lora_adapters=""}': "1000x80",
        'vllm:lora_requests_info{job="vllm",instance="a:8000",max_lora="4",running_lora_adapters="sql,chat",waiting_lora_adapters="law"}': "2000x80",
    }
)
CASES = [
    ("Failed transfers", 0, {ALL: 0.1}),
    # 0.45 s of 0.8 s; a transfer alone takes 0.5 s, and one request in ten has none.
    ("Transfer share of first token", 0, {ALL: 0.5625}),
    ("Computed input", 0, {ALL: 0.25}),
    ("Accepted drafts now", 0, {ALL: 0.25}),
    ("Corrupted requests now", 0, {ALL: 3}),
    ("KV transfers", 0, {'{outcome="done"}': 0.9, '{outcome="failed"}': 0.1, '{outcome="expired"}': 0.2}),
    ("Time of a transfer", 0, {M: 0.5}),
    ("Transferred bytes", 0, {M: 100}),
    ("Transferred bytes", 2, {M: 10}),
    ("Transfer and first token", 0, {M: 0.45}),
    ("Transfer and first token", 1, {M: 0.8}),
    ("Requests that fetch", 0, {'{stage="in_progress"}': 3}),
    ("Failures of other connectors", 0, {M: 1}),
    ("Input by source", 0, {'{source="local_compute"}': 2, '{source="external_kv_transfer"}': 4}),
    ("Hits by tier", 0, {'{source="host"}': 3}),
    ("External cache hits", 0, {M: 0.25}),
    ("Offloaded bytes", 0, {M: 1}),
    ("Offloaded bytes", 3, {M: 2}),
    ("Offload failures", 1, {M: 3}),
    ("Offload memory in use", 0, {M: 0.25}),
    ("Accepted drafts", 0, {M: 0.25}),
    ("Tokens of a draft", 0, {M: 3}),
    ("Tokens of a draft", 1, {M: 1.5}),
    ("Accepted by position", 0, {'{model_name="m",position="0"}': 1, '{model_name="m",position="1"}': 0.5}),
    ("Corrupted requests", 0, {M: 3}),
    ("Preemptions of a request", 0, {M: 0.1}),
    (
        "LoRA adapters",
        0,
        {
            'vllm:lora_requests_info{job="vllm",instance="a:8000",max_lora="4",running_lora_adapters="sql,chat",waiting_lora_adapters="law"}': 2000
        },
    ),
    ("Estimated operations of a GPU", 0, {M: 2e12}),
    ("Estimated memory traffic of a GPU", 0, {M: 3e12}),
]
# A plain server: what it always reports is 0 or computed, and nothing else is there.
PLAIN = (
    _recorded("prompt_tokens:rate5m", 100)
    | _recorded("time_to_first_token_seconds_sum:rate5m", 0.8)
    | _recorded("time_to_first_token_seconds_count:rate5m", 1)
    | _steady("external_prefix_cache_hits_total", 0)
    | _steady("external_prefix_cache_queries_total", 0)
    | _steady("prompt_tokens_by_source_total", 30, ',source="local_compute"')
    | _steady("estimated_flops_per_gpu_total", 0)
    | _steady("request_num_preemptions_sum", 0)
    | _steady("request_num_preemptions_count", 30)
)
SHOWN_OF_PLAIN = {
    "Computed input": {ALL: 1},
    "Input by source": {'{source="local_compute"}': 2},
    "Preemptions of a request": {M: 0},
}


@pytest.mark.parametrize(("panel", "number", "expected"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_a_panel_shows_what_is_there(panel: str, number: int, expected: dict[str, float], tmp_path: Path) -> None:
    assert_values(query(TITLE, panel, number), SWITCHED_ON, expected, tmp_path)


def test_a_plain_server_has_no_line_beside_transfers(tmp_path: Path) -> None:
    assert_values(query(TITLE, "Transfer and first token", 1), PLAIN, {}, tmp_path)


@pytest.mark.parametrize(
    "panel", [panel["title"] for panel in BOARDS[TITLE]["panels"] if panel["type"] != "row"], ids=str
)
def test_a_plain_server_has_values_where_it_reports_something(panel: str, tmp_path: Path) -> None:
    assert_values(query(TITLE, panel, 0), PLAIN, SHOWN_OF_PLAIN.get(panel, {}), tmp_path)
