"""From the path of a request to one of a fixed set of `endpoint` label values."""

import re
from collections.abc import Iterable

from glassbox_exporter.errors import ExporterError

OTHER = "other"

_PARAMETER = re.compile(r"\{[^{}:]+(?::([^{}]+))?\}")


class Endpoints:
    """The declared paths and path templates of a service; every other path is `other`.

    A template is written as in Starlette and FastAPI: `{name}` stands for one path segment, `{name:path}` for
    the rest of the path. Written-out paths win over templates, and templates are tried in the order given.
    """

    def __init__(self, declared: Iterable[str]) -> None:
        self.labels = _checked(declared)
        self._literal = frozenset(label for label in self.labels if "{" not in label)
        self._templates = [(_pattern(label), label) for label in self.labels if "{" in label]

    def label(self, path: str) -> str:
        """The `endpoint` label of a request for `path`."""
        if path in self._literal:
            return path
        return next((label for pattern, label in self._templates if pattern.fullmatch(path)), OTHER)


def _checked(declared: Iterable[str]) -> tuple[str, ...]:
    if isinstance(declared, str):
        raise ExporterError(
            f'endpoints is the text "{declared}", not a list of paths: write endpoints=("{declared}",).'
        )
    labels = tuple(dict.fromkeys(declared))
    for label in labels:
        if not label.startswith("/"):
            raise ExporterError(f'Endpoint "{label}" is not a path: let it begin with "/".')
    return labels


def _pattern(template: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for parameter in _PARAMETER.finditer(template):
        segment = ".*" if parameter[1] == "path" else "[^/]+"
        pattern += re.escape(template[end : parameter.start()]) + segment
        end = parameter.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)
