"""What boards about models show when one replica is chosen, in numbers worked out by hand, and that All stays what is recorded."""

from pathlib import Path

import pytest

from tests.support.promtool_boards import assert_values, query

A, B = ('job="vllm",instance="a:8000"', 'job="vllm",instance="b:8000"')
# m is served by a and b, n by b alone; a sample every 15 s.
SERIES = {
    f'instance:inference_requests_running:sum{{{A},model_name="m"}}': "9x80",
    f'instance:inference_requests_running:sum{{{B},model_name="m"}}': "3x80",
    f'instance:inference_requests_running:sum{{{B},model_name="n"}}': "5x80",
    f"up{{{A}}}": "1x80",
    f"up{{{B}}}": "0x80",
    'job:inference_targets:count{job="vllm"}': "2x80",
    # Strangers of other jobs: a probe of a, a healthy exporter, and a second scrape of a service under another job.
    'up{job="blackbox",instance="b:8000"}': "1x80",
    'up{job="dcgm",instance="gpu-host:9400"}': "1x80",
    f'vllm:generation_tokens_total{{{A.replace("vllm", "pods")},model_name="m"}}': "0+240x80",
    # 16 and 32 tokens a second.
    f'vllm:generation_tokens_total{{{A},model_name="m"}}': "0+240x80",
    f'vllm:generation_tokens_total{{{B},model_name="m"}}': "0+480x80",
    'model:inference_generation_tokens:rate5m{job="vllm",model_name="m"}': "48x80",
    # Under its former name.
    f'vllm:gpu_cache_usage_perc{{{A},model_name="m"}}': "0.25x80",
    f'vllm:kv_cache_usage_perc{{{B},model_name="m"}}': "0.95x80",
    'model:inference_kv_cache_usage_ratio:max{job="vllm",model_name="m"}': "0.95x80",
    # All of a's requests within a second, all of b's within two.
    **{
        f'vllm:e2e_request_latency_seconds_bucket{{{replica},model_name="m",le="{le}"}}': f"0+{growth}x80"
        for replica, growths in ((A, (30, 30, 30)), (B, (0, 30, 30)))
        for le, growth in zip(("1.0", "2.0", "+Inf"), growths, strict=True)
    },
    'model:inference_request_duration_seconds_bucket:rate5m{job="vllm",model_name="m",le="1.0"}': "2x80",
    'model:inference_request_duration_seconds_bucket:rate5m{job="vllm",model_name="m",le="2.0"}': "4x80",
    'model:inference_request_duration_seconds_bucket:rate5m{job="vllm",model_name="m",le="+Inf"}': "4x80",
    # One answer in five of a's is a server error.
    f'http_requests_total{{{A},handler="/v1/completions",status="2xx"}}': "0+12x80",
    f'http_requests_total{{{A},handler="/v1/completions",status="5xx"}}': "0+3x80",
    f'http_requests_total{{{B},handler="/v1/completions",status="2xx"}}': "0+15x80",
    f'vllm:num_requests_running{{{A},model_name="m"}}': "9x80",
    f'vllm:num_requests_running{{{B},model_name="m"}}': "3x80",
    'model:inference_http_requests:rate5m{job="vllm",model_name="m"}': "2x80",
    'model:inference_http_errors:rate5m{job="vllm",model_name="m"}': "0.2x80",
    # Another 0.2 are given up, by whichever replica.
    'model:inference_requests_failed:rate5m{job="vllm",model_name="m"}': "0.4x80",
    'model:inference_requests_judged:rate5m{job="vllm",model_name="m"}': "2x80",
    'model:diagnosis_verdict:code{job="vllm",model_name="m"}': "70x80",
    'model:diagnosis_verdict:code{job="vllm",model_name="n"}': "170x80",
    'model:diagnosis_known:group{job="vllm",model_name="m"}': "1x80",
    'model:diagnosis_known:group{job="vllm",model_name="n"}': "1x80",
    # m was at work in the second half of twenty minutes, n always.
    'model:diagnosis_signal:bool{job="vllm",model_name="m",signal="working"}': "_ 0x39 1x39",
    'model:diagnosis_signal:bool{job="vllm",model_name="n",signal="working"}': "1x80",
    'job:inference_requests:rate1m{job="vllm"}': "7x80",
    'slo:error_budget:ratio{slo="availability"}': "0.01x80",
    'model:slo_attainment:ratio1h{job="vllm",model_name="m",slo="availability"}': "0.9x80",
    'model:slo_attainment:ratio1h{job="vllm",model_name="n",slo="availability"}': "1x80",
    'DCGM_FI_DEV_GPU_UTIL{job="dcgm",instance="gpu-host:9400",gpu="0"}': "50x80",
    'gpu:activity_ratio:max{job="dcgm",instance="gpu-host:9400",gpu="0"}': "0.5x80",
}
M, N = ('{job="vllm",model_name="m"}', '{job="vllm",model_name="n"}')
SLO_M = '{job="vllm",model_name="m",slo="availability"}'
SLO_N = '{job="vllm",model_name="n",slo="availability"}'
# Board, panel, and what its first query shows with a chosen, with b, and with All.
CASES = [
    ("LLM serving", "Output", ({"{}": 16}, {"{}": 32}, {"{}": 48})),
    ("LLM serving", "KV cache, fullest", ({"{}": 0.25}, {"{}": 0.95}, {"{}": 0.95})),
    # 0.95 of the way to the one bound, and from the first to the second; of all 4/s, 1.8 of the 2 between the bounds.
    ("Inference overview", "Latency p95", ({"{}": 0.95}, {"{}": 1.95}, {"{}": 1.9})),
    ("Inference overview", "Targets up", ({"{}": 1}, {"{}": 0}, {"{}": 0.5})),
    # GPUs have hosts of their own.
    ("Inference overview", "GPU utilisation, busiest", ({"{}": 0.5}, {"{}": 0.5}, {"{}": 0.5})),
    # What is judged by model is that of the models it serves.
    ("Inference overview", "Verdict", ({M: 70}, {M: 70, N: 170}, {M: 70, N: 170})),
    ("Capacity and diagnosis", "Share of the hour without work", ({M: 0.5}, {M: 0.5, N: 0}, {M: 0.5, N: 0})),
    # Load, capacity and forecast are the service's.
    ("Capacity and diagnosis", "Load and capacity", ({'{job="vllm"}': 7},) * 3),
    ("SLO", "Attainment", ({SLO_M: 0.9}, {SLO_M: 0.9, SLO_N: 1}, {SLO_M: 0.9, SLO_N: 1})),
    ("SLO", "Objective", (({'{slo="availability"}': 0.99},) * 3)),
]
CHOICES = {"a": "a:8000", "b": "b:8000", "All": None}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize(("board", "panel", "shown"), CASES, ids=[f"{case[0]}, {case[1]}" for case in CASES])
def test_a_chosen_replica_is_shown_alone(
    board: str, panel: str, shown: tuple[dict[str, float], ...], choice: str, tmp_path: Path
) -> None:
    instance = CHOICES[choice]
    asked = query(board, panel, 0, {"instance": instance} if instance else None)
    assert_values(asked, SERIES, shown[list(CHOICES).index(choice)], tmp_path)


@pytest.mark.parametrize(("choice", "share"), [("a", 0.2), ("b", 0), ("All", 0.2)])
def test_failed_requests_are_those_of_the_chosen_replica(choice: str, share: float, tmp_path: Path) -> None:
    """Each serves one model here: HTTP counters do not report which, so of two one is taken."""
    series = {name: values for name, values in SERIES.items() if not ("instance:" in name and 'model_name="n"' in name)}
    instance = CHOICES[choice]
    asked = query("Inference overview", "Failed requests", 0, {"instance": instance} if instance else None)
    assert_values(asked, series, {"{}": share}, tmp_path)


def test_two_replicas_of_one_engine_are_compared(tmp_path: Path) -> None:
    chosen = {"engine_a": "", "engine_b": "", "instance_a": "a:8000", "instance_b": "b:8000"}
    for number, tokens in enumerate((16, 32)):
        asked = query("Engine comparison", "Output tokens", number, chosen)
        assert_values(asked, SERIES, {"{}": tokens}, tmp_path)


def test_a_replica_and_a_model_are_chosen_on_a_side(tmp_path: Path) -> None:
    """vLLM's HTTP counters do not report a model, which must not narrow them away."""
    chosen = {"engine_a": "", "engine_b": "", "instance_a": "a:8000", "model": "m"}
    assert_values(query("Engine comparison", "Failed share", 0, chosen), SERIES, {"{}": 0.2}, tmp_path)


@pytest.mark.parametrize(("target", "shown"), [("a:8000", 0), ("b:8000", None), ("gpu-host:9400", None)])
def test_a_target_that_is_down_or_no_service_is_not_known_to_talk(
    target: str, shown: float | None, tmp_path: Path
) -> None:
    asked = query("Monitoring health", "Mute targets", 0, {"target": target})
    assert_values(asked, SERIES, {} if shown is None else {"{}": shown}, tmp_path)


def test_the_probe_of_a_replica_is_none_of_its_services_targets(tmp_path: Path) -> None:
    asked = query("Inference overview", "Health", 0, {"instance": "b:8000"})
    assert_values(asked, SERIES, {f"{{{B}}}": 0}, tmp_path)


@pytest.mark.parametrize(("model", "shown"), [("m", {"{}": 0.2}), ("n", {})])
def test_a_model_that_the_chosen_replica_lends_to_its_requests_can_be_chosen_too(
    model: str, shown: dict[str, float], tmp_path: Path
) -> None:
    """vLLM's HTTP counters do not report a model."""
    chosen = {"instance": "a:8000", "model": model}
    assert_values(query("Inference overview", "Failed requests", 0, chosen), SERIES, shown, tmp_path)


def test_a_replica_that_nobody_knows_shows_nothing(tmp_path: Path) -> None:
    assert_values(query("LLM serving", "Output", 0, {"instance": "z:8000"}), SERIES, {}, tmp_path)


def test_a_point_in_an_address_is_a_point(tmp_path: Path) -> None:
    """Matched as a regular expression it would be any character."""
    series = {'up{job="vllm",instance="10x0.0.1:8000"}': "1x80"}
    asked = query("Monitoring health", "Last scrape", 0, {"target": "10.0.0.1:8000"})
    assert_values(asked, series, {}, tmp_path)


# Beside m of vLLM, two SGLang servers in a job of their own, and one that shares job and model with vLLM.
OF_SGLANG = 'inference_engine="sglang"'
S, T, U = ('job="sg",instance="s:30000"', 'job="sg",instance="t:30000"', 'job="vllm",instance="u:30000"')
OTHERS = {
    **SERIES,
    **{f'instance:inference_requests_running:sum{{{each},model_name="m"}}': "2x80" for each in (S, T, U)},
    # 4, 12 and 20 tokens a second, of two ranks that report the same.
    **{
        f'sglang:realtime_tokens_total{{{each},model_name="m",mode="decode",tp_rank="{rank}"}}': f"0+{growth}x80"
        for each, growth in ((S, 60), (T, 180), (U, 300))
        for rank in (0, 1)
    },
    f'model:inference_generation_tokens:rate5m{{job="sg",model_name="m",{OF_SGLANG}}}': "16x80",
    f'model:inference_generation_tokens:rate5m{{job="vllm",model_name="m",{OF_SGLANG}}}': "20x80",
    # One second and three for each request, 150 of each in the ten minutes of the range.
    **{
        f'sglang:e2e_request_latency_seconds_{part}{{{each},model_name="m"}}': f"0+{growth}x80"
        for each, seconds in ((S, 3.75), (T, 11.25))
        for part, growth in (("sum", seconds), ("count", 3.75))
    },
    f'model:inference_request_duration_seconds_sum:rate5m{{job="sg",model_name="m",{OF_SGLANG}}}': "1x80",
    f'model:inference_request_duration_seconds_count:rate5m{{job="sg",model_name="m",{OF_SGLANG}}}': "0.5x80",
}


@pytest.mark.parametrize(
    ("instance", "tokens"), [("s:30000", 4), ("t:30000", 12), ("u:30000", 20), ("a:8000", 16), (None, 84)]
)
def test_a_replica_of_another_engine_is_shown_alone(instance: str | None, tokens: float, tmp_path: Path) -> None:
    """Also where its model and job are those of another engine's, too."""
    asked = query("LLM serving", "Output", 0, {"instance": instance} if instance else None)
    assert_values(asked, OTHERS, {"{}": tokens}, tmp_path)


@pytest.mark.parametrize(("panel", "shown"), [("Mean latency, B/A", 3), ("Load, B/A", 3)])
def test_two_replicas_of_another_engine_are_compared(panel: str, shown: float, tmp_path: Path) -> None:
    sides = {"engine_a": "sglang", "engine_b": "sglang", "instance_a": "s:30000", "instance_b": "t:30000"}
    assert_values(query("Engine comparison", panel, 0, sides), OTHERS, {"{}": shown}, tmp_path)


def test_what_is_no_replica_of_the_chosen_engine_is_not_compared(tmp_path: Path) -> None:
    sides = {"engine_a": "trtllm", "engine_b": "sglang", "instance_a": "s:30000", "instance_b": "t:30000"}
    assert_values(query("Engine comparison", "Load, B/A", 0, sides), OTHERS, {}, tmp_path)


@pytest.mark.parametrize("model", ["m", "z"])
def test_a_chosen_model_narrows_series_that_call_it_something_else(model: str, tmp_path: Path) -> None:
    """Dynamo's have the label model."""
    front = 'job="dynamo",instance="d:8000",model="m"'
    series = {
        f"dynamo_frontend_output_tokens_total{{{front}}}": "0+240x80",
        'instance:inference_requests_running:sum{job="dynamo",instance="d:8000",model_name="m"}': "1x80",
    }
    shown = {'{job="dynamo",instance="d:8000",model_name="m"}': 16} if model == "m" else {}
    asked = query("Replicas", "Output tokens by replica", 0, {"model": model})
    assert_values(asked, series, shown, tmp_path)
