"""The compose files and what they mount, as far as they can be checked without a container engine."""

import copy
import json
import os
import posixpath
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from glassbox.compile.compiler import CONVENTIONAL_DATA_SOURCE_UID
from glassbox.prometheus import promtool
from glassbox.query.promql import duration_seconds
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings
from tests.support.ours import main
from tests.support.paths import INSTALL, ROOT

COMPOSE_FILES = sorted(
    path.relative_to(ROOT) for folder in (INSTALL, ROOT / "tests") for path in folder.rglob("*compose.yaml")
)
SCHEMA = Draft202012Validator(json.loads((ROOT / "tests/schemas/compose-spec.json").read_text(encoding="utf-8")))
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*")
LOOPBACK = re.compile(r"(127\.0\.0\.1|\$\{[A-Z_]+:-127\.0\.0\.1\}):\d+:\d+")
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|KEY")
DEFAULT = re.compile(r"\$\{[A-Z_]+:-(.+)\}")
ASKED_FOR = re.compile(r"\$\{[A-Z_]+:\?.+\}")


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


COMPOSE = read("install/compose/compose.yaml")
SERVICES = COMPOSE["services"]
PROMETHEUS = read("install/compose/prometheus.yml")
EVERY_SERVICE = [(path, name, service) for path in COMPOSE_FILES for name, service in read(path)["services"].items()]
# Grafana's releases for the contract tests: they run for minutes, on the machine of a developer or of CI.
FOR_TESTS = Path("tests/grafana_api/grafana-matrix.compose.yaml")


def mounts(service):
    """(source, target) of what a service mounts from files."""
    for volume in SERVICES[service]["volumes"]:
        source, target = (volume["source"], volume["target"]) if isinstance(volume, dict) else volume.split(":")[:2]
        if source.startswith("."):
            yield posixpath.normpath(f"install/compose/{source}"), target


def test_the_compose_files_are_those_that_we_ship():
    assert [str(path) for path in COMPOSE_FILES] == [
        "install/compose/compose.yaml",
        "install/scale-out/victoriametrics.compose.yaml",
        "tests/grafana_api/grafana-matrix.compose.yaml",
    ]


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=str)
def test_a_compose_file_follows_the_specification(path):
    assert [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(read(path))] == []


@pytest.mark.parametrize("wrong", [{"healthchek": {}}, {"ports": [{"published": []}]}, {"deploy": {"limits": {}}}])
def test_the_specification_notices_what_is_wrong(wrong):
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["grafana"].update(wrong)
    assert not SCHEMA.is_valid(broken)


def test_docker_compose_takes_the_file(tmp_path):
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("needs docker with its compose plugin; no daemon (https://docs.docker.com/compose/install)")
    files = [
        f"--file={INSTALL / 'compose' / 'compose.yaml'}",
        f"--file={INSTALL / 'scale-out/victoriametrics.compose.yaml'}",
    ]
    command = [docker, "compose", *files, "--profile", "*", "config", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if name != "GF_SECURITY_ADMIN_PASSWORD"}
    with_password = {**environment, "GF_SECURITY_ADMIN_PASSWORD": "x"}
    assert subprocess.run(command, env=with_password, check=False, timeout=60).returncode == 0
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode != 0
    assert "GF_SECURITY_ADMIN_PASSWORD" in refused.stderr


@pytest.mark.parametrize(("path", "name", "service"), EVERY_SERVICE, ids=lambda value: str(value)[:40])
class TestEveryService:
    def test_its_image_is_pinned(self, path, name, service):
        assert PINNED.fullmatch(service["image"])

    def test_it_is_published_on_loopback_unless_asked_otherwise(self, path, name, service):
        assert service["ports"]
        assert all(LOOPBACK.fullmatch(port) for port in service["ports"])
        assert service.get("network_mode") is None

    def test_it_says_whether_it_is_healthy(self, path, name, service):
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries"} <= service["healthcheck"].keys()

    def test_its_health_is_asked_at_the_port_that_is_published(self, path, name, service):
        asked = set(re.findall(r"127\.0\.0\.1[:/](\d+)", " ".join(service["healthcheck"]["test"])))
        assert asked == {port.rpartition(":")[2] for port in service["ports"]}

    def test_it_has_limits(self, path, name, service):
        if path == FOR_TESTS:
            return
        limits = {name: DEFAULT.sub(r"\1", value) for name, value in service["deploy"]["resources"]["limits"].items()}
        assert float(limits["cpus"]) > 0
        assert re.fullmatch(r"\d+[MG]", limits["memory"])
        assert service["restart"] == "unless-stopped"

    def test_no_secret_stands_in_the_file(self, path, name, service):
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable):
                assert value is None or ASKED_FOR.fullmatch(value), variable


def test_without_a_password_grafana_does_not_start_and_says_why():
    value = SERVICES["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"]
    assert value == "${GF_SECURITY_ADMIN_PASSWORD:?set it to the password that Grafana's user admin shall have}"


def test_vllm_serves_the_model_as_agreed():
    vllm = SERVICES["vllm"]
    assert vllm["entrypoint"] == ["vllm", "serve"]
    assert vllm["command"] == [
        "Qwen/Qwen2.5-7B-Instruct",
        "--dtype=float16",
        "--gpu-memory-utilization=0.9",
        "--max-model-len=32768",
    ]
    # Variables that never were: metrics are on the API port.
    assert not any("METRICS" in variable for variable in vllm["environment"])


@pytest.mark.parametrize("name", ["vllm", "dcgm-exporter", "exporter"])
def test_what_reads_gpus_gets_them(name):
    (device,) = SERVICES[name]["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert "gpu" in device["capabilities"]


def test_the_inference_host_and_the_other_one_start_without_each_other():
    assert [name for name, service in SERVICES.items() if service.get("depends_on")] == []
    movable = {name for name, service in SERVICES.items() if "INFERENCE_ADDRESS" in str(service["ports"])}
    assert movable == {"vllm", "dcgm-exporter", "node-exporter", "exporter"}


def test_only_one_exporter_of_gpus_starts_unasked():
    """With both each GPU would appear twice."""
    assert "profiles" not in SERVICES["dcgm-exporter"]
    assert SERVICES["exporter"]["profiles"] == ["nvml"]


def test_prometheus_keeps_what_the_objectives_look_back_on():
    (retention,) = [flag for flag in SERVICES["prometheus"]["command"] if "retention.time" in flag]
    period_seconds = Settings().slo_period_days * 86_400
    assert duration_seconds(retention.partition("=")[2]) > period_seconds
    values = read("install/kubernetes/values.yaml")
    assert duration_seconds(values["prometheus"]["prometheusSpec"]["retention"]) > period_seconds
    storage = read("install/scale-out/victoriametrics.compose.yaml")["services"]["victoria-metrics"]["command"]
    (kept,) = [flag.partition("=")[2] for flag in storage if "retentionPeriod" in flag]
    assert duration_seconds(kept) > period_seconds


def test_prometheus_says_of_a_job_what_the_shipped_settings_say():
    """Where a job stands in both files, only its addresses differ."""
    shipped = read("install/prometheus.yml")
    assert PROMETHEUS["global"] == shipped["global"]
    assert PROMETHEUS["rule_files"] == [f"../{name}" for name in shipped["rule_files"]]
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    theirs = {job["job_name"]: job for job in shipped["scrape_configs"]}
    assert jobs.keys() & theirs.keys() == {"vllm", "dcgm", "prometheus"}
    for name in jobs.keys() & theirs.keys():
        assert without_hosts(jobs[name]) == without_hosts(theirs[name])
    ours, elsewhere = (settings["alerting"]["alertmanagers"][0]["static_configs"] for settings in (PROMETHEUS, shipped))
    assert [port_of(target) for target in ours[0]["targets"]] == [port_of(target) for target in elsewhere[0]["targets"]]


def port_of(target):
    return target.rpartition(":")[2]


def without_hosts(job):
    configs = [
        {**config, "targets": [port_of(target) for target in config["targets"]]} for config in job["static_configs"]
    ]
    return {**job, "static_configs": configs}


def targets():
    for job in [*PROMETHEUS["scrape_configs"], *PROMETHEUS["alerting"]["alertmanagers"]]:
        for config in job.get("static_configs", []):
            yield from (target.replace("localhost", "prometheus") for target in config["targets"])
        for config in job.get("dns_sd_configs", []):
            yield from (f"{name}:{config['port']}" for name in config["names"])


def test_every_target_is_a_service_at_the_port_that_it_listens_on():
    listening = {f"{name}:{port_of(port)}" for name, service in SERVICES.items() for port in service["ports"]}
    assert set(targets()) == listening - {"grafana:3000"}


def test_services_of_a_profile_are_no_targets_until_they_are_started():
    by_name = {
        name
        for job in PROMETHEUS["scrape_configs"]
        for config in job.get("dns_sd_configs", [])
        for name in config["names"]
    }
    assert by_name == {name for name, service in SERVICES.items() if "profiles" in service}


def test_prometheus_finds_its_settings_and_the_rules_where_they_are_mounted():
    mounted = dict(mounts("prometheus"))
    (flag,) = [flag for flag in SERVICES["prometheus"]["command"] if flag.startswith("--config.file=")]
    settings = flag.partition("=")[2]
    assert mounted["install/compose/prometheus.yml"] == settings
    for pattern in PROMETHEUS["rule_files"]:
        inside = posixpath.dirname(posixpath.normpath(posixpath.join(posixpath.dirname(settings), pattern)))
        outside = posixpath.dirname(posixpath.normpath(posixpath.join("install/compose", pattern)))
        assert mounted[outside] == inside


def test_what_was_not_built_is_not_made_up_by_docker():
    """It would make an empty folder, root's, for a source that is missing, and Prometheus would run without a rule."""
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if "build" in str(volume):
                assert volume["bind"] == {"create_host_path": False}
                assert volume["read_only"] is True


def test_promtool_takes_the_settings_with_the_rules_that_are_built(tmp_path):
    ensure_components()
    shutil.copytree(INSTALL / "compose", tmp_path / "install" / "compose")
    assert main(["build", "--out", str(tmp_path / "build")]) == 0
    file = tmp_path / "install" / "compose" / "prometheus.yml"
    found = [name for pattern in PROMETHEUS["rule_files"] for name in file.parent.glob(pattern)]
    assert len(found) == len(list(tmp_path.glob("build/*/*.yaml")))
    assert promtool.check_config(file) == []


def test_alertmanager_has_the_shipped_routes():
    ensure_components()
    mounted = dict(mounts("alertmanager"))
    assert f"--config.file={mounted['install/alertmanager.yml']}" in SERVICES["alertmanager"]["command"]
    assert promtool.check_alertmanager_config(INSTALL / "alertmanager.yml") == []


def test_grafana_has_the_data_source_that_dashboards_and_rules_ask():
    mounted = dict(mounts("grafana"))
    assert mounted["install/grafana/provisioning"] == "/etc/grafana/provisioning"
    provisioned = read("install/grafana/provisioning/datasources/prometheus.yaml")
    assert provisioned["apiVersion"] == 1
    (source,) = provisioned["datasources"]
    assert (source["uid"], source["type"], source["isDefault"]) == (CONVENTIONAL_DATA_SOURCE_UID, "prometheus", True)
    host, port = source["url"].removeprefix("http://").split(":")
    assert port in {port_of(published) for published in SERVICES[host]["ports"]}
    assert source["jsonData"]["timeInterval"] == PROMETHEUS["global"]["scrape_interval"]


def test_grafana_finds_the_built_dashboards_in_our_folder():
    provisioned = read("install/grafana/provisioning/dashboards/glassbox.yaml")
    assert provisioned["apiVersion"] == 1
    (provider,) = provisioned["providers"]
    folder = Settings().grafana
    assert (provider["folder"], provider["folderUid"]) == (folder.folder_title, folder.folder_uid)
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert dict(mounts("grafana"))["build/dashboards"] == provider["options"]["path"]


def test_every_volume_is_declared():
    for path in COMPOSE_FILES:
        content = read(path)
        named = {
            volume.split(":")[0]
            for service in content["services"].values()
            for volume in service.get("volumes", [])
            if isinstance(volume, str) and volume[0] not in "./"
        }
        assert named == set(content.get("volumes") or {}), path
