"""Rules of ours in a real Prometheus: as they are, in another version, left out, and failing."""

import shutil
import time

import pytest
import yaml

from glassbox.compile.outputs import write_bundle
from glassbox.doctor.buckets_there import buckets_in_the_way
from glassbox.doctor.loaded_rules import lists_no_rules, rules_in_the_way
from glassbox.prometheus.api import Prometheus
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

NAME = "vllm:time_to_first_token_seconds_bucket"


@pytest.fixture
def in_the_way(tmp_path):
    """What a Prometheus that loads a build says is in the way, after `change` has been at its files."""

    def asked(change, bundle=None):
        bundle = bundle or our_bundle()
        ensure_components()
        write_bundle(bundle, tmp_path / "build")
        change(tmp_path / "build")
        files = [str(tmp_path / "build" / folder / "*.yaml") for folder in ("recording_rules", "alerts")]
        config = tmp_path / "prometheus.yml"
        config.write_text(yaml.safe_dump({"rule_files": files}), encoding="utf-8")
        with prometheus(config, folder=tmp_path) as server, Prometheus(server.url) as client:
            listed = client.about("rules")
            assert lists_no_rules(listed) == (not any((tmp_path / "build").rglob("*.yaml")))
            return [f"{each.problem}: {each.advice}" for each in rules_in_the_way(client, bundle, listed)]

    return asked


def changed(file, before, after):
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_rules_as_they_are_built_are_in_nobodys_way(in_the_way):
    assert in_the_way(lambda _: None) == []


def test_another_version_is_known_by_its_queries(in_the_way):
    def change(build):
        changed(
            build / "alerts" / "inference-service.yaml",
            "alert: InferenceQPSLow\n    expr: sum",
            "alert: InferenceQPSLow\n    expr: 2 * sum",
        )

    assert in_the_way(change) == [
        "are loaded in another version (InferenceQPSLow): build with the settings that were used, and load that"
    ]


def test_what_is_left_out_is_named(in_the_way):
    assert in_the_way(lambda build: (build / "alerts" / "monitoring.yaml").unlink()) == [
        "lack MonitoringJobSpansTenants, MonitoringJobUnlisted, PrometheusRuleFailures and 1 more in this Prometheus: load the newest build"
    ]


def without_alerts(build):
    shutil.rmtree(build / "alerts")


def test_alerts_that_grafana_evaluates_are_not_missing_in_prometheus(in_the_way):
    assert in_the_way(without_alerts) == []


def test_alerts_that_prometheus_evaluates_are_missing_there(in_the_way):
    bundle = our_bundle(Settings(alerts_evaluated_by="prometheus"))
    (said,) = in_the_way(without_alerts, bundle)
    assert said.startswith("lack GPUExporterDown, GPUIdleButPaid, ")


def test_without_any_rule_of_ours_nothing_is_said(in_the_way):
    def change(build):
        for file in build.rglob("*.yaml"):
            file.unlink()

    assert in_the_way(change) == []


def test_a_histogram_without_a_bucket_is_named_with_those_beside(tmp_path):
    ensure_components()
    now = int(time.time())
    lines = [
        sample({"__name__": NAME, "job": "vllm", "instance": "a", "le": le}, 1) for le in ("1.0", "2.0", "5.0", "+Inf")
    ]
    write_blocks({15: lines}, now - 300, now, tmp_path / "data")
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    queries = [f'rate({NAME}{{le="{le}"}}[5m])' for le in ("2.5", "1.0", "9", "+Inf")]
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path) as server, Prometheus(server.url) as client:
        (found,) = buckets_in_the_way(client, queries, frozenset({NAME}))
        assert list(buckets_in_the_way(client, queries[1:2], frozenset({NAME}))) == []
        assert list(buckets_in_the_way(client, queries, frozenset())) == []
        of_others = f'rate({NAME}{{endpoint!="",job=~"vllm",le="2.5"}}[5m])'
        assert list(buckets_in_the_way(client, [of_others], frozenset({NAME}))) == []
    assert found.about == "vllm:time_to_first_token_seconds"
    assert found.problem == "has no bucket 2.5 and no 9; beside it are 2 and 5"
