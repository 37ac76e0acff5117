"""The command on a real Prometheus that scrapes vLLM, another engine and GPUs, and has none of our rules."""

import json
import time
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from demo.captures import find_capture
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.servers.victoria import victoria_metrics
from glassbox.settings.loading import load_settings
from tests.support.ours import main
from tests.support.posted import posted

PRODUCTION = [{"job": "llm", "instance": f"10.0.0.{n}:8000", "namespace": "production"} for n in (1, 2)]
STAGING = {"job": "llm", "instance": "10.0.1.1:8000", "namespace": "staging"}
MUTE = {"job": "llm", "instance": "10.0.0.9:8000", "namespace": "production"}
SGLANG = {"job": "sgl", "instance": "10.0.2.1:30000", "namespace": "production"}
GPUS = {"job": "gpus", "instance": "10.0.0.1:9400"}


def exposed(target):
    """What a vLLM server of that target exposes under load."""
    families = text_string_to_metric_families(find_capture("saturated").second.read_text(encoding="utf-8"))
    for family in families:
        for each in family.samples:
            yield sample({"__name__": each.name, **each.labels, **target}, each.value)


def lines():
    for target in (*PRODUCTION, STAGING):
        yield from exposed(target)
    yield sample({"__name__": "sglang_num_running_reqs", "model_name": "deepseek", "tp_rank": "0", **SGLANG}, 3)
    for gpu in ("0", "1"):
        yield sample({"__name__": "DCGM_FI_DEV_GPU_UTIL", "gpu": gpu, "UUID": f"GPU-{gpu}", **GPUS}, 50)
        yield sample({"__name__": "DCGM_FI_DEV_FB_USED", "gpu": gpu, "UUID": f"GPU-{gpu}", **GPUS}, 1000)
    for target in (*PRODUCTION, STAGING, MUTE, SGLANG, GPUS):
        yield sample({"__name__": "up", **target}, 1)


SCRAPED_SECONDS = 15


@contextmanager
def prometheus_with(samples, folder, start, end):
    write_blocks({SCRAPED_SECONDS: samples}, start, end, folder / "data")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url


@contextmanager
def victoria_metrics_with(samples, folder, start, end):
    with victoria_metrics(folder) as server:
        posted(server.url, samples, range(start, end, SCRAPED_SECONDS))
        yield server.url


@pytest.fixture(scope="module", params=[prometheus_with, victoria_metrics_with], ids=["prometheus", "victoria-metrics"])
def fleet(request, tmp_path_factory):
    """The URL of a server that has scraped it for half an hour."""
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)
    folder, now = tmp_path_factory.mktemp("fleet"), int(time.time())
    with request.param(list(lines()), folder, now - 1800, now) as url:
        yield url


@pytest.fixture
def doctor(fleet, tmp_path, capsys):
    """Runs the command with these settings: its exit code, stdout and stderr."""

    def run(*arguments, settings="{}"):
        file = tmp_path / "settings.yaml"
        file.write_text(settings, encoding="utf-8")
        code = main(["--settings", str(file), "doctor", "--prometheus", fleet, *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_services_are_found_with_their_engines_models_and_places(doctor):
    code, out, err = doctor("--json")
    assert (code, err) == (2, "")
    services = {each["job"]: each for each in json.loads(out)["fleet"]["services"]}
    assert set(services) == {"llm", "sgl"}
    llm = services["llm"]
    assert (llm["engines"], llm["spellings"], llm["targets"], llm["mute"]) == (["vLLM"], ["vllm:"], 3, 1)
    assert llm["places"]["namespace"] == ["production", "staging"]
    assert llm["scrape_seconds"] == pytest.approx(15, abs=0.5)
    assert (services["sgl"]["engines"], services["sgl"]["spellings"]) == (["SGLang"], ["sglang_"])
    assert services["sgl"]["models"] == ["deepseek"]


def test_gpus_are_found_with_what_none_of_them_reports(doctor):
    (gpus,) = json.loads(doctor("--json")[1])["fleet"]["gpus"]
    assert (gpus["job"], gpus["exporter"], gpus["hosts"], gpus["gpus"]) == ("gpus", "dcgm-exporter", 1, 2)
    assert "DCGM_FI_DEV_POWER_USAGE" in gpus["lacks"]
    assert not {"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED"} & set(gpus["lacks"])


def test_what_is_in_the_way_is_said_with_what_to_do(doctor):
    lines = doctor()[1].splitlines()
    unlisted = (
        "is a service that jobs.services does not list, so that no alert reports its outages: add it to jobs.services."
    )
    assert f"  llm {unlisted}" in lines
    assert f"  sgl {unlisted}" in lines
    assert (
        "  llm has 1 target that answers scrapes without a series of an engine: check its metrics, and what drops them on the way."
        in lines
    )
    assert (
        "  llm is in several places (namespace: production, staging), which our series would add up: "
        "add namespace to identity_labels." in lines
    )
    assert (
        "  vllm has no series of an engine or of our exporter here: take it out of jobs.services, or find out why it is not scraped."
        in lines
    )
    assert [line for line in lines if line.startswith("  Our recorded series are not in this Prometheus")]


def test_a_server_that_lists_no_rules_is_said_to_list_none(doctor):
    lines = doctor()[1].splitlines()
    unknown = lines[lines.index("Not known") : lines.index("What can work")]
    (said,) = [line for line in unknown if "rules" in line]
    assert said.startswith("  Whether rules are loaded, fail or are late: this server lists none.")


def test_settings_that_fit_are_written_and_used(doctor, fleet, tmp_path, capsys):
    file = tmp_path / "fits.yaml"
    assert main(["doctor", "--prometheus", fleet, "--json", "--write", str(file)]) == 2
    out, err = capsys.readouterr()
    assert err == f"Settings that fit are written to {file}; what follows is with them.\n"
    found = {each["about"] for each in json.loads(out)["obstacles"]}
    # Prometheus keeps 15 days unless it is told otherwise, and VictoriaMetrics does not say it.
    assert found - {"This server"} == {"llm", "Our recorded series"}, "llm still has a target that is mute"
    settings = load_settings(file)
    assert settings.jobs.services == ("llm", "sgl")
    assert settings.identity_labels == ("namespace",)
    assert settings.engines == ("vllm", "sglang")
    comments = [line for line in file.read_text(encoding="utf-8").splitlines() if "#" in line]
    assert "    - llm  # 3 targets with series of vLLM, and 1 without" in comments


def test_nothing_is_asked_twice_where_settings_are_written(fleet, tmp_path, monkeypatch):
    asked, now = [], Prometheus.now
    monkeypatch.setattr(Prometheus, "now", lambda self, query: asked.append(query) or now(self, query))
    assert main(["doctor", "--prometheus", fleet, "--write", str(tmp_path / "fits.yaml")]) == 2
    assert sorted(asked) == sorted(set(asked))
    assert asked


def test_a_file_that_exists_is_not_written_over(fleet, tmp_path, capsys):
    file = tmp_path / "mine.yaml"
    file.write_text("{}", encoding="utf-8")
    assert main(["doctor", "--prometheus", fleet, "--write", str(file)]) == 1
    assert capsys.readouterr().err == f"Error: {file} exists already: name another file, or remove it.\n"
    assert file.read_text(encoding="utf-8") == "{}"


def test_a_prometheus_without_series_is_not_examined(tmp_path, capsys):
    ensure_components()
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path) as server:
        assert main(["doctor", "--prometheus", server.url]) == 1
    said = f"Error: Prometheus at {server.url} has no series of the last 15 minutes: check that it scrapes anything.\n"
    assert capsys.readouterr().err == said


def lacking(examined, title):
    (outlook,) = [each for each in examined["outlooks"] if each["title"] == title]
    return {each["title"]: each["lacks"] for each in outlook["lacking"]}


def test_each_board_and_alert_says_what_it_lacks(doctor):
    examined = json.loads(doctor("--json")[1])
    alerts = lacking(examined, "Alerts")
    assert alerts["PrometheusRuleFailures"] == ["prometheus_rule_evaluation_failures_total"]
    assert alerts["GPUThrottling"] == ["DCGM_FI_DEV_SM_CLOCK"]
    assert not {"InferenceKVCacheFullAndQueueing", "InferenceSaturated", "InferenceNoCapacity"} & set(alerts)
    assert lacking(examined, "Replicas") == lacking(examined, "SLO") == {}
    assert lacking(examined, "Capacity and diagnosis")["Headroom"] == ["jobs.capacity_requests_per_second"]


def test_what_brings_a_series_is_said(doctor):
    text = doctor()[1]
    assert "    without DCGM_FI_DEV_SM_CLOCK (dcgm-exporter): GPUThrottling" in text
    assert "vllm:corrupted_requests_total (vLLM from 0.11.1 on; only with VLLM_COMPUTE_NANS_IN_LOGITS=1)" in text
    assert "    without the setting jobs.capacity_requests_per_second: Headroom; Load in an hour" in text


def test_files_of_anybody_are_judged(fleet, tmp_path, capsys):
    file = tmp_path / "rules.yaml"
    rules = [
        {"alert": "Busy", "expr": "vllm:num_requests_running > 10"},
        {"alert": "Full", "expr": "vllm_gpu_cache_usage_perc > 0.9"},
        {"alert": "Misspelt", "expr": "rate(vllm:num_preemptions[5m]) > 0"},
    ]
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    assert main(["doctor", "--prometheus", fleet, "--path", str(file)]) == 2
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: 1 of 3 queries can work",
        "  g, Full: needs vllm_gpu_cache_usage_perc, perhaps vllm:kv_cache_usage_perc",
        "  g, Misspelt: needs vllm:num_preemptions, perhaps vllm:num_preemptions_total",
    ]
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules[:1]}]}), encoding="utf-8")
    assert main(["doctor", "--prometheus", fleet, "--path", str(file)]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--write", "x", "--path", "y"], "--write does not go with --path: give one of the two."),
        (["--path", "none.json"], "none.json does not exist: name a file or a folder that does."),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(arguments, said, capsys):
    assert main(["doctor", "--prometheus", "http://127.0.0.1:9", *arguments]) == 1
    assert capsys.readouterr().err == f"Error: {said}\n"
