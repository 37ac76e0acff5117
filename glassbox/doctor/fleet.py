"""The fleet as its series show it: services with their engines, and exporters of GPUs."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassbox.doctor.down import DownJob, names_of_a_day, services_down
from glassbox.doctor.gone import GoneJob, names_of_a_month, services_gone
from glassbox.doctor.gpus_there import GpuJob, gpus_there
from glassbox.doctor.rows import ELSEWHERE, TARGET, by, grouped, names_of, targets_of, unique
from glassbox.doctor.versions import Versions, versions_of
from glassbox.errors import GlassboxError
from glassbox.metrics import CATALOGUE, roles, service
from glassbox.metrics.engines import ENGINES
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.samples import Sample
from glassbox.query.promql import duration_seconds
from glassbox.query.reporters import OUR_EXPORTER, TITLES

# What each engine reports one of.
SIGNS = (roles.RUNNING, roles.GENERATION_TOKENS, roles.ANSWERED, roles.ANSWERED_BY_PROCESS)
# Labels that hold a model's name, by engine.
_MODEL_LABELS = ("model_name", "model")
# Labels that tell services of one job apart in other people's fleets, from the widest to the narrowest.
PLACES = ("cluster", "environment", "region", "namespace", "tenant", "team", "deployment")
# VictoriaMetrics takes 16 KiB, and a name may have 253 characters in Kubernetes.
_JOBS_AT_ONCE = 25
_COUNTED = "10m"
LATELY_SECONDS = 900
"""What was exposed within this time is there: a failed scrape ends all series of its target at once."""


@dataclass(frozen=True)
class ServiceJob:
    """A job whose targets expose an engine's series or our exporter's.

    `mute` targets answer scrapes without a series of an engine. `spellings` are how the engines' names begin as they are stored; `places` are the values of labels that more than the job
    tells apart; `scrape_seconds` is about the time from one scrape to the next, None for a job that is too young.
    """

    job: str
    engines: tuple[str, ...]
    versions: tuple[Versions, ...]
    spellings: tuple[str, ...]
    models: tuple[str, ...]
    targets: int
    mute: int
    places: Mapping[str, tuple[str, ...]]
    scrape_seconds: float | None

    @property
    def is_shared(self) -> bool:
        """Whether most of its targets are something else, as those of a job for all pods are."""
        return self.mute > self.targets


@dataclass(frozen=True)
class Fleet:
    """Everything that was found; `down` are services of the last day that have no series now, `gone` those of the month before it."""

    services: tuple[ServiceJob, ...]
    down: tuple[DownJob, ...]
    gpus: tuple[GpuJob, ...]
    gone: tuple[GoneJob, ...] = ()


def names_lately(prometheus: Prometheus) -> list[str]:
    """The names of all series of the last minutes; raises GlassboxError where there are none."""
    now = int(time.time())
    if names := prometheus.values_of("__name__", now - LATELY_SECONDS, now):
        return names
    raise GlassboxError(
        f"Prometheus at {prometheus.url} has no series of the last {LATELY_SECONDS // 60} minutes: check that it scrapes anything."
    )


def look_at(prometheus: Prometheus, names: Iterable[str]) -> Fleet:
    """The fleet of a Prometheus that has series of these names; asks a few queries whose answers are a row for each job or model."""
    held = frozenset(names)
    signs = _signs(held)
    services = tuple(_services(prometheus, signs, held)) if signs else ()
    running = {service.job for service in services}
    down = tuple(services_down(prometheus, _signs(names_of_a_day(prometheus)), running))
    there = running | {service.job for service in down}
    gone = services_gone(prometheus, _signs(names_of_a_month(prometheus)), there)
    return Fleet(services, down, tuple(gpus_there(prometheus, held)), tuple(gone))


def services_selector(names: Iterable[str]) -> str:
    """A selector of the series by which services are known, of a server that has these names; empty where it has none."""
    signs = _signs(frozenset(names))
    return _selector(signs) if signs else ""


def _selector(names: Iterable[str]) -> str:
    return f'{{__name__=~"{"|".join(names)}"}}'


def _signs(held: frozenset[str]) -> dict[str, str]:
    """The engines' titles by names of series that are there; a name that two engines have counts for the first."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for engine in ENGINES:
        readings = (reading for role in SIGNS for reading in engine.readings(role))
        spelled = ([name for name in names_of(each.metric) if name in held - others] for each in readings)
        found |= dict.fromkeys(next(filter(None, spelled), ()), engine.title)
        others |= {name for metric in CATALOGUE[engine.name] for part in metric.parts for name in names_of(part)}
    ours = service.HTTP_REQUESTS_INPROGRESS.name
    return found | ({ours: TITLES[OUR_EXPORTER]} if {ours, service.QPS.name} <= held else {})


def _services(prometheus: Prometheus, signs: Mapping[str, str], held: frozenset[str]) -> Iterator[ServiceJob]:
    selector = _selector(signs)
    rows = prometheus.now(f"count by (job, __name__) ({selector})")
    by_job = grouped([each for each in rows if each.labels.get("__name__") in signs], "job")
    if not by_job:
        return
    reporting = targets_of(prometheus, selector)
    answering = by(of_up(prometheus, by_job, f"count by (job) (count by ({TARGET}) (UP == 1))"), "job")
    # Only of targets that were there at the beginning; the most scrapes count, since some targets missed one.
    scrapes = f"max by (job) (count_over_time(UP[{_COUNTED}]) and UP offset {_COUNTED})"
    gaps = by(of_up(prometheus, by_job, f"{duration_seconds(_COUNTED)} / {scrapes}"), "job")
    models = grouped(prometheus.now(f"count by (job, {', '.join(_MODEL_LABELS)}) ({selector})"), "job")
    places = grouped(of_up(prometheus, by_job, f"count by (job, {', '.join(PLACES)}) (UP)"), "job")
    engines = {job: unique(signs[each.labels["__name__"]] for each in found) for job, found in by_job.items()}
    versions = versions_of(prometheus, held, engines)
    for job, found in sorted(by_job.items()):
        targets = reporting.get(job, 0)
        yield ServiceJob(
            job=job,
            engines=engines[job],
            versions=versions[job],
            spellings=unique(_beginning(each.labels["__name__"]) for each in found),
            models=unique(each.labels.get(label, "") for each in models.get(job, ()) for label in _MODEL_LABELS),
            targets=targets,
            mute=max(0, int(answering.get(job, 0)) - targets),
            places={label: unique(each.labels.get(label, "") for each in places.get(job, ())) for label in PLACES},
            scrape_seconds=gaps.get(job),
        )


def _beginning(name: str) -> str:
    """What the engine's names begin with, as they are stored: `vllm:`, `vllm_` or `ray_vllm_`."""
    found = re.match(r"(?:ray_)?[a-zA-Z0-9]+[:_]", name)
    return found[0] if found else name


def seen_twice(prometheus: Prometheus, services: Iterable[ServiceJob], identity: Sequence[str] = ()) -> dict[str, int]:
    """How many targets of each job have several series `up`, of the jobs that have such targets; labels of `identity` tell targets apart, too."""
    labels = ", ".join((TARGET, *(label for label in identity if label not in ELSEWHERE)))
    jobs = (service.job for service in services)
    found = of_up(prometheus, jobs, f"count by (job) (count by ({labels}) (UP) > 1)")
    return {job: int(number) for job, number in by(found, "job").items()}


def of_up(prometheus: Prometheus, jobs: Iterable[str], query: str) -> list[Sample]:
    """What the query returns for these jobs, where UP stands for their series `up`; asked for as many at once as a query can name."""
    found: list[Sample] = []
    escaped = [re.escape(job) for job in jobs]
    for start in range(0, len(escaped), _JOBS_AT_ONCE):
        pattern = json.dumps("|".join(escaped[start : start + _JOBS_AT_ONCE]), ensure_ascii=False)
        found += prometheus.now(query.replace("UP", f"up{{job=~{pattern}}}"))
    return found
