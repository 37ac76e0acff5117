"""The captured expositions are what index.yaml says of them, so that other tests can rest on them."""

import re
from datetime import datetime
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.paths import EXPOSITIONS

HERE = EXPOSITIONS
INDEX: list[dict[str, Any]] = yaml.safe_load((HERE / "index.yaml").read_text())
FILES = [entry["file"] for entry in INDEX]
SECOND_CAPTURES = [entry for entry in INDEX if "seconds_since_previous" in entry]
LOCAL_PATH = re.compile(r'"[^"]*/(home|root|tmp|work|Users|usr)/')
# The families whose rename or appearance a version-aware query has to bridge, by release: (must have, must not have).
FAMILIES_BY_RELEASE = {
    "0.10.2": (
        {"vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc", "vllm:time_per_output_token_seconds"},
        {"vllm:request_time_per_output_token_seconds"},
    ),
    "0.32.0": (
        {"vllm:kv_cache_usage_perc", "vllm:inter_token_latency_seconds", "vllm:request_time_per_output_token_seconds"},
        {"vllm:gpu_cache_usage_perc", "vllm:time_per_output_token_seconds"},
    ),
}
Series = tuple[str, frozenset[tuple[str, str]]]


def samples(file: str, types: set[str] | None = None) -> dict[Series, float]:
    """The value of every series of a file, but `_created`, by name and labels; of some types only when they are named."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families((HERE / file).read_text())
        if types is None or family.type in types
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def values(file: str, name: str) -> list[float]:
    return [value for (series_name, _), value in samples(file).items() if series_name == name]


def growth(file: str, name: str) -> float:
    """What the series of that name grew by in all since the capture before."""
    return sum(values(file, name)) - sum(values(previous(file), name))


def previous(file: str) -> str:
    return file.replace("-2.prom", "-1.prom")


def test_the_index_names_every_file_and_no_other() -> None:
    assert sorted(path.name for path in HERE.glob("*.prom")) == FILES


@pytest.mark.parametrize("entry", INDEX, ids=FILES)
def test_a_file_is_named_after_its_release_and_regime(entry: dict[str, Any]) -> None:
    assert re.sub(r"-\d\.prom$", "", entry["file"]) == f"vllm-{entry['vllm_version']}-{entry['regime']}"


@pytest.mark.parametrize("file", FILES)
def test_an_exposition_names_the_served_model_and_no_local_path(file: str) -> None:
    text = (HERE / file).read_text()
    assert set(re.findall(r'model_name="([^"]*)"', text)) == {"qwen/Qwen2.5-7B-Instruct"}
    assert LOCAL_PATH.search(text) is None


@pytest.mark.parametrize("entry", SECOND_CAPTURES, ids=[entry["file"] for entry in SECOND_CAPTURES])
def test_no_counter_falls_between_two_captures(entry: dict[str, Any]) -> None:
    before, after = (samples(file, {"counter", "histogram"}) for file in (previous(entry["file"]), entry["file"]))
    assert len(before) > 100
    assert before.keys() <= after.keys()
    assert [series for series in before if after[series] < before[series]] == []


@pytest.mark.parametrize("entry", SECOND_CAPTURES, ids=[entry["file"] for entry in SECOND_CAPTURES])
def test_the_seconds_between_two_captures_agree_with_the_clock(entry: dict[str, Any]) -> None:
    captured_at = {known["file"]: datetime.fromisoformat(known["captured_at"]) for known in INDEX}
    elapsed = captured_at[entry["file"]] - captured_at[previous(entry["file"])]
    assert entry["seconds_since_previous"] == pytest.approx(elapsed.total_seconds(), abs=0.05)
    assert entry["seconds_since_previous"] >= 10


@pytest.mark.parametrize("file", [file for file in FILES if "-idle-" in file])
def test_an_idle_server_runs_nothing_and_has_served_seven_requests(file: str) -> None:
    assert values(file, "vllm:num_requests_running") == [0]
    assert values(file, "vllm:num_requests_waiting") == [0]
    assert sum(values(file, "vllm:request_success_total")) == 7


@pytest.mark.parametrize("file", [file for file in FILES if re.search("-(load|multiproc|dp2|dp2-multiproc)-", file)])
def test_under_load_more_requests_run_than_wait(file: str) -> None:
    running, waiting = (sum(values(file, f"vllm:num_requests_{state}")) for state in ("running", "waiting"))
    assert running >= 4
    assert waiting < running


@pytest.mark.parametrize("file", [file for file in FILES if "-light-" in file])
def test_under_a_light_load_nobody_waits(file: str) -> None:
    assert sum(values(file, "vllm:num_requests_waiting")) == 0
    assert sum(values(file, "vllm:num_requests_running")) >= 2


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-light-2.prom")])
def test_under_a_light_load_a_request_takes_less_than_two_seconds(file: str) -> None:
    e2e = "vllm:e2e_request_latency_seconds"
    assert growth(file, f"{e2e}_count") >= 20
    assert growth(file, f"{e2e}_sum") / growth(file, f"{e2e}_count") < 2


@pytest.mark.parametrize("file", [file for file in FILES if "-saturated-" in file])
def test_a_saturated_server_has_a_full_kv_cache_and_a_queue(file: str) -> None:
    assert min(values(file, "vllm:kv_cache_usage_perc")) >= 0.95
    assert sum(values(file, "vllm:num_requests_waiting")) >= 16


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-saturated-2.prom")])
def test_preemptions_climb_while_saturated(file: str) -> None:
    assert values(file, "vllm:num_preemptions_total") > values(previous(file), "vllm:num_preemptions_total")


def test_what_finishes_on_a_saturated_server_has_waited_in_the_queue() -> None:
    file = "vllm-0.32.0-saturated-2.prom"
    whole_seconds = growth(file, "vllm:e2e_request_latency_seconds_sum")
    assert growth(file, "vllm:e2e_request_latency_seconds_count") == 274
    assert whole_seconds / 274 == pytest.approx(42.69, abs=0.01)
    assert growth(file, "vllm:request_queue_time_seconds_sum") / whole_seconds == pytest.approx(0.725, abs=0.001)


@pytest.mark.parametrize("file", [file for file in FILES if "-abandoned-" in file])
def test_the_batch_is_full_while_callers_give_up(file: str) -> None:
    assert 13 <= sum(values(file, "vllm:num_requests_running")) <= 14
    assert sum(values(file, "vllm:num_requests_waiting")) == 42


def test_what_is_given_up_is_an_answered_request_to_http_and_none_to_the_engine() -> None:
    """vLLM 0.32 answers 200 to a caller who has gone, and counts no abort."""
    file = "vllm-0.32.0-abandoned-2.prom"
    assert growth(file, "vllm:time_to_first_token_seconds_count") == 268
    assert growth(file, "vllm:generation_tokens_total") == 12114
    assert sum(values(file, "vllm:request_success_total")) == 7
    assert growth(file, "vllm:request_success_total") == growth(file, "vllm:e2e_request_latency_seconds_count") == 0
    http = {dict(labels)["status"] for name, labels in samples(file) if name == "http_requests_total"}
    assert http == {"2xx", "4xx"}
    assert growth(file, "http_requests_total") == 337
    duration = "http_request_duration_highr_seconds"
    assert growth(file, f"{duration}_sum") / growth(file, f"{duration}_count") == pytest.approx(20.08, abs=0.01)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-load-2.prom")])
def test_requests_stop_and_run_to_their_length_while_loaded(file: str) -> None:
    finished = samples(file, {"counter"})
    for series, before in samples(previous(file), {"counter"}).items():
        name, labels = series
        if name == "vllm:request_success_total" and dict(labels)["finished_reason"] in {"stop", "length"}:
            assert finished[series] > before


@pytest.mark.parametrize("file", [file for file in FILES if "-frontend-bound-" in file])
def test_an_engine_behind_a_slow_front_end_has_little_to_do(file: str) -> None:
    assert sum(values(file, "vllm:num_requests_waiting")) == 0
    assert 1 <= sum(values(file, "vllm:num_requests_running")) <= 4
    assert max(values(file, "vllm:kv_cache_usage_perc")) < 0.05


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-frontend-bound-2.prom")])
def test_most_of_the_time_passes_in_front_of_a_frontend_bound_engine(file: str) -> None:
    whole_seconds = growth(file, "vllm:e2e_request_latency_seconds_sum")
    queued_seconds = growth(file, "vllm:request_queue_time_seconds_sum")
    frontend_seconds = whole_seconds - queued_seconds - growth(file, "vllm:request_inference_time_seconds_sum")
    assert growth(file, "vllm:e2e_request_latency_seconds_count") == 109
    assert whole_seconds == pytest.approx(407.942, abs=0.001)
    assert frontend_seconds / whole_seconds == pytest.approx(0.8334, abs=0.0001)
    assert queued_seconds / whole_seconds < 0.0001


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-frontend-bound-2.prom")])
def test_all_requests_about_pages_stop_or_run_to_their_length(file: str) -> None:
    finished = {
        dict(labels)["finished_reason"]: count
        for (name, labels), count in samples(file, {"counter"}).items()
        if name == "vllm:request_success_total"
    }
    assert finished == {"stop": 13, "length": 217, "abort": 0, "error": 0, "repetition": 0}


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith("-frontend-bound-2.prom")])
def test_a_quarter_of_the_pages_is_found_in_the_cache(file: str) -> None:
    assert growth(file, "vllm:mm_cache_queries_total") == 109
    assert growth(file, "vllm:mm_cache_hits_total") == 27


@pytest.mark.parametrize("file", [file for file in FILES if "-dp2-" in file])
def test_two_data_parallel_engines_have_a_series_each(file: str) -> None:
    running = [dict(labels) for name, labels in samples(file) if name == "vllm:num_requests_running"]
    assert sorted(labels["engine"] for labels in running) == ["0", "1"]


@pytest.mark.parametrize("file", [file for file in FILES if "multiproc" in file])
def test_several_api_servers_tell_nothing_of_a_process(file: str) -> None:
    names = {name for name, _ in samples(file)}
    assert not [name for name in names if name.startswith(("process_", "python_"))]


@pytest.mark.parametrize("entry", INDEX, ids=FILES)
def test_a_release_has_its_own_names(entry: dict[str, Any]) -> None:
    families = {family.name for family in text_string_to_metric_families((HERE / entry["file"]).read_text())}
    present, absent = FAMILIES_BY_RELEASE[entry["vllm_version"]]
    assert present <= families
    assert not absent & families
