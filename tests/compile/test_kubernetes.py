"""Kubernetes objects: what the operators' schemas take, names that Kubernetes takes, and targets that our rules read."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from glassbox.compile.kubernetes import DCGM_PORTS, POD_LABEL, SERVICE_LABEL, TARGET_LABELS, kubernetes_name
from glassbox.compile.outputs import render, render_kubernetes, write_kubernetes
from glassbox.errors import GlassboxError
from glassbox.settings.model import GrafanaTarget, Jobs, Kubernetes, Settings
from tests.support.ours import main, our_bundle

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "tests" / "schemas"
BUNDLE = our_bundle()
ODD = Settings(
    jobs=Jobs(services=("inference/vllm.A", "ocr_" + "x" * 80)),
    grafana=GrafanaTarget(folder_uid="My_Team", folder_title='Team "A": LLM'),
)
DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")
DATA_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
# What etcd takes of one object, less what kubectl adds.
LARGEST_BYTES = 1_000_000
# `kubectl apply` keeps a copy of the object in an annotation of this size at most.
LARGEST_APPLIED_BYTES = 262_144


def objects(settings):
    """Every object by its path, as read back from the text that is written."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = render_kubernetes(our_bundle(settings), settings)
    return {path: yaml.load(text, Loader=loader) for path, text in files.items()}


OBJECTS, ODD_OBJECTS = objects(Settings()), objects(ODD)
OPERATED, ODD_OPERATED = (
    {path: each for path, each in found.items() if each["kind"] != "Kustomization"} for found in (OBJECTS, ODD_OBJECTS)
)


def of_kind(kind, among=OBJECTS):
    return [each for each in among.values() if each["kind"] == kind]


def strict(schema):
    """The schema without leave for fields that it does not name: Kubernetes would drop them in silence."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed


def schemas():
    prometheus = json.loads((SCHEMAS / "prometheus-operator.json").read_text(encoding="utf-8"))
    grafana = yaml.safe_load((SCHEMAS / "grafana-operator.yaml").read_text(encoding="utf-8"))
    return {kind: strict(schema) for kind, schema in (prometheus | grafana).items() if kind != "$defs"}


VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in schemas().items()}


@pytest.mark.parametrize("found", [OPERATED, ODD_OPERATED])
def test_every_object_is_what_its_operator_takes(found):
    checked = 0
    for path, manifest in found.items():
        if manifest["kind"] in VALIDATORS:
            problems = [
                f"{error.json_path}: {error.message}" for error in VALIDATORS[manifest["kind"]].iter_errors(manifest)
            ]
            assert problems == [], path
            checked += 1
    assert checked == len(found) - len(BUNDLE.dashboards)


@pytest.mark.parametrize(
    ("path", "break_it"),
    [
        ("rules/glassbox-slo.prometheusrule.yaml", lambda spec: spec["groups"][0]["rules"][0].update(evaluate="no")),
        ("rules/glassbox-slo.prometheusrule.yaml", lambda spec: spec["groups"][0].update(interval="30 s")),
        ("monitors/glassbox-vllm.servicemonitor.yaml", lambda spec: spec["endpoints"][0].update(honourLabels=True)),
        ("monitors/glassbox-vllm.podmonitor.yaml", lambda spec: spec.update(endpoints=[])),
        ("grafana-operator/glassbox-slo.grafanadashboard.yaml", lambda spec: spec.update(folderUID="x")),
    ],
)
def test_the_schemas_notice_what_is_wrong(path, break_it):
    manifest = json.loads(json.dumps(OBJECTS[f"kubernetes/{path}"]))
    assert VALIDATORS[manifest["kind"]].is_valid(manifest)
    break_it(manifest["spec"])
    assert not VALIDATORS[manifest["kind"]].is_valid(manifest)


@pytest.mark.parametrize("found", [OPERATED, ODD_OPERATED])
def test_names_and_labels_are_those_that_kubernetes_takes(found):
    for path, manifest in found.items():
        metadata = manifest["metadata"]
        assert DNS_NAME.fullmatch(metadata["name"]), path
        selected = manifest.get("spec", {}).get("selector", {}).get("matchLabels", {})
        for key, value in (metadata["labels"] | selected).items():
            assert LABEL_KEY.fullmatch(key) and LABEL_VALUE.fullmatch(value), path
        assert all(DATA_KEY.fullmatch(key) for key in manifest.get("data", {})), path


def test_everything_that_is_built_is_in_an_object():
    rules = {
        rule.get("alert") or f"{rule['record']}{rule.get('labels', '')}"
        for manifest in of_kind("PrometheusRule")
        for group in manifest["spec"]["groups"]
        for rule in group["rules"]
    }
    built = {
        rule.get("alert") or f"{rule['record']}{rule.get('labels', '')}"
        for file in (BUNDLE.alerts | BUNDLE.recording_rules).values()
        for group in file["groups"]
        for rule in group["rules"]
    }
    assert rules == built
    texts = {uid: text for each in of_kind("ConfigMap") for uid, text in each["data"].items()}
    assert texts == {path.name: text for path, text in built_dashboards()}
    assert {each["spec"]["json"] for each in of_kind("GrafanaDashboard")} == set(texts.values())


def built_dashboards():
    return [(Path(path), text) for path, text in render(BUNDLE).items() if path.startswith("dashboards/")]


def test_rules_and_their_templates_arrive_as_prometheus_reads_them():
    """`{{ }}` is Prometheus', so no object may be a template of Helm's."""
    groups = {group["name"]: group for each in of_kind("PrometheusRule") for group in each["spec"]["groups"]}
    for file in (BUNDLE.alerts | BUNDLE.recording_rules).values():
        for group in file["groups"]:
            assert groups[group["name"]] == group
    assert "{{ $labels.instance }}" in json.dumps(groups["inference-gpu"])


def test_dashboards_are_found_by_the_sidecar_and_small_enough_to_be_applied():
    for each in of_kind("ConfigMap"):
        assert each["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert each["metadata"]["annotations"] == {"grafana_folder": "Glassbox"}
    for path, manifest in OBJECTS.items():
        size = len(json.dumps(manifest).encode())
        assert size < LARGEST_APPLIED_BYTES < LARGEST_BYTES, path


def test_the_folder_of_grafana_operator_is_ours():
    (folder,) = of_kind("GrafanaFolder", ODD_OBJECTS)
    assert (folder["spec"]["uid"], folder["spec"]["title"]) == ("My_Team", 'Team "A": LLM')
    for each in of_kind("GrafanaDashboard", ODD_OBJECTS):
        assert each["spec"]["folderRef"] == folder["metadata"]["name"]


@pytest.mark.parametrize(("settings", "found"), [(Settings(), OBJECTS), (ODD, ODD_OBJECTS)])
def test_a_monitors_targets_have_the_job_that_the_rules_read(settings, found):
    services = re.compile(settings.jobs.services_regex)
    for kind, label, key in (
        ("ServiceMonitor", SERVICE_LABEL, "endpoints"),
        ("PodMonitor", POD_LABEL, "podMetricsEndpoints"),
    ):
        jobs = {}
        for each in of_kind(kind, found):
            for endpoint in each["spec"][key]:
                assert "jobLabel" not in each["spec"]
                assert endpoint["relabelings"][-1]["targetLabel"] == "job"
                jobs[endpoint["relabelings"][-1]["replacement"]] = each["spec"]["selector"]["matchLabels"]
        assert {job for job in jobs if services.fullmatch(job)} == set(settings.jobs.services)
        for job, selected in jobs.items():
            assert selected == {label: kubernetes_name(job)}


def test_any_job_has_a_monitor_of_its_name():
    """Prometheus puts groups of its expression in where the replacement has `$`."""
    jobs = Jobs(services=("$1 job", "日本", 'a(b)|c"d'))
    monitors = of_kind("ServiceMonitor", objects(Settings(jobs=jobs)))
    names = {
        each["spec"]["endpoints"][0]["relabelings"][-1]["replacement"]: each["metadata"]["name"] for each in monitors
    }
    assert {"$$1 job", "日本", 'a(b)|c"d'} < set(names)
    assert len(set(names.values())) == len(names)
    assert all(DNS_NAME.fullmatch(kubernetes_name(job)) for job in jobs.services)


def test_no_target_is_found_by_two_monitors():
    """A target that is scraped twice counts twice. A pod's labels are often those of its Service."""
    selectors = [
        json.dumps(each["spec"]["selector"]) for kind in ("ServiceMonitor", "PodMonitor") for each in of_kind(kind)
    ]
    assert len(set(selectors)) == len(selectors)
    assert SERVICE_LABEL != POD_LABEL


def test_our_exporters_labels_stay_what_they_are():
    """The Operator sets `endpoint` to the port's name; without honorLabels ours would become `exported_endpoint`."""
    for each in of_kind("ServiceMonitor"):
        if each["metadata"]["name"] != "glassbox-dcgm":
            assert [endpoint["honorLabels"] for endpoint in each["spec"]["endpoints"]] == [True]


def test_gpus_are_found_by_the_ports_of_both_charts():
    (monitor,) = [each for each in of_kind("ServiceMonitor") if each["metadata"]["name"] == "glassbox-dcgm"]
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == list(DCGM_PORTS)


def relabeled(monitor, target, label="instance", key="endpoints"):
    """The target's label as the monitor's first endpoint writes it; Prometheus' regular expressions are anchored."""
    for rule in monitor["spec"][key][0]["relabelings"]:
        joined = rule.get("separator", ";").join(target.get(source, "") for source in rule.get("sourceLabels", ()))
        found = re.fullmatch(rule.get("regex", "(.*)"), joined)
        if rule["targetLabel"] == label and found:
            return found.expand(rule.get("replacement", "$1").replace("$1", r"\1"))
    return "10.0.0.1:8000"


POD = {"__meta_kubernetes_pod_name": "vllm-7f9c", "__meta_kubernetes_pod_node_name": "gpu-node-3"}
PORT = {"__meta_kubernetes_pod_container_port_number": "8000"}


@pytest.mark.parametrize(
    ("replica", "target", "instance"),
    [
        ("address", POD | PORT, "10.0.0.1:8000"),
        ("pod", POD | PORT, "vllm-7f9c:8000"),
        ("pod", POD, "vllm-7f9c"),
        ("pod", {}, "10.0.0.1:8000"),
    ],
)
def test_a_replica_is_called_by_its_address_or_its_pod(replica, target, instance):
    found = objects(Settings(kubernetes=Kubernetes(replica=replica)))
    for kind, key in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        (monitor,) = [each for each in of_kind(kind, found) if each["metadata"]["name"] == "glassbox-vllm"]
        assert relabeled(monitor, target, key=key) == instance


def test_gpus_belong_to_the_node_while_the_pod_of_their_exporter_is_replaced():
    (monitor,) = [each for each in of_kind("ServiceMonitor") if each["metadata"]["name"] == "glassbox-dcgm"]
    assert relabeled(monitor, POD | PORT) == "gpu-node-3"
    assert relabeled(monitor, {}) == "10.0.0.1:8000"


def test_labels_that_identify_a_service_are_taken_from_its_labels():
    """The operator gives the namespace itself."""
    found = objects(Settings(identity_labels=("tenant", "namespace")))
    for kind, key in (("ServiceMonitor", "targetLabels"), ("PodMonitor", "podTargetLabels")):
        (monitor,) = [each for each in of_kind(kind, found) if each["metadata"]["name"] == "glassbox-vllm"]
        assert monitor["spec"][key] == [*TARGET_LABELS, "tenant"]


def test_a_folder_lists_exactly_its_objects():
    for path, manifest in OBJECTS.items():
        if manifest["kind"] == "Kustomization":
            folder = Path(path).parent
            others = {Path(other).name for other in OBJECTS if Path(other).parent == folder} - {"kustomization.yaml"}
            assert set(manifest["resources"]) == others


def test_two_jobs_of_one_name_are_refused(capsys, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("jobs: {services: [a.b, a-b]}")
    assert main(["--settings", str(file), "build", "--target", "kubernetes", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: Two Kubernetes objects of the kind ServiceMonitor would be called 'glassbox-a-b'")
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_each_build_leaves_the_other_alone(capsys, tmp_path):
    for arguments in ([], ["--target", "kubernetes"], []):
        assert main(["build", "--out", str(tmp_path), *arguments]) == 0
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == {"alerts", "dashboards", "grafana", "recording_rules", "kubernetes"}
    written = {str(path.relative_to(tmp_path)) for path in (tmp_path / "kubernetes").rglob("*.yaml")}
    assert written == set(OBJECTS)


def test_a_folder_called_kubernetes_of_somebody_else_is_not_replaced(tmp_path):
    (tmp_path / "kubernetes").mkdir()
    with pytest.raises(GlassboxError, match="has a kubernetes that this tool did not write"):
        write_kubernetes(BUNDLE, Settings(), tmp_path)


def test_the_example_service_is_found_by_the_monitor_of_its_job():
    service = yaml.safe_load((ROOT / "install" / "kubernetes" / "vllm-service.yaml").read_text(encoding="utf-8"))
    (monitor,) = [each for each in of_kind("ServiceMonitor") if each["metadata"]["name"] == "glassbox-vllm"]
    labels = service["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert [port["name"] for port in service["spec"]["ports"]] == [
        each["port"] for each in monitor["spec"]["endpoints"]
    ]
    assert {"inference_engine", "model_version"} <= set(labels) & set(monitor["spec"]["targetLabels"])
    assert service["spec"].get("type", "ClusterIP") == "ClusterIP"


def test_kustomize_takes_the_example(tmp_path):
    """Client only: no cluster is asked."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("needs kubectl (https://kubernetes.io/docs/tasks/tools), which has kustomize in it")
    shutil.copytree(ROOT / "install" / "kubernetes", tmp_path / "install" / "kubernetes")
    assert main(["build", "--target", "kubernetes", "--out", str(tmp_path / "build")]) == 0
    command = [kubectl, "kustomize", str(tmp_path / "install" / "kubernetes")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    applied = list(yaml.safe_load_all(done.stdout))
    operators = len(of_kind("GrafanaDashboard") + of_kind("GrafanaFolder"))
    assert len(applied) == len(OPERATED) - operators
    assert {each["metadata"]["namespace"] for each in applied} == {"monitoring"}
    texts = {name: text for each in applied if each["kind"] == "ConfigMap" for name, text in each["data"].items()}
    assert texts == {path.name: text for path, text in built_dashboards()}
