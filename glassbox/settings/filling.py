"""Checked values of a settings file as `Settings`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.query.rules import Severity
from glassbox.query.slo import Slo
from glassbox.settings.model import AlertChange, GrafanaTarget, Settings, ThresholdsFor
from glassbox.settings.notifications import (
    ContactPoint,
    Integration,
    Interval,
    MuteTiming,
    Notifications,
    NotificationTemplate,
    PolicyRoute,
)

T = TypeVar("T")


def filled(values: Mapping[str, Any], folder: Path) -> Settings:
    """Settings with these values over the defaults; paths are relative to the folder."""
    special: dict[str, Callable[[Any], Any]] = {
        "content": lambda paths: tuple((folder / path).resolve() for path in paths),
        "alerts": lambda changes: {name: _alert_change(change) for name, change in changes.items()},
        "thresholds_for": lambda entries: tuple(map(_thresholds_for, entries)),
        "slos": lambda entries: tuple(Slo(**entry) for entry in entries),
        "notifications": lambda values: _notifications(values, folder),
        "grafana": lambda target: _fill(GrafanaTarget, _with_paths(target, folder)),
        "environments": tuple,
    }
    built = {key: build(values[key]) for key, build in special.items() if key in values}
    return _fill(Settings, {key: value for key, value in values.items() if key not in built} | built)


def _with_paths(target: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The file's settings of Grafana, with absolute paths."""
    certificate = {key: (folder / target[key]).resolve() for key in ("client_certificate", "client_key") if key in target}  # fmt: skip  # one thing is one line
    headers = {name: (folder / file).resolve() for name, file in target.get("headers", {}).items()}
    return {**target, **certificate, "headers": headers}


def _alert_change(values: Mapping[str, Any]) -> AlertChange:
    severity = values.get("severity")
    return AlertChange(
        for_=values.get("for"), severity=Severity(severity) if severity else None, labels=values.get("labels", {})
    )


def _thresholds_for(values: Mapping[str, Any]) -> ThresholdsFor:
    scope = {key: values[key] for key in ("job", "model_name", "inference_engine", "labels") if key in values}
    return ThresholdsFor(**scope, thresholds={key: value for key, value in values.items() if key not in scope})


def _notifications(values: Mapping[str, Any], folder: Path) -> Notifications:
    built: dict[str, Callable[[Any], Any]] = {
        "contact_points": lambda entry: ContactPoint(
            name=entry["name"], integrations=tuple(Integration(**each) for each in entry["integrations"])
        ),
        "mute_timings": lambda entry: MuteTiming(
            name=entry["name"], intervals=tuple(Interval(**_with_tuples(each)) for each in entry["intervals"])
        ),
        "templates": lambda entry: NotificationTemplate(name=entry["name"], text=_template(folder / entry["file"])),
        "routes": lambda entry: PolicyRoute(**_with_tuples(entry)),
    }
    lists = {key: tuple(map(build, values[key])) for key, build in built.items() if key in values}
    return Notifications(receiver=values.get("receiver", ""), **lists)


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _template(file: Path) -> str:
    """The text of a template file; Grafana would wrap one without a definition into a definition of its own."""
    try:
        text = content_of(file).decode().strip()
    except OSError as error:
        raise TemplateError(f"{file} cannot be read ({error.strerror}): name a file that can.") from None
    except UnicodeDecodeError:
        raise TemplateError(f"{file} is not text in UTF-8: write it again.") from None
    if not re.search(r"\{\{-?\s*define", text):
        raise TemplateError(f'{file} defines nothing: put its text between {{{{ define "NAME" }}}} and {{{{ end }}}}.')
    return text


class TemplateError(GlassboxError):
    """A template file that cannot be used; the text lacks the name of the settings file."""


def _fill(kind: type[T], values: Mapping[str, Any]) -> T:
    """A settings dataclass; nested mappings become nested dataclasses where the default is one, lists tuples."""
    defaults = kind()

    def convert(name: str, value: Any) -> Any:
        default = getattr(defaults, name)
        if is_dataclass(default) and not isinstance(default, type) and isinstance(value, Mapping):
            return _fill(type(default), value)
        if isinstance(default, int) and isinstance(value, float) and value.is_integer():
            return int(value)  # 60.0 is an integer to JSON Schema
        return tuple(value) if isinstance(value, list) else value

    return kind(**{f.name: convert(f.name, values[f.name]) for f in fields(kind) if f.name in values})  # type: ignore[arg-type]  # T is always a settings dataclass
