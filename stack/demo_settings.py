"""The shipped settings files, rewired for a demo on one machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

STACK_DIR = Path(__file__).resolve().parent
SCRAPE_SECONDS, EVALUATION_SECONDS = 2, 10


def glassbox_settings(folder: Path) -> Path:
    """Rules that are evaluated as often as the settings file allows, so that alerts come soon."""
    return _write(folder / "settings.yaml", {"evaluation_interval_seconds": EVALUATION_SECONDS})


def alertmanager_settings(folder: Path, webhook_url: str, heartbeat_url: str) -> Path:
    """The shipped settings, sent to our two webhooks and without the waits that suit people."""
    settings = yaml.safe_load((STACK_DIR / "alertmanager.yml").read_text(encoding="utf-8"))
    for route in (settings["route"], *settings["route"]["routes"]):
        route["group_wait"] = "1s"
    urls = {"webhook": webhook_url, "heartbeat": heartbeat_url}
    for receiver in settings["receivers"]:
        receiver["webhook_configs"][0]["url"] = urls[receiver["name"]]
    return _write(folder / "alertmanager.yml", settings)


def prometheus_settings(
    folder: Path,
    build: Path,
    targets: Mapping[str, Sequence[str]],
    alertmanager_url: str,
    versions: Mapping[str, str] | None = None,
) -> Path:
    """The shipped settings with the demo's targets and rules; jobs that the demo has nothing for are left out.

    `versions` are the `model_version` of targets that do not have the one of their job.
    """
    settings = yaml.safe_load((STACK_DIR / "prometheus.yml").read_text(encoding="utf-8"))
    settings["global"] = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{EVALUATION_SECONDS}s"}
    settings["rule_files"] = [str(build / Path(name).relative_to("../build")) for name in settings["rule_files"]]
    settings["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [_address(alertmanager_url)]}]
    settings["scrape_configs"] = [job for job in settings["scrape_configs"] if job["job_name"] in targets]
    for job in settings["scrape_configs"]:
        job["scrape_interval"] = f"{SCRAPE_SECONDS}s"
        labels = job["static_configs"][0].get("labels", {})
        job["static_configs"] = [_target(url, labels, versions or {}) for url in targets[job["job_name"]]]
    return _write(folder / "prometheus.yml", settings)


def _target(url: str, labels: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, Any]:
    version = {"model_version": versions[url]} if url in versions else {}
    return {"targets": [_address(url)], "labels": {**labels, **version}}


def _address(url: str) -> str:
    return url.removeprefix("http://")


def _write(file: Path, content: Mapping[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file
