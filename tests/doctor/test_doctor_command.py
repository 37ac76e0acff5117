"""The command on a real Prometheus that scrapes vLLM, another engine and GPUs, and has none of our rules."""

import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from demo.captures import find_capture
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from tests.support.ours import main

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


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """The URL of a Prometheus that has scraped it every 15 seconds for half an hour."""
    ensure_components()
    folder, now = tmp_path_factory.mktemp("fleet"), int(time.time())
    write_blocks({15: list(lines())}, now - 1800, now + 60, folder / "data")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url


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
    assert llm["scrape_seconds"] == 15
    assert (services["sgl"]["engines"], services["sgl"]["spellings"]) == (["SGLang"], ["sglang_"])
    assert services["sgl"]["models"] == ["deepseek"]


def test_gpus_are_found_with_what_none_of_them_reports(doctor):
    (gpus,) = json.loads(doctor("--json")[1])["fleet"]["gpus"]
    assert (gpus["job"], gpus["exporter"], gpus["hosts"], gpus["gpus"]) == ("gpus", "dcgm-exporter", 1, 2)
    assert "DCGM_FI_DEV_POWER_USAGE" in gpus["lacks"]
    assert not {"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED"} & set(gpus["lacks"])


def test_what_is_in_the_way_is_said_with_what_to_do(doctor):
    text = doctor()[1]
    assert "  llm: is a service that jobs.services does not list, so that no alert reports its outages: add it to jobs.services.\n" in text
    assert "  llm: has 1 target that answers scrapes without a series of an engine: see" in text
    assert "  llm: is in several places (namespace: production, staging), which our series would add up: add namespace to identity_labels.\n" in text
    assert "  recorded series: are not in this Prometheus" in text
    assert "  vllm: has no series of an engine or of our exporter here" in text


def test_settings_that_fit_leave_fewer_findings(doctor):
    fits = "jobs: {services: [llm, sgl]}\nidentity_labels: [namespace]\n"
    found = {each["about"] for each in json.loads(doctor("--json", settings=fits)[1])["findings"]}
    assert found == {"llm", "recorded series"}


def test_each_board_and_alert_says_what_it_lacks(doctor):
    looks = {each["title"]: each for each in json.loads(doctor("--json")[1])["outlooks"]}
    alerts = {each["title"]: each["lacks"] for each in looks["Alerts"]["lacking"]}
    assert "InferenceKVCacheFullAndQueueing" not in alerts
    assert "InferenceSaturated" not in alerts
    assert "PrometheusRuleFailures" in alerts
    gpu = {each["title"]: each["lacks"] for each in looks["GPU"]["lacking"]}
    assert "Utilisation" not in gpu


def test_x(doctor):
    print(doctor()[1]); assert 0
