"""Checked values of a settings file as `Settings`."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from glassbox.query.rules import Severity
from glassbox.query.slo import Slo
from glassbox.settings.model import AlertChange, GrafanaTarget, Settings, ThresholdsFor

T = TypeVar("T")


def filled(values: Mapping[str, Any], folder: Path) -> Settings:
    """Settings with these values over the defaults; paths are relative to the folder."""
    special: dict[str, Callable[[Any], Any]] = {
        "content": lambda paths: tuple((folder / path).resolve() for path in paths),
        "alerts": lambda changes: {name: _alert_change(change) for name, change in changes.items()},
        "thresholds_for": lambda entries: tuple(map(_thresholds_for, entries)),
        "slos": lambda entries: tuple(Slo(**entry) for entry in entries),
        "grafana": lambda target: _fill(GrafanaTarget, _with_paths(target, folder)),
        "environments": tuple,
    }
    built = {key: build(values[key]) for key, build in special.items() if key in values}
    return _fill(Settings, {key: value for key, value in values.items() if key not in built} | built)


def _with_paths(target: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What the file says of Grafana, with absolute paths."""
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
