"""The configuration in docs/kubernetes.md: a job for each namespace and roles of instances, read by Prometheus and as our monitors have it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from glassbox.compile.kubernetes import manifests
from glassbox.prometheus import promtool
from glassbox.settings.model import Settings
from tests.support.documents import Document
from tests.support.ours import our_bundle
from tests.support.paths import ROOT

PAGE = Document("docs/kubernetes.md", (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8"))


def blocks(key: str) -> list[dict[str, Any]]:
    parsed = [yaml.safe_load(text) for language, text in PAGE.blocks if language == "yaml"]
    return [each for each in parsed if key in each]


def test_prometheus_takes_it(components: None, tmp_path: Path) -> None:
    found = {"scrape_configs": [each for block in blocks("scrape_configs") for each in block["scrape_configs"]]}
    for number, each in enumerate(found["scrape_configs"]):
        each["job_name"] += str(number)
    # Debian builds Prometheus without the discovery of Kubernetes.
    for each in found["scrape_configs"]:
        assert each.pop("kubernetes_sd_configs") == [{"role": "pod"}]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(found), encoding="utf-8")
    assert promtool.check_config(file) == []


def test_the_patch_fits_a_monitor_that_we_make() -> None:
    (found,) = blocks("patches")
    (patch,) = found["patches"]
    (step,) = yaml.safe_load(patch["patch"])
    made = manifests(our_bundle(Settings()), Settings(), {})
    names = [(each["kind"], each["metadata"]["name"]) for each in made.values() if "metadata" in each]
    assert (patch["target"]["kind"], patch["target"]["name"]) in names
    assert step["path"] == "/spec/endpoints/0/relabelings/-"


def test_monitors_tell_prefill_instances_as_the_page_does() -> None:
    (rule,) = (
        rule
        for block in blocks("scrape_configs")
        for each in block["scrape_configs"]
        for rule in each["relabel_configs"]
        if rule.get("target_label") == "inference_role"
    )
    made = manifests(our_bundle(Settings()), Settings(), {})
    endpoints = [
        endpoint
        for each in made.values()
        if each["kind"] in ("ServiceMonitor", "PodMonitor") and each["metadata"]["name"] != "glassbox-dcgm"
        for endpoint in each["spec"].get("endpoints", []) + each["spec"].get("podMetricsEndpoints", [])
    ]
    ours = {
        "sourceLabels": rule["source_labels"],
        "regex": rule["regex"],
        "targetLabel": rule["target_label"],
        "replacement": rule["replacement"],
    }
    assert endpoints
    assert all(ours in endpoint["relabelings"] for endpoint in endpoints)


@pytest.mark.parametrize(("where", "key"), [("scrape_configs", "replacement"), ("patches", "replacement")])
def test_the_names_are_those_that_the_settings_list(where: str, key: str) -> None:
    (settings,) = blocks("jobs")
    found = blocks(where)[0]
    assert f"{key}: vllm-$1" in yaml.safe_dump(found) or "replacement: vllm-$1" in found["patches"][0]["patch"]
    assert all(job.startswith("vllm-") for job in settings["jobs"]["services"])
