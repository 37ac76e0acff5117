"""Settings that fit a fleet, as a file whose every line says what it was derived from."""

import re
from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path

import yaml

from glassbox.doctor.fleet import PLACES, Fleet, ServiceJob
from glassbox.doctor.listing import roughly
from glassbox.errors import GlassboxError
from glassbox.lint.words import counted
from glassbox.metrics.engines import ENGINES
from glassbox.settings.schema import problem

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")


def write_settings(fleet: Fleet, url: str, file: Path) -> None:
    """Write the settings that fit the fleet to a new file; raises GlassboxError where it exists already or cannot be written."""
    text = settings_text(fleet, url)
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise GlassboxError(f"{file} exists already: name another file, or remove it.") from None
    except OSError as error:
        raise GlassboxError(f"{file} cannot be written ({error.strerror}): name another file.") from None


def settings_text(fleet: Fleet, url: str) -> str:
    """A settings file in YAML; everything that is not derived from the fleet keeps its default."""
    return "\n".join([f"# What fits the services in the Prometheus at {url}.", *_lines(fleet)]) + "\n"


def _lines(fleet: Fleet) -> Iterator[str]:
    services = [service for service in fleet.services if not _refused(service.job)]
    down = [service for service in fleet.down if service.failing and not _refused(service.job)]
    yield from (f"# Left out: a job of the name {_yaml(each.job)}, which settings do not take." for each in fleet.services if each not in services)  # fmt: skip
    if not services and not down:
        yield "# It has no series of an engine or of our exporter in a job that could be listed, so nothing could be derived."
        return
    yield from ("jobs:", "  services:")
    for service in services:
        targets = counted(service.targets, "target")
        besides = f", and {service.mute} without" if service.mute else ""
        yield f"    - {_yaml(service.job)}  # {targets} with series of {', '.join(service.engines)}{besides}"
    for each in down:
        yield f"    - {_yaml(each.job)}  # down now; it had series of {', '.join(each.engines)} about {roughly(each.ended_seconds)} ago"
    titles = {title for each in services for title in each.engines} | {title for each in down for title in each.engines}
    engines = [engine.name for engine in ENGINES if engine.title in titles]
    yield f"engines: {_list(engines)}  # those whose series are there; vLLM's rules always are"
    if labels := [label for label in PLACES if _several(services, label)]:
        said = "; ".join(f"{label}: {', '.join(_several(services, label))}" for label in labels)
        yield f"identity_labels: {_list(labels)}  # services differ in them ({said})"


def _refused(job: str) -> str:
    """What settings say against the name; empty where they take it."""
    return problem({"jobs": {"services": [job]}})


def _several(services: Iterable[ServiceJob], label: str) -> list[str]:
    """The jobs that have several values of the label."""
    return [_yaml(service.job) for service in services if len(service.places.get(label, ())) > 1]


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_yaml, values))}]"


def _yaml(text: str) -> str:
    """The text on one line, quoted where YAML would read something else."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=inf).strip()
