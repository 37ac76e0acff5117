"""The bundle as Kubernetes objects: rules and monitors for the Prometheus Operator, dashboards for Grafana's sidecar or operator.

Monitors are made, not shipped, since rules read the service jobs by the names that the settings give them: each monitor sets its
targets' `job` to one of them, whatever their Services are called. They find what carries the label SERVICE_LABEL or POD_LABEL.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from glassbox.compile.bundle import Bundle, Json
from glassbox.errors import GlassboxError
from glassbox.settings.model import Settings

# A Service is found by one label and a pod by another: a pod's labels are often those of its Service, and what is found twice
# counts twice.
SERVICE_LABEL, POD_LABEL = "glassbox-job", "glassbox-pod-job"
# What neither our exporter nor a model's owner can put into the metrics themselves; copied from the labels of the Service or pod.
TARGET_LABELS = ["inference_engine", "inference_role", "model_name", "model_version"]
# llm-d's label of pods (`llm-d.ai/role`): a request comes to these before it comes to the instance that answers its caller.
_PREFILL_ROLE = {
    "sourceLabels": ["__meta_kubernetes_pod_label_llm_d_ai_role"],
    "regex": "prefill|encode|encode-prefill",
    "targetLabel": "inference_role",
    "replacement": "prefill",
}
# `instance` as the pod's name and the container's port, which tells several servers of a pod apart; not every port is declared.
_REPLICA_IS_POD = {
    "sourceLabels": ["__meta_kubernetes_pod_name", "__meta_kubernetes_pod_container_port_number"],
    "separator": ":",
    "regex": "([^:]+(?::[0-9]+)?):?",
    "targetLabel": "instance",
}
# A node keeps its GPUs while the exporter's pod on it is replaced.
_HOST_IS_NODE = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "regex": "(.+)", "targetLabel": "instance"}
# Labels that the operator gives to all targets, or that no Service has.
_GIVEN_LABELS = frozenset(("namespace", "pod", "container", "service", "endpoint", "job", "node"))
METRICS_PORT = "metrics"
# The first is the port of dcgm-exporter's chart, the second that of NVIDIA's GPU operator; a Service has one of the two.
DCGM_JOB, DCGM_PORTS = "dcgm", (METRICS_PORT, "gpu-metrics")
SCRAPE_INTERVAL = "15s"
API_VERSIONS = {
    "ConfigMap": "v1",
    "GrafanaDashboard": "grafana.integreatly.org/v1beta1",
    "GrafanaFolder": "grafana.integreatly.org/v1beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
}
# By convention of grafana-operator's own examples.
GRAFANA_SELECTOR = {"matchLabels": {"dashboards": "grafana"}}
_LONGEST_NAME = 63


def manifests(bundle: Bundle, settings: Settings, dashboard_texts: Mapping[str, str]) -> dict[str, Json]:
    """Every object by its path; a folder is what is applied together. `dashboard_texts` are the dashboards' JSON by uid.

    Raises GlassboxError where two objects would have one name.
    """
    folders = {
        "rules": _rules(bundle, settings),
        "monitors": _monitors(settings),
        "dashboards": (_config_map(uid, text, settings) for uid, text in dashboard_texts.items()),
        "grafana-operator": _grafana_objects(dashboard_texts, settings),
    }
    files: dict[str, Json] = {}
    for folder, objects in folders.items():
        named = _by_file(objects)
        files |= {f"{folder}/{file}": manifest for file, manifest in named.items()}
        files[f"{folder}/kustomization.yaml"] = _kustomization(named)
    return files


def kubernetes_name(text: str) -> str:
    """A name that any object may have and any label may take as its value (DNS-1123): lower case, digits and -."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not name or len(name) > _LONGEST_NAME:
        name = f"{name[:50]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".replace("--", "-").strip("-")
    return name


def _rules(bundle: Bundle, settings: Settings) -> Iterator[Json]:
    for file, content in (bundle.recording_rules | bundle.alerts).items():
        yield _object("PrometheusRule", _name(settings, file.removesuffix(".yaml")), spec=content)


def _monitors(settings: Settings) -> Iterator[Json]:
    labels = [*TARGET_LABELS, *(label for label in settings.identity_labels if label not in _GIVEN_LABELS)]
    replica = (_REPLICA_IS_POD,) if settings.kubernetes.replica == "pod" else ()
    for job in settings.jobs.services:
        endpoint = {"port": METRICS_PORT, "honorLabels": True, **_scraped_as(job, *replica, _PREFILL_ROLE)}
        service = {"targetLabels": labels, "endpoints": [endpoint]}
        pod = {"podTargetLabels": labels, "podMetricsEndpoints": [endpoint]}
        yield _object("ServiceMonitor", _name(settings, job), spec={**_labelled(SERVICE_LABEL, job), **service})
        yield _object("PodMonitor", _name(settings, job), spec={**_labelled(POD_LABEL, job), **pod})
    gpus = {"endpoints": [{"port": port, **_scraped_as(DCGM_JOB, _HOST_IS_NODE)} for port in DCGM_PORTS]}
    yield _object("ServiceMonitor", _name(settings, DCGM_JOB), spec={**_labelled(SERVICE_LABEL, DCGM_JOB), **gpus})


def _scraped_as(job: str, *before: Json) -> Json:
    # `$` begins the name of a group in what is put in.
    relabelings = [*before, {"targetLabel": "job", "replacement": job.replace("$", "$$")}]
    return {"interval": SCRAPE_INTERVAL, "relabelings": relabelings}


def _labelled(label: str, job: str) -> Json:
    return {"selector": {"matchLabels": {label: kubernetes_name(job)}}, "namespaceSelector": {"any": True}}


def _config_map(uid: str, text: str, settings: Settings) -> Json:
    # What the charts of Grafana and kube-prometheus-stack look for; the folder needs `folderAnnotation` in their values.
    metadata = {"labels": {"grafana_dashboard": "1"}, "annotations": {"grafana_folder": settings.grafana.folder_title}}
    return _object("ConfigMap", kubernetes_name(uid), metadata, data={f"{uid}.json": text})


def _grafana_objects(dashboard_texts: Mapping[str, str], settings: Settings) -> Iterator[Json]:
    folder = kubernetes_name(settings.grafana.folder_uid)
    everywhere = {"instanceSelector": GRAFANA_SELECTOR, "allowCrossNamespaceImport": True}
    where = {"uid": settings.grafana.folder_uid, "title": settings.grafana.folder_title}
    yield _object("GrafanaFolder", folder, spec={**everywhere, **where})
    for uid, text in dashboard_texts.items():
        spec = {**everywhere, "folderRef": folder, "json": text}
        yield _object("GrafanaDashboard", kubernetes_name(uid), spec=spec)


def _name(settings: Settings, name: str) -> str:
    """The name with the folder in front, which distinguishes two installations."""
    return kubernetes_name(f"{settings.grafana.folder_uid}-{name}")


def _object(kind: str, name: str, metadata: Json | None = None, **content: Json) -> Json:
    named: Json = {"name": name, **(metadata or {})}
    labels = {"app.kubernetes.io/part-of": "glassbox", **named.get("labels", {})}
    return {"apiVersion": API_VERSIONS[kind], "kind": kind, "metadata": {**named, "labels": labels}, **content}


def _by_file(objects: Iterable[Json]) -> dict[str, Json]:
    """Objects by the names of their files: their own, and their kind too where a folder holds several."""
    files: dict[str, Json] = {}
    for each in objects:
        file = f"{each['metadata']['name']}.{each['kind'].lower()}.yaml"
        if file in files:
            raise GlassboxError(
                f"Two Kubernetes objects of the kind {each['kind']} would be called {each['metadata']['name']!r}, "
                "which may only contain lowercase letters, digits and -: rename one of the jobs in jobs.services."
            )
        files[file] = each
    return files


def _kustomization(files: Iterable[str]) -> Json:
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(files)}
