"""Engines that we do not know, by names of their own sources, and what is none."""

import re
from pathlib import Path

import pytest

from glassbox.doctor.unknown_engines import unknown_engines
from tests.support.paths import ROOT

# LMDeploy's lmdeploy/metrics/loggers.py, MAX's max/serve/telemetry/metrics.py, and router/src of text-embeddings-inference.
LMDEPLOY = ["lmdeploy:num_requests_running", "lmdeploy:num_requests_waiting", "lmdeploy:gpu_cache_usage_perc"]
MAX = ["maxserve_num_requests_running", "maxserve_time_to_first_token_milliseconds_bucket", "maxserve_model_load_time"]
EMBEDDINGS = ["te_request_inference_duration_count", "te_queue_size", "te_embed_count"]


@pytest.mark.parametrize(
    ("names", "beginning", "named"),
    [
        (LMDEPLOY, "lmdeploy:", "lmdeploy:gpu_cache_usage_perc, lmdeploy:num_requests_running, lmdeploy:num_requests_waiting"),
        (MAX, "maxserve_", "maxserve_num_requests_running, maxserve_time_to_first_token_milliseconds_bucket"),
        ([name.replace("_", ".", 1) for name in MAX], "maxserve.", "maxserve.num_requests_running, maxserve.time_to_first_token_milliseconds_bucket"),
        (EMBEDDINGS, "te_", "te_queue_size, te_request_inference_duration_count"),
    ],
)  # fmt: skip  # one thing is one line
def test_an_engine_that_we_do_not_know_is_named(names, beginning, named):
    (found,) = unknown_engines(frozenset(["up", "vllm:num_requests_running", "vllm:num_requests_waiting", *names]))
    assert found.about == f"Series that begin with {beginning}"
    assert found.problem == f"may be of an engine that we do not know ({named}), and no rule of ours reads them"


@pytest.mark.parametrize(
    "names",
    [
        # One name may be alike by chance, and software of any kind has a queue and requests.
        ["worker_num_requests_running", "worker_up"],
        ["app_queue_size", "app_request_duration_sum", "app_request_success", "app_request_failure"],
        ["vllm_num_requests_running", "vllm_generation_tokens_total"],
        # Of our exporter.
        ["inference_generation_tokens_total", "inference_generation_tokens_created", "inference_prompt_tokens_total"],
        ["model:num_requests_running:sum", "model:generation_tokens:rate5m"],
    ],
)
def test_what_need_not_be_an_engine_is_not_named(names):
    assert list(unknown_engines(frozenset(names))) == []


def test_no_metric_that_lint_knows_is_an_engine_that_we_do_not_know():
    known = (ROOT / "glassbox" / "lint" / "known_metrics.tsv").read_text(encoding="utf-8").splitlines()
    assert list(unknown_engines(frozenset(line.split("\t")[0] for line in known))) == []


@pytest.mark.parametrize("file", sorted((ROOT / "demo" / "expositions").rglob("*.prom")), ids=lambda file: file.stem)
def test_an_engine_that_we_know_is_not_named(file: Path):
    names = re.findall(r"^([a-zA-Z_:][\w:]*)[{ ]", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert names
    assert list(unknown_engines(frozenset(names))) == []
