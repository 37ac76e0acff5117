from pathlib import Path

import yaml

from demo.server_settings import alertmanager_settings, glassbox_settings, hurry_alerts, prometheus_settings
from glassbox.prometheus.promtool import check_alertmanager_config, check_config
from glassbox.servers.components import ensure_components
from glassbox.settings.loading import load_settings

TARGETS = {
    "hunyuanocr": ["http://127.0.0.1:4001"],
    "vllm": ["http://127.0.0.1:4002", "http://127.0.0.1:4003"],
    "prometheus": ["http://127.0.0.1:4007"],
}
RECEIVERS = ("http://127.0.0.1:4005", "http://127.0.0.1:4006")


def test_demo_keeps_the_shipped_jobs_and_labels(tmp_path: Path) -> None:
    settings = yaml.safe_load(prometheus_settings(tmp_path, tmp_path, TARGETS, "http://127.0.0.1:4004").read_text())
    jobs = {job["job_name"]: job["static_configs"] for job in settings["scrape_configs"]}
    targets = {name: [target for config in configs for target in config["targets"]] for name, configs in jobs.items()}
    assert targets == {name: [url.removeprefix("http://") for url in urls] for name, urls in TARGETS.items()}
    assert jobs["hunyuanocr"][0]["labels"]["model_name"] == "tencent/HunyuanOCR"
    assert [config["labels"] for config in jobs["vllm"]] == [{"inference_engine": "vllm"}] * 2


def test_a_target_of_another_version_says_so(tmp_path: Path) -> None:
    versions = {"http://127.0.0.1:4003": "0.10.2"}
    file = prometheus_settings(tmp_path, tmp_path, TARGETS, "http://127.0.0.1:4004", versions)
    (vllm,) = [job for job in yaml.safe_load(file.read_text())["scrape_configs"] if job["job_name"] == "vllm"]
    assert [config["labels"].get("model_version") for config in vllm["static_configs"]] == [None, "0.10.2"]


def test_demo_reads_the_rules_just_built(tmp_path: Path) -> None:
    build = tmp_path / "build"
    settings = yaml.safe_load(prometheus_settings(tmp_path, build, TARGETS, "http://127.0.0.1:4004").read_text())
    assert settings["rule_files"] == [f"{build}/recording_rules/*.yaml", f"{build}/alerts/*.yaml"]


def test_demo_settings_pass_the_real_checks(tmp_path: Path) -> None:
    ensure_components()
    assert check_config(prometheus_settings(tmp_path, tmp_path, TARGETS, "http://127.0.0.1:4004")) == []
    assert check_alertmanager_config(alertmanager_settings(tmp_path, *RECEIVERS)) == []


def test_demo_notifies_at_once(tmp_path: Path) -> None:
    settings = yaml.safe_load(alertmanager_settings(tmp_path, *RECEIVERS).read_text())
    waits = {route["group_wait"] for route in (settings["route"], *settings["route"]["routes"])}
    assert waits == {"1s"}


def test_demo_receives_alerts_and_heartbeats_apart(tmp_path: Path) -> None:
    settings = yaml.safe_load(alertmanager_settings(tmp_path, *RECEIVERS).read_text())
    receivers = {receiver["name"]: receiver for receiver in settings["receivers"]}
    assert settings["route"]["receiver"] == "webhook"
    assert receivers["webhook"]["webhook_configs"][0]["url"] == RECEIVERS[0]
    assert receivers["heartbeat"]["webhook_configs"][0]["url"] == RECEIVERS[1]


def test_scenarios_evaluate_every_ten_seconds_and_the_demo_as_by_default(tmp_path: Path) -> None:
    often, by_default = (load_settings(glassbox_settings(tmp_path, often=often)) for often in (True, False))
    assert (often.evaluation_interval_seconds, by_default.evaluation_interval_seconds) == (10, 30)


def test_hurried_alerts_keep_their_order_and_two_evaluations(tmp_path: Path) -> None:
    waits = {"Quarter": "15m", "Minute": "1m", "AtOnce": "0s", "Twice": "20s"}
    file = tmp_path / "alerts" / "a.yaml"
    file.parent.mkdir()
    rules = [{"alert": name, "expr": "up", "for": wait} for name, wait in waits.items()]
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    hurry_alerts(tmp_path, 1 / 30)
    (group,) = yaml.safe_load(file.read_text())["groups"]
    assert {rule["alert"]: rule["for"] for rule in group["rules"]} == {
        "Quarter": "30s",
        "Minute": "20s",
        "AtOnce": "0s",
        "Twice": "20s",
    }
