"""What stands between a fleet and our rules: each with what to do about it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glassbox.doctor.down import DownJob
from glassbox.doctor.fleet import PLACES, Fleet, ServiceJob, seen_twice
from glassbox.doctor.listing import roughly
from glassbox.lint.words import counted
from glassbox.prometheus.api import Prometheus
from glassbox.query.promql import duration_seconds
from glassbox.query.wording import span
from glassbox.settings.model import ALERTS_IN_PROMETHEUS, Settings
from glassbox.settings.schema import problem


@dataclass(frozen=True)
class Obstacle:
    """What it is about, such as a job, what is wrong, and what to do."""

    about: str
    problem: str
    advice: str


def shortest_window_seconds(queries: Iterable[str]) -> int:
    """The shortest window of samples that the queries read, in seconds."""
    return min(duration_seconds(window) for query in queries for window in re.findall(r"\[(\d+[smhd])\]", query))


def obstacles_of(
    fleet: Fleet, settings: Settings, prometheus: Prometheus, *, window_seconds: int, recorded: frozenset[str]
) -> Iterator[Obstacle]:
    """Everything that was found. `recorded` are the names of those of our series that the server holds."""
    yield from _not_recorded(recorded, settings)
    for service in fleet.services:
        yield from _about_service(service, settings, window_seconds)
    yield from map(_down, fleet.down)
    found = {service.job for service in fleet.services} | {service.job for service in fleet.down}
    gone = {service.job: service for service in fleet.gone}
    for job in settings.jobs.services:
        if job in gone:
            since = roughly(gone[job].ended_seconds)
            yield Obstacle(job, f"has had no series of {' and '.join(gone[job].engines)} for about {since}", "take it out of jobs.services if it was stopped on purpose, or find out why it is not scraped")  # fmt: skip
        elif job not in found:
            yield Obstacle(job, "has no series of an engine or of our exporter here", "take it out of jobs.services, or find out why it is not scraped")  # fmt: skip
    yield from _seen_twice(fleet, settings, prometheus)


def _not_recorded(recorded: frozenset[str], settings: Settings) -> Iterator[Obstacle]:
    alerts = " and build/alerts" if settings.alerts_evaluated_by == ALERTS_IN_PROMETHEUS else ""
    if not recorded:
        yield Obstacle(
            "Our recorded series",
            "are not in this Prometheus, so that boards and alerts have nothing to read yet",
            f"run python deploy.py build, and load build/recording_rules{alerts}; python deploy.py try shows the boards before that",
        )


def _about_service(service: ServiceJob, settings: Settings, window_seconds: int) -> Iterator[Obstacle]:
    if service.job not in settings.jobs.services:
        yield Obstacle(service.job, "is a service that jobs.services does not list, so that no alert reports its outages", _listing(service.job))  # fmt: skip
    if service.is_shared:
        yield Obstacle(
            service.job,
            f"has {counted(service.targets, 'target')} with series of an engine and {service.mute} without, so alerts on its targets are about both",
            "scrape the inference services in a job of their own",
        )
    elif service.mute:
        targets = "target that answers" if service.mute == 1 else "targets that answer"
        yield Obstacle(service.job, f"has {service.mute} {targets} scrapes without a series of an engine", "check its metrics, and what drops them on the way")  # fmt: skip
    # A rate needs two samples, whatever lies between them and the edges of its window.
    if service.scrape_seconds and 2 * service.scrape_seconds > window_seconds:
        yield Obstacle(
            service.job,
            f"is scraped every {span(round(service.scrape_seconds))}, and our shortest window of {span(window_seconds)} needs two samples",
            f"scrape it every {span(window_seconds // 4)}",
        )
    for label in PLACES:
        values = service.places.get(label, ())
        if len(values) > 1 and label not in settings.identity_labels:
            yield Obstacle(
                service.job,
                f"is in several places ({label}: {', '.join(values[:3])}{', ...' if values[3:] else ''}), which our series would add up",
                f"add {label} to identity_labels",
            )


def _listing(job: str) -> str:
    """How a job gets into the settings; they do not take every name."""
    if not job:
        return "give it a job where it is scraped, then add that to jobs.services"
    return (
        "rename it where it is scraped, since settings do not take this name"
        if problem({"jobs": {"services": [job]}})
        else "add it to jobs.services"
    )


def _down(service: DownJob) -> Obstacle:
    engines, since = " and ".join(service.engines), f"for about {roughly(service.ended_seconds)}"
    if service.failing:
        are = f"its {service.failing} targets fail" if service.failing > 1 else "its target fails"
        besides = f", and {service.answering} more answer without any" if service.answering else ""
        return Obstacle(service.job, f"has had no series of {engines} {since}: {are} to be scraped{besides}", "Prometheus' page of targets says why")  # fmt: skip
    if service.answering:
        answer = f"{service.answering} targets answer" if service.answering > 1 else "its target answers"
        return Obstacle(service.job, f"has had no series of {engines} {since}, though {answer} scrapes", "check its metrics, and what drops them on the way")  # fmt: skip
    return Obstacle(service.job, f"has had no series of {engines} {since}, and has no targets", "do nothing if it was stopped on purpose; otherwise check service discovery")  # fmt: skip


def _seen_twice(fleet: Fleet, settings: Settings, prometheus: Prometheus) -> Iterator[Obstacle]:
    if not fleet.services:
        return
    for job, number in seen_twice(prometheus, fleet.services, settings.identity_labels).items():
        targets = "target that has" if number == 1 else "targets that have"
        yield Obstacle(job, f"has {number} {targets} several series up, so everything is counted that many times", "remove the duplicates of a pair of Prometheus; docs/scale-out.md says how")  # fmt: skip
