"""Versions of engines, by the names of their series."""

import pytest

from glassbox.doctor.versions import Versions
from tests.support.fleet_lines import line, server

TARGET = {"job": "llm", "instance": "10.0.0.1:8000"}


@pytest.mark.parametrize(
    ("oldest", "newest", "text"),
    [
        ("", "", "not reported by vLLM"),
        ("0.20.0", "", "not reported by vLLM (0.20.0 or later)"),
        ("", "0.9.2", "not reported by vLLM (0.9.2 or before)"),
        ("0.9.2", "0.11.2", "not reported by vLLM (0.9.2 to 0.11.2)"),
        ("0.20.0", "0.9.2", "not reported by vLLM (several: 0.9.2 or before, 0.20.0 or later)"),
    ],
)
def test_what_is_known_of_a_version_is_said(oldest, newest, text):
    assert Versions("vLLM", oldest, newest).text == text


def test_series_bound_the_versions_of_each_job(found):
    old = [*server("old"), line("vllm:gpu_cache_usage_perc", job="old", instance="10.0.0.1:8000")]
    new = [line(name, job="new", instance="b") for name in ("vllm:kv_cache_usage_perc", "vllm:mm_cache_hits_total")]
    ray = line("ray_vllm_num_requests_waiting_by_reason", job="ray", instance="c")
    fleet, _ = found(
        [*old, *server("new"), *new, line("sglang:num_running_reqs", job="new", instance="b"), *server("ray"), ray]
    )
    assert {each.job: each.versions for each in fleet.services} == {
        "old": (Versions("vLLM", "", "0.11.2"),),
        "new": (Versions("SGLang", "", ""), Versions("vLLM", "0.11.1", "")),
        "ray": (Versions("vLLM", "0.20.0", ""),),
    }
