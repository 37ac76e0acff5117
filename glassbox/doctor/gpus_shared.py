"""GPUs that are measured twice, and GPUs for which nothing says which model uses them."""

from collections.abc import Iterator, Sequence

from glassbox.doctor.fleet import Fleet
from glassbox.doctor.gpus_there import gpu_selectors, selector_of
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import ELSEWHERE, by, grouped, narrowed
from glassbox.metrics import CATALOGUE, service
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Settings

_OURS = [
    part.name for metric in CATALOGUE["service"] for part in metric.parts if metric.labels == service.GPU_POWER.labels
]
_NVIDIA = {"dcgm": "UUID", "nvidia_gpu_exporter": "uuid"}
_ONE = "scrape one exporter for each GPU"
_PLACE = ", ".join(ELSEWHERE)


def measured_twice(prometheus: Prometheus, held: frozenset[str]) -> Iterator[Obstacle]:
    """Jobs that measure the same NVIDIA GPUs, as their ids say, or are two kinds of exporter on one host; raises GlassboxError."""
    selectors = {each: selector for each in _NVIDIA if (selector := selector_of(each, held))}
    ids = [_read(selector, _NVIDIA[kind], "(?:GPU-)?(.+)", kind) for kind, selector in selectors.items()]
    if ours := [name for name in _OURS if name in held]:
        selectors["ours"] = f'{{__name__=~"{"|".join(ours)}"}}'
    hosts = [_read(selector, "instance", "(.+?)(?::[0-9]+)?", kind) for kind, selector in selectors.items()]
    same_gpus = _twice(prometheus, ids, "job, instance")
    if same_gpus:
        several = "measure the same GPUs" if len(same_gpus) > 1 else "measures the same GPUs from several targets"
        yield Obstacle(" and ".join(same_gpus), f"{several}, so that these and their cost count twice", _ONE)
    same_hosts = [job for job in _twice(prometheus, hosts, "kind") if job not in same_gpus] if len(hosts) > 1 else []
    if same_hosts:
        several = (
            "measure GPUs of the same hosts"
            if len(same_hosts) > 1
            else "measures GPUs of the same hosts by two exporters"
        )
        yield Obstacle(" and ".join(same_hosts), f"{several}, so that these and their cost may count twice", _ONE)


def _read(selector: str, label: str, pattern: str, kind: str) -> str:
    """The exporters of the selector, with what a part of the label says, and their kind."""
    labelled = narrowed(selector, f'{label}!=""')
    exporters = f"group by ({_PLACE}, job, instance, {label}) ({labelled})"
    said = f'label_replace({exporters}, "what", "$1", "{label}", "{pattern}")'
    return f'group by ({_PLACE}, job, instance, what, kind) (label_replace({said}, "kind", "{kind}", "", ""))'


def _twice(prometheus: Prometheus, parts: Sequence[str], apart: str) -> list[str]:
    """The jobs with exporters that report the same GPUs as others, which differ from these in the given labels."""
    if not parts:
        return []
    every = f"({' or '.join(parts)})"
    several = f"count by ({_PLACE}, what) (group by ({_PLACE}, what, {apart}) ({every})) > 1"
    return sorted(by(prometheus.now(f"count by (job) ({every} and on ({_PLACE}, what) ({several}))"), "job"))


def whose_is_unknown(prometheus: Prometheus, fleet: Fleet, settings: Settings, held: frozenset[str]) -> Iterator[str]:
    """A sentence for each job of GPUs that may belong to any of several models; raises GlassboxError."""
    models = sum(max(1, len(each.models)) for each in fleet.services)
    if models < 2:
        return
    pods = _with_pods(prometheus, gpu_selectors(held))
    services = {each.job for each in fleet.services}
    in_pods = services & set(by(prometheus.now('count by (job) (up{pod!=""})'), "job"))
    for job in sorted({each.job for each in fleet.gpus}):
        if (job in pods and in_pods) or (job in services and settings.gpu.queue_labels):
            continue
        how = _how(gpus_have_pods=job in pods, services_have_pods=bool(in_pods), one_job=job in services)
        yield f"Which GPUs of {job} serve which of {models} models: {how}."


def _with_pods(prometheus: Prometheus, selectors: Sequence[str]) -> set[str]:
    """The jobs whose GPUs name the pod that uses them, under one of two names; the exporter's own pod does not count."""
    found: set[str] = set()
    for selector in selectors:
        renamed = narrowed(selector, 'exported_pod!=""')
        kept = narrowed(selector, 'exported_pod="", pod!=""') + ' unless on (job, instance, pod) up{pod!=""}'
        found |= set(grouped(prometheus.now(f"count by (job) ({renamed} or ({kept}))"), "job"))
    return found


def _how(*, gpus_have_pods: bool, services_have_pods: bool, one_job: bool) -> str:
    """By what they could be tied."""
    if services_have_pods:
        return "services have the label pod, and GPUs would have it with dcgm-exporter's --kubernetes"
    if gpus_have_pods:
        return (
            "GPUs have the label pod, and services would have it from the discovery of pods or the Prometheus Operator"
        )
    if one_job:
        return "both are of one job, so gpu.queue_labels: [job] ties them"
    return "no label ties them; pods would in Kubernetes, elsewhere one job for a service and its GPUs, and gpu.queue_labels: [job]"
