"""GPUs as the series of their exporters show them."""

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.doctor.rows import TARGET, by, grouped, names_of, targets_of
from glassbox.metrics import CATALOGUE
from glassbox.prometheus.api import Prometheus

EXPORTERS = {
    "dcgm": "dcgm-exporter",
    "nvidia_gpu_exporter": "nvidia_gpu_exporter",
    "amd_exporter": "AMD's device-metrics-exporter",
    "rocm_smi_exporter": "rocm-smi-exporter",
}
"""The titles of exporters of GPUs."""
# Each with what else its series must have, where others use its names too.
GPU_EXPORTERS = {"dcgm": "", "nvidia_gpu_exporter": "", "amd_exporter": ', gpu_id!=""', "rocm_smi_exporter": ""}
_GPU = "gpu, UUID, uuid, gpu_id"


@dataclass(frozen=True)
class GpuJob:
    """A job whose targets report GPUs, and the readings that no GPU of it has."""

    job: str
    exporter: str
    hosts: int
    gpus: int
    lacks: tuple[str, ...]


def gpus_there(prometheus: Prometheus, held: frozenset[str]) -> Iterator[GpuJob]:
    """The jobs that report GPUs, of a server that holds these names. A partition of AMD's counts as a GPU."""
    for exporter in GPU_EXPORTERS:
        metrics = [part for metric in CATALOGUE[exporter] for part in metric.parts]
        if not (selector := selector_of(exporter, held)):
            continue
        per_gpu = f"count by ({TARGET}, {_GPU}) ({selector})"
        gpus = by(prometheus.now(f"count by (job) ({per_gpu})"), "job")
        hosts = targets_of(prometheus, selector)
        seen = grouped(prometheus.now(f"count by (job, __name__) ({selector})"), "job")
        for job, samples in sorted(seen.items()):
            names = {each.labels.get("__name__") for each in samples}
            lacks = tuple(metric.name for metric in metrics if not names & set(names_of(metric)))
            yield GpuJob(job, EXPORTERS[exporter], hosts.get(job, 0), int(gpus.get(job, 0)), lacks)


def selector_of(exporter: str, held: frozenset[str]) -> str:
    """A selector of the exporter's series, of a server that holds these names; empty where it has none."""
    metrics = (part for metric in CATALOGUE[exporter] for part in metric.parts)
    present = [name for metric in metrics for name in names_of(metric) if name in held]
    return f'{{__name__=~"{"|".join(present)}"{GPU_EXPORTERS[exporter]}}}' if present else ""


def gpu_selectors(held: frozenset[str]) -> list[str]:
    """A selector of each exporter of GPUs that the server has series of."""
    return [selector for exporter in GPU_EXPORTERS if (selector := selector_of(exporter, held))]


def is_of_gpus(name: str) -> bool:
    """Whether an exporter of GPUs exposes the name."""
    return any(
        name in names_of(part) for exporter in GPU_EXPORTERS for metric in CATALOGUE[exporter] for part in metric.parts
    )
