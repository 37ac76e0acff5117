"""What files for Docker Compose open to the network."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.lint.finding import Location
from glassbox.lint.reading.located import line_of, object_in, text_in
from glassbox.lint.subjects.file_parts import OpenPort

# `HOST:CONTAINER`, before which an address may stand.
_PORT = re.compile(r"(?:(?P<address>.+):)?(?P<published>[\d-]+|):(?P<port>\d{1,5})(?:/tcp)?")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_EVERY_ADDRESS = ("", "0.0.0.0", "::", "[::]", "*")


def is_compose(value: Mapping[str, Any]) -> bool:
    """Whether this is a file for Docker Compose."""
    services = object_in(value, "services").values()
    return bool(services) and all(isinstance(each, dict) and ("image" in each or "build" in each) for each in services)


def open_ports(value: Mapping[str, Any], file: str) -> Iterator[OpenPort]:
    """The ports that are bound to every address of the machine; one whose address a variable decides is not among them."""
    for name, service in object_in(value, "services").items():
        ports = service.get("ports")
        for each in ports if isinstance(ports, list) else ():
            at = Location(file, line_of(each, "published", "target") or line_of(service, "ports"), f"service {name}")
            address, port, written = _of_object(each) if isinstance(each, dict) else _of_text(str(each))
            if port and address in _EVERY_ADDRESS:
                yield OpenPort(name, port, written, at)


def _of_text(text: str) -> tuple[str, int, str]:
    found = _PORT.fullmatch(_VARIABLE.sub("0", text))
    return (found["address"] or "", int(found["port"]), text) if found else ("", 0, text)


def _of_object(port: Mapping[str, Any]) -> tuple[str, int, str]:
    published, target = text_in(port, "published"), text_in(port, "target")
    return text_in(port, "host_ip"), int(target) if published and target.isdigit() else 0, f"{published}:{target}"
