"""The fleet as its series show it: services with their engines, and exporters of GPUs."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassbox.errors import GlassboxError
from glassbox.metrics import CATALOGUE, roles, service
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import Metric
from glassbox.prometheus.api import Prometheus, Sample

OUR_EXPORTER = "our exporter"
EXPORTERS = {
    "dcgm": "dcgm-exporter",
    "nvidia_gpu_exporter": "nvidia_gpu_exporter",
    "service": OUR_EXPORTER,
    "prometheus_server": "Prometheus about itself",
    "scrape": "every scrape",
    "process": "the process itself",
}
GPU_EXPORTERS = ("dcgm", "nvidia_gpu_exporter")
# What each engine reports one of.
SIGNS = (roles.RUNNING, roles.GENERATION_TOKENS, roles.ANSWERED, roles.ANSWERED_BY_PROCESS)
# Labels that hold a model's name, by engine.
_MODEL_LABELS = ("model_name", "model")
# Labels that tell services of one job apart in other people's fleets, from the widest to the narrowest.
PLACES = ("cluster", "environment", "region", "namespace", "tenant", "team", "deployment")
_COUNTED_SECONDS = 600
# What was exposed within this time is there. A failed scrape ends all series of its target at once.
_LATELY_SECONDS = 900


@dataclass(frozen=True)
class ServiceJob:
    """A job whose targets expose an engine's series or our exporter's.

    `spellings` are how the engines' names begin as they are stored; `places` are the values of labels that more than the job
    tells apart; `scrape_seconds` is about the time from one scrape to the next, None for a job that is too young.
    """

    job: str
    engines: tuple[str, ...]
    spellings: tuple[str, ...]
    models: tuple[str, ...]
    targets: int
    mute: int
    places: Mapping[str, tuple[str, ...]]
    scrape_seconds: float | None


@dataclass(frozen=True)
class GpuJob:
    """A job whose targets report GPUs, and the readings that no GPU of it has."""

    job: str
    exporter: str
    hosts: int
    gpus: int
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Fleet:
    """Everything that was found."""

    services: tuple[ServiceJob, ...]
    gpus: tuple[GpuJob, ...]


def names_lately(prometheus: Prometheus) -> list[str]:
    """The names of all series of the last minutes; raises GlassboxError where there are none."""
    now = int(time.time())
    if names := prometheus.values_of("__name__", now - _LATELY_SECONDS, now):
        return names
    raise GlassboxError(
        f"Prometheus at {prometheus.url} has no series of the last {_LATELY_SECONDS // 60} minutes: check that it scrapes anything."
    )


def look_at(prometheus: Prometheus, names: Iterable[str]) -> Fleet:
    """The fleet of a Prometheus that has series of these names; asks a few queries whose answers are a row for each job or model."""
    held = frozenset(names)
    signs = _signs(held)
    return Fleet(tuple(_services(prometheus, signs)) if signs else (), tuple(_gpus(prometheus, held)))


def _signs(held: frozenset[str]) -> dict[str, str]:
    """The engines' titles by names of series that are there; a name that two engines have is that of the first."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for engine in ENGINES:
        readings = (reading for role in SIGNS for reading in engine.readings(role))
        spelled = ([name for name in _names(each.metric) if name in held - others] for each in readings)
        found |= dict.fromkeys(next(filter(None, spelled), ()), engine.title)
        others |= {name for metric in CATALOGUE[engine.name] for part in metric.parts for name in _names(part)}
    ours = service.HTTP_REQUESTS_INPROGRESS.name
    return found | ({ours: OUR_EXPORTER} if {ours, service.QPS.name} <= held else {})


def _names(metric: Metric) -> tuple[str, ...]:
    return (metric.name, *metric.former_names)


def _services(prometheus: Prometheus, signs: Mapping[str, str]) -> Iterator[ServiceJob]:
    selector = f'{{__name__=~"{"|".join(signs)}"}}'
    targets = prometheus.now(f"count by (job, __name__) (count by (job, instance, __name__) ({selector}))")
    by_job = _grouped(targets, "job")
    if not by_job:
        return
    jobs = f"job=~{_quoted('|'.join(re.escape(job) for job in by_job))}"
    answering = _by(prometheus.now(f"count by (job) (up{{{jobs}}} == 1)"), "job")
    # Of a target that was there at the beginning; scrapes that it missed are no longer interval.
    scrapes = f"max by (job) (count_over_time(up{{{jobs}}}[10m]) and up{{{jobs}}} offset 10m)"
    gaps = _by(prometheus.now(f"{_COUNTED_SECONDS} / {scrapes}"), "job")
    models = _grouped(prometheus.now(f"count by (job, {', '.join(_MODEL_LABELS)}) ({selector})"), "job")
    places = _grouped(prometheus.now(f"count by (job, {', '.join(PLACES)}) (up{{{jobs}}})"), "job")
    for job, found in sorted(by_job.items()):
        reporting = int(max(each.value for each in found))
        yield ServiceJob(
            job=job,
            engines=_unique(signs[each.labels["__name__"]] for each in found),
            spellings=_unique(_beginning(each.labels["__name__"]) for each in found),
            models=_unique(each.labels.get(label, "") for each in models.get(job, ()) for label in _MODEL_LABELS),
            targets=reporting,
            mute=max(0, int(answering.get(job, reporting)) - reporting),
            places={label: _unique(each.labels.get(label, "") for each in places.get(job, ())) for label in PLACES},
            scrape_seconds=gaps.get(job),
        )


def _gpus(prometheus: Prometheus, held: frozenset[str]) -> Iterator[GpuJob]:
    for exporter in GPU_EXPORTERS:
        metrics = [part for metric in CATALOGUE[exporter] for part in metric.parts]
        present = [name for metric in metrics for name in _names(metric) if name in held]
        if not present:
            continue
        selector = f'{{__name__=~"{"|".join(present)}"}}'
        per_gpu = f"count by (job, instance, gpu, UUID, uuid) ({selector})"
        gpus = _by(prometheus.now(f"count by (job) ({per_gpu})"), "job")
        hosts = _by(prometheus.now(f"count by (job) (count by (job, instance) ({selector}))"), "job")
        seen = _grouped(prometheus.now(f"count by (job, __name__) ({selector})"), "job")
        for job, samples in sorted(seen.items()):
            names = {each.labels["__name__"] for each in samples}
            lacks = tuple(metric.name for metric in metrics if not names & set(_names(metric)))
            yield GpuJob(job, EXPORTERS[exporter], int(hosts[job]), int(gpus[job]), lacks)


def _beginning(name: str) -> str:
    """What the engine's names begin with, as they are stored: `vllm:`, `vllm_` or `ray_vllm_`."""
    found = re.match(r"(?:ray_)?[a-zA-Z0-9]+[:_]", name)
    return found[0] if found else name


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(filter(None, values))))


def _by(samples: Sequence[Sample], label: str) -> dict[str, float]:
    return {each.labels.get(label, ""): each.value for each in samples}


def _grouped(samples: Sequence[Sample], label: str) -> dict[str, list[Sample]]:
    groups: dict[str, list[Sample]] = {}
    for each in samples:
        groups.setdefault(each.labels.get(label, ""), []).append(each)
    return groups
