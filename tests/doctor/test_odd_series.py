"""Names and values of series that are not those of the catalogue, and samples ahead of time, in a real Prometheus."""

import re
import time

import pytest

from glassbox.doctor.ahead import samples_ahead
from glassbox.doctor.odd_names import odd_names
from glassbox.doctor.odd_values import odd_values
from glassbox.metrics import CATALOGUE
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.components import ensure_components
from glassbox.servers.victoria import victoria_metrics
from tests.support.fleet_lines import RUNNING, line
from tests.support.paths import ROOT
from tests.support.posted import posted

SELECTOR = f'{{__name__=~"{RUNNING}"}}'


def exposed_names(file):
    return frozenset(re.findall(r"^([a-zA-Z_:][\w:]*)[{ ]", file.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (
            ["prod_vllm:num_requests_running", "prod_vllm:num_requests_waiting"],
            "begin with prod_, and those that we know do not (prod_vllm:num_requests_running, prod_vllm:num_requests_waiting); "
            "the one that our rules read is vllm:num_requests_running",
        ),
        (
            ["vllm_kv_cache_usage_perc_ratio"],
            "end with _ratio, and those that we know do not (vllm_kv_cache_usage_perc_ratio); "
            "the one that our rules read is vllm:kv_cache_usage_perc",
        ),
        (
            ["vllm:request_success"],
            "lack the _total at the end of those that we know (vllm:request_success); "
            "the one that our rules read is vllm:request_success_total",
        ),
        (
            ["VLLM.num_requests_running"],
            "are spelled differently from those that we know (VLLM.num_requests_running); "
            "the one that our rules read is vllm:num_requests_running",
        ),
    ],
)
def test_names_that_are_nearly_ours_are_said_with_what_differs(names, problem):
    (found,) = odd_names(frozenset(["up", *names]))
    assert (found.about, found.problem) == ("Names of series", problem)


@pytest.mark.parametrize(
    "ours", ["vllm:num_requests_running", "vllm_num_requests_running", "ray_vllm_num_requests_running"]
)
def test_beside_the_name_itself_another_is_nothing(ours):
    assert list(odd_names(frozenset([ours, "shadow_vllm:num_requests_running"]))) == []


def test_names_that_services_of_any_kind_have_are_nothing():
    names = [
        "http_requests",
        "my_http_requests_total",
        "app_up",
        "gpu_temperature",
        "job:vllm_num_requests_running:sum",
    ]
    assert list(odd_names(frozenset(names))) == []


@pytest.mark.parametrize("file", sorted((ROOT / "demo" / "expositions").rglob("*.prom")), ids=lambda file: file.stem)
def test_what_engines_expose_is_never_odd(file):
    names = exposed_names(file)
    assert names & {part.name for metrics in CATALOGUE.values() for metric in metrics for part in metric.parts}
    assert list(odd_names(names)) == []


def said(client, lines):
    held = frozenset(each.partition("{")[0] for each in lines)
    return [(each.about, each.problem) for each in odd_values(client, held)]


def test_values_that_a_unit_cannot_have_are_said_with_what_they_look_like(holding):
    lines = [
        line("vllm:kv_cache_usage_perc", 63.5, job="percent", instance="a"),
        line("vllm:kv_cache_usage_perc", 1, job="full", instance="a"),
        line("DCGM_FI_DEV_GPU_UTIL", 100, job="busy", gpu="0"),
        line("gpu_exporter_last_success_timestamp_seconds", 1.7e12, job="ms", instance="a"),
        line("vllm:time_to_first_token_seconds_sum", 240_000, job="ms", instance="a"),
        line("vllm:time_to_first_token_seconds_count", 100, job="ms", instance="a"),
        line("vllm:inter_token_latency_seconds_sum", 2_000, job="ms", instance="a"),
        line("vllm:inter_token_latency_seconds_count", 100, job="ms", instance="a"),
        # A mean of 800 s for a request, and of 4 s for a token: slow, and possible.
        line("vllm:time_to_first_token_seconds_sum", 80_000, job="slow", instance="a"),
        line("vllm:time_to_first_token_seconds_count", 100, job="slow", instance="a"),
        line("vllm:inter_token_latency_seconds_sum", 400, job="slow", instance="a"),
        line("vllm:inter_token_latency_seconds_count", 100, job="slow", instance="a"),
        line("vllm:time_to_first_token_seconds_sum", 0, job="idle", instance="a"),
        line("vllm:time_to_first_token_seconds_count", 0, job="idle", instance="a"),
    ]  # fmt: skip  # one series is one line
    with holding(lines) as client:
        found = said(client, lines)
    assert found == [
        ("percent", "has 63.5 in vllm:kv_cache_usage_perc, which is in ratio: it looks like percent"),
        ("ms", "has 1.7e+12 in gpu_exporter_last_success_timestamp_seconds, which is in timestamp seconds: it looks like milliseconds"),
        ("ms", "has a mean of 2400 in vllm:time_to_first_token_seconds, which is in seconds: it looks like milliseconds"),
        ("ms", "has a mean of 20 in vllm:inter_token_latency_seconds, which is in seconds: it looks like milliseconds"),
    ]  # fmt: skip  # one sentence is one line


def ahead(url):
    with Prometheus(url) as client:
        return {each.about: each.problem for each in samples_ahead(client, SELECTOR)}


def test_samples_of_later_are_said_with_how_much_later(components, tmp_path):
    now = int(time.time())
    with own_prometheus(tmp_path / "data") as server:
        for job, until in (("fast", now + 3 * 3600), ("near", now + 40), ("late", now - 60)):
            for name in ("up", RUNNING):
                moments = [moment * 1000 for moment in range(now - 600, until + 1, 20)]
                write(server.url, [Samples({"__name__": name, "job": job, "instance": "a"}, moments, [1.0] * len(moments))])  # fmt: skip
        assert ahead(server.url) == {"fast": "has samples of up to 3 hours after now, by the clock of this server"}


def test_victoria_metrics_knows_samples_of_later(tmp_path):
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)
    now = int(time.time())
    with victoria_metrics(tmp_path) as server:
        posted(server.url, [line("up", job="fast", instance="a")], range(now - 600, now + 3 * 3600, 20))
        posted(server.url, [line("up", job="fine", instance="a")], range(now - 600, now, 20))
        assert ahead(server.url) == {"fast": "has samples of up to 3 hours after now, by the clock of this server"}
