"""The values of a text in JSON or YAML, and which texts are sources that another program has to render first."""

import re
from pathlib import Path
from typing import Any

from glassbox.files import content_of
from glassbox.lint.reading.located import Flaw, LineOf, NotJsonError, UnreadableTextError
from glassbox.lint.reading.located_json import json_value
from glassbox.lint.reading.located_yaml import yaml_values

_OF_HELM = re.compile(r"\{\{[^}\n]*(?:(?<!\w)\.(?:Values|Release|Chart|Capabilities|Files)\b|\b(?:include|toYaml)\b)")
# A line that begins with a directive of Helm or Jinja is no YAML.
_DIRECTIVE = re.compile(r"^\s*\{[{%]", re.MULTILINE)
_LIKE_OURS = re.compile(
    r"\"(?:panels|templating|schemaVersion|expr)\"\s*:|^\s*(?:- )?[\"']?(?:alert|record|expr|groups)[\"']?\s*:",
    re.MULTILINE,
)
_OF_ALERTMANAGER = tuple(
    re.compile(rf"(?:^|[{{,])\s*[\"']?{key}[\"']?\s*:", re.MULTILINE) for key in ("route", "receivers")
)


def text_of(file: Path) -> str:
    """The text of a file; raises UnreadableTextError where it is not UTF-8, or the system or a limit forbids to read it."""
    try:
        return decoded(content_of(file))
    except OSError as error:
        said = error.strerror or "for no reason that the system names"
        raise UnreadableTextError(said if said.startswith("it ") else f"it cannot be read ({said})") from None


def decoded(content: bytes) -> str:
    """The text of a file; raises UnreadableTextError where it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableTextError("it is not text in UTF-8", content.count(b"\n", 0, error.start) + 1) from None


def values_of(text: str, line_at: LineOf = int, flaws: list[Flaw] | None = None) -> list[Any]:
    """The value of a JSON text, or of each document of a YAML text; raises UnreadableTextError for anything else.

    What some programs read all the same is added to `flaws`; without that list it is an error, or of JSON the last value counts.
    """
    if not text.lstrip().startswith(("{", "[")):
        return yaml_values(text, line_at, flaws)
    try:
        return [json_value(text, line_at, flaws)]
    except NotJsonError as as_json:
        try:
            return yaml_values(text, line_at, flaws)
        except UnreadableTextError:
            raise as_json from None


def is_template(text: str) -> bool:
    """Whether a text is a template of Helm; what Prometheus and Grafana put into texts themselves is none."""
    start = text.lstrip()[:2]
    return not (start.startswith(("{", "[")) and start != "{{") and bool(_OF_HELM.search(text))


def has_directives(text: str) -> bool:
    """Whether a text that is not YAML is so because of the lines of a template."""
    return bool(_DIRECTIVE.search(text))


def is_like_ours(text: str) -> bool:
    """Whether a text that cannot be read looks like a dashboard, rules or a configuration of Alertmanager."""
    return bool(_LIKE_OURS.search(text)) or all(pattern.search(text) for pattern in _OF_ALERTMANAGER)
