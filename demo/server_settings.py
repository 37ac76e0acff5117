"""The shipped settings files, rewired for a demo on one machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from glassbox.query.promql import duration_seconds

INSTALL_DIR = Path(__file__).resolve().parent.parent / "install"
SCRAPE_SECONDS, EVALUATION_SECONDS = 2, 10
# Measured for nobody's model; they give the boards on capacity something to show.
CAPACITY_REQUESTS_PER_SECOND = {"hunyuanocr": 12, "vllm": 4}
# An alert that must hold at all holds at two evaluations in a row.
SHORTEST_FOR_SECONDS = 2 * EVALUATION_SECONDS


def glassbox_settings(
    folder: Path, *, qps_low: float | None = None, engines: Sequence[str] = (), often: bool = True
) -> Path:
    """Write settings that evaluate rules as often as possible, so that alerts come soon, or by default if not `often`; `engines`
    are additional services."""
    settings: dict[str, Any] = {"jobs": {"capacity_requests_per_second": CAPACITY_REQUESTS_PER_SECOND}}
    if often:
        settings["evaluation_interval_seconds"] = EVALUATION_SECONDS
    if engines:
        settings["jobs"]["services"] = [*CAPACITY_REQUESTS_PER_SECOND, *engines]
    if qps_low is not None:
        settings["thresholds"] = {"qps_low": qps_low}
    return _write(folder / "settings.yaml", settings)


def hurry_alerts(build: Path, factor: float) -> None:
    """Have the alerts of a build wait a `factor` of their time, but at least two evaluations; those that do not wait stay as they are."""
    for file in sorted((build / "alerts").glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for rule in (rule for group in content["groups"] for rule in group["rules"]):
            rule["for"] = _hurried(rule["for"], factor)
        _write(file, content)


def _hurried(waits: str, factor: float) -> str:
    seconds = duration_seconds(waits)
    return f"{max(round(seconds * factor), min(seconds, SHORTEST_FOR_SECONDS))}s"


def alertmanager_settings(folder: Path, webhook_url: str, heartbeat_url: str) -> Path:
    """The shipped settings, sent to our two webhooks and without the waits that suit people."""
    settings = yaml.safe_load((INSTALL_DIR / "alertmanager.yml").read_text(encoding="utf-8"))
    for route in (settings["route"], *settings["route"]["routes"]):
        route["group_wait"] = "1s"
    receivers = {receiver["name"]: receiver for receiver in settings["receivers"]}
    receivers["webhook"]["webhook_configs"][0]["url"] = webhook_url
    receivers["heartbeat"]["webhook_configs"][0]["url"] = heartbeat_url
    return _write(folder / "alertmanager.yml", settings)


def prometheus_settings(
    folder: Path,
    build: Path,
    targets: Mapping[str, Sequence[str]],
    alertmanager_url: str,
    versions: Mapping[str, str] | None = None,
    *,
    more_jobs: Mapping[str, Mapping[str, str]] | None = None,
) -> Path:
    """The shipped settings with the demo's targets and rules; jobs that the demo has nothing for are left out.

    `versions` are the `model_version` of targets that do not have the one of their job. `more_jobs` are jobs that are not among the
    shipped ones, each with the labels of its targets.
    """
    settings = yaml.safe_load((INSTALL_DIR / "prometheus.yml").read_text(encoding="utf-8"))
    settings["global"] = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{EVALUATION_SECONDS}s"}
    settings["rule_files"] = [str(build / Path(name).relative_to("../build")) for name in settings["rule_files"]]
    settings["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [_address(alertmanager_url)]}]
    settings["scrape_configs"] += [
        {"job_name": name, "static_configs": [{"targets": [], "labels": dict(labels)}]}
        for name, labels in (more_jobs or {}).items()
    ]
    settings["scrape_configs"] = [job for job in settings["scrape_configs"] if job["job_name"] in targets]
    for job in settings["scrape_configs"]:
        job["scrape_interval"] = f"{SCRAPE_SECONDS}s"
        labels = job["static_configs"][0].get("labels", {})
        job["static_configs"] = [_target(url, labels, versions or {}) for url in targets[job["job_name"]]]
    return _write(folder / "prometheus.yml", settings)


def labels_of_targets(settings_file: Path) -> dict[str, dict[str, str]]:
    """The labels that the series of each target get, job and instance among them, by its URL."""
    settings = yaml.safe_load(settings_file.read_text(encoding="utf-8"))
    return {
        f"http://{address}": {"job": job["job_name"], "instance": address, **group["labels"]}
        for job in settings["scrape_configs"]
        for group in job["static_configs"]
        for address in group["targets"]
    }


def _target(url: str, labels: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, Any]:
    version = {"model_version": versions[url]} if url in versions else {}
    return {"targets": [_address(url)], "labels": {**labels, **version}}


def _address(url: str) -> str:
    return url.removeprefix("http://")


def _write(file: Path, content: Mapping[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file
