"""Settings that fit a fleet, as a file whose every line says what it was derived from."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from glassbox.doctor.fleet import PLACES, Fleet, look_at, names_lately
from glassbox.errors import GlassboxError
from glassbox.metrics.engines import ENGINES
from glassbox.prometheus.api import Prometheus

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")


def write_settings(prometheus: Prometheus, file: Path) -> None:
    """Write the settings that fit to a new file; raises GlassboxError where it exists already or cannot be written."""
    text = settings_text(look_at(prometheus, names_lately(prometheus)), prometheus.url)
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise GlassboxError(f"{file} exists already: name another file, or remove it.") from None
    except OSError as error:
        raise GlassboxError(f"{file} cannot be written ({error.strerror}): name another file.") from None


def settings_text(fleet: Fleet, url: str) -> str:
    """A settings file in YAML; what is not derived from the fleet is left to the defaults."""
    return "\n".join([f"# What fits the services in the Prometheus at {url}.", *_lines(fleet)]) + "\n"


def _lines(fleet: Fleet) -> Iterator[str]:
    if not fleet.services:
        yield "# It has no series of an engine or of our exporter, so nothing could be derived."
        return
    yield "jobs:"
    yield "  services:"
    for service in fleet.services:
        yield f"    - {_yaml(service.job)}  # {service.targets} targets with series of {', '.join(service.engines)}"
    titles = {title for service in fleet.services for title in service.engines}
    engines = [engine for engine in ENGINES if engine.title in titles]
    yield f"engines: {_list(engine.name for engine in engines)}  # those whose series are there; vLLM's rules always are"
    if labels := [label for label in PLACES if _several(fleet, label)]:
        said = "; ".join(f"{label}: {', '.join(_several(fleet, label))}" for label in labels)
        yield f"identity_labels: {_list(labels)}  # services differ in them ({said})"


def _several(fleet: Fleet, label: str) -> tuple[str, ...]:
    """The jobs that have several values of the label."""
    return tuple(service.job for service in fleet.services if len(service.places.get(label, ())) > 1)


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_yaml, values))}]"


def _yaml(text: str) -> str:
    """JSON's strings are YAML's, too."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in ("yes", "no", "on", "off", "true", "false", "null") else json.dumps(text)  # fmt: skip
