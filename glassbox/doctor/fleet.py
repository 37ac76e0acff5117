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
from glassbox.query.reporters import OUR_EXPORTER, TITLES

EXPORTERS = {
    "dcgm": "dcgm-exporter",
    "nvidia_gpu_exporter": "nvidia_gpu_exporter",
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
# The same address may be another target there.
_ELSEWHERE = ("cluster", "environment", "region")
_TARGET = ", ".join(("job", "instance", *_ELSEWHERE))
# VictoriaMetrics takes 16 KiB, and a name may have 253 characters in Kubernetes.
_JOBS_AT_ONCE = 25
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
    return found | ({ours: TITLES[OUR_EXPORTER]} if {ours, service.QPS.name} <= held else {})


def _names(metric: Metric) -> tuple[str, ...]:
    return (metric.name, *metric.former_names)


def _services(prometheus: Prometheus, signs: Mapping[str, str]) -> Iterator[ServiceJob]:
    selector = f'{{__name__=~"{"|".join(signs)}"}}'
    rows = prometheus.now(f"count by (job, __name__) ({selector})")
    by_job = _grouped([each for each in rows if each.labels.get("__name__") in signs], "job")
    if not by_job:
        return
    reporting = _targets(prometheus, selector)
    answering = _by(_of_up(prometheus, by_job, f"count by (job) (count by ({_TARGET}) (UP == 1))"), "job")
    # Of a target that was there at the beginning; scrapes that it missed are no longer interval.
    scrapes = "max by (job) (count_over_time(UP[10m]) and UP offset 10m)"
    gaps = _by(_of_up(prometheus, by_job, f"{_COUNTED_SECONDS} / {scrapes}"), "job")
    models = _grouped(prometheus.now(f"count by (job, {', '.join(_MODEL_LABELS)}) ({selector})"), "job")
    places = _grouped(_of_up(prometheus, by_job, f"count by (job, {', '.join(PLACES)}) (UP)"), "job")
    for job, found in sorted(by_job.items()):
        targets = reporting.get(job, 0)
        yield ServiceJob(
            job=job,
            engines=_unique(signs[each.labels["__name__"]] for each in found),
            spellings=_unique(_beginning(each.labels["__name__"]) for each in found),
            models=_unique(each.labels.get(label, "") for each in models.get(job, ()) for label in _MODEL_LABELS),
            targets=targets,
            mute=max(0, int(answering.get(job, 0)) - targets),
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
        per_gpu = f"count by ({_TARGET}, gpu, UUID, uuid) ({selector})"
        gpus = _by(prometheus.now(f"count by (job) ({per_gpu})"), "job")
        hosts = _targets(prometheus, selector)
        seen = _grouped(prometheus.now(f"count by (job, __name__) ({selector})"), "job")
        for job, samples in sorted(seen.items()):
            names = {each.labels.get("__name__") for each in samples}
            lacks = tuple(metric.name for metric in metrics if not names & set(_names(metric)))
            yield GpuJob(job, EXPORTERS[exporter], hosts.get(job, 0), int(gpus.get(job, 0)), lacks)


def _beginning(name: str) -> str:
    """What the engine's names begin with, as they are stored: `vllm:`, `vllm_` or `ray_vllm_`."""
    found = re.match(r"(?:ray_)?[a-zA-Z0-9]+[:_]", name)
    return found[0] if found else name


def _targets(prometheus: Prometheus, selector: str) -> dict[str, int]:
    """How many targets of each job have series of the selector."""
    found = prometheus.now(f"count by (job) (count by ({_TARGET}) ({selector}))")
    return {job: int(number) for job, number in _by(found, "job").items()}


def seen_twice(prometheus: Prometheus, services: Iterable[ServiceJob]) -> dict[str, int]:
    """How many targets of each job have several series `up`, of the jobs that have such targets."""
    jobs = (service.job for service in services)
    found = _of_up(prometheus, jobs, f"count by (job) (count by ({_TARGET}) (UP) > 1)")
    return {job: int(number) for job, number in _by(found, "job").items()}


def _of_up(prometheus: Prometheus, jobs: Iterable[str], query: str) -> list[Sample]:
    """What the query says of these jobs, where UP stands for their series `up`; asked of so many at once as a query can name."""
    found: list[Sample] = []
    escaped = [re.escape(job) for job in jobs]
    for start in range(0, len(escaped), _JOBS_AT_ONCE):
        pattern = json.dumps("|".join(escaped[start : start + _JOBS_AT_ONCE]), ensure_ascii=False)
        found += prometheus.now(query.replace("UP", f"up{{job=~{pattern}}}"))
    return found


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(filter(None, values))))


def _by(samples: Sequence[Sample], label: str) -> dict[str, float]:
    return {each.labels.get(label, ""): each.value for each in samples}


def _grouped(samples: Sequence[Sample], label: str) -> dict[str, list[Sample]]:
    groups: dict[str, list[Sample]] = {}
    for each in samples:
        groups.setdefault(each.labels.get(label, ""), []).append(each)
    return groups
