"""The one settings file: YAML, checked, then filled into `Settings`. No file means the defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import TARGET_LABELS
from glassbox.settings.environments import about_entrance, about_folders, about_places, overlaid
from glassbox.settings.filling import TemplateError, filled
from glassbox.settings.model import ALERTS_IN_PROMETHEUS, AlertChange, Settings
from glassbox.settings.notifications import about_notifications

# Labels that every alert has, and what sets each.
_RESERVED_LABELS = {
    "alertname": "it is the name of the alert",
    "grafana_folder": "Grafana sets it",
    "severity": "write `severity` beside `labels`",
    "owner": "set `owners`",
}

# Labels that tell our series apart, or say what they are about.
_LABELS_OF_SERIES = frozenset(
    (
        *TARGET_LABELS,
        "UUID",
        "endpoint",
        "engine",
        "finished_reason",
        "gpu",
        "le",
        "pid",
        "reason",
        "signal",
        "slo",
        "window",
    )
)


def load_settings(path: Path | None, environment: str = "") -> Settings:
    """Settings from a YAML file, or the defaults where `path` is None; raises GlassboxError that names the file and the key.

    `environment` is one of those that the file declares: what it says goes before the rest of the file.
    """
    if path is None:
        if environment:
            raise GlassboxError("--environment needs a settings file with environments: name one with --settings.")
        return Settings()
    values = _checked(path)
    declared = values.get("environments", {})
    if environment and environment not in declared:
        known = ", ".join(declared) or "none"
        raise GlassboxError(f"Settings file {path} has no environment {environment!r} (it has: {known}): correct --environment, or add it.")  # fmt: skip  # a refusal is one line
    # All of them are checked, so that a mistake in one is found before it is needed.
    by_name = {name: _settings(path, values, name) for name in ("", *declared)}
    if sentence := about_places({name: by_name[name].grafana for name in declared}):
        raise GlassboxError(f"Settings file {path}: {sentence}")
    return by_name[environment]


def _settings(path: Path, values: Mapping[str, Any], environment: str) -> Settings:
    """The settings of an environment, or of none."""
    chosen = overlaid(values, values["environments"][environment]) if environment else values
    try:
        settings = filled(chosen, path.parent)
    except TemplateError as error:
        raise GlassboxError(f"Settings file {path}: notifications.templates: {error}") from None
    checks = (
        _about_jobs,
        _about_engines,
        _about_alerts,
        _about_identity,
        _about_exceptions,
        about_entrance,
        about_folders,
        _about_notifications,
    )
    for about in checks:
        if sentence := about(settings):
            where = f"environments.{environment}: " if environment else ""
            raise GlassboxError(f"Settings file {path}: {where}{sentence}")
    return settings


def _checked(path: Path) -> dict[str, Any]:
    # Most commands run without a settings file, and start faster without what reads one.
    from glassbox.settings.schema import problem  # noqa: PLC0415  # see above
    from glassbox.settings.yaml import read_settings  # noqa: PLC0415  # see above

    values = read_settings(path)
    if not isinstance(values or {}, dict):
        raise GlassboxError(f"Settings file {path} must hold keys and values, not a {type(values).__name__}.")
    if wrong := problem(values or {}):
        raise GlassboxError(f"Settings file {path}: {wrong}.")
    return values or {}


def _about_jobs(settings: Settings) -> str:
    jobs = settings.jobs
    for key in ("expected", "replicas", "capacity_requests_per_second"):
        unknown = sorted(set(getattr(jobs, key)) - set(jobs.services))
        if unknown:
            return f"jobs.{key}: {unknown[0]!r} is not among jobs.services; add it there."
    for job in jobs.expected:
        if jobs.replicas.get(job) == 0:
            return f"jobs.expected: {job!r} has 0 replicas in jobs.replicas; remove it from one of the two."
    return ""


def _about_engines(settings: Settings) -> str:
    known = [engine.name for engine in ENGINES]
    for index, name in enumerate(settings.engines):
        if name not in known:
            return f"engines.{index}: {name!r} is not an engine that is known here; these are {', '.join(known)}."
    return ""


def _about_alerts(settings: Settings) -> str:
    for name, change in settings.alerts.items():
        if name in settings.exclude.alerts:
            return f"alerts.{name}: exclude.alerts leaves this alert out; remove it from one of the two."
        if change == AlertChange():
            return f"alerts.{name}: changes nothing; give it for, severity or labels, or leave it out."
        for label in change.labels:
            if label in _RESERVED_LABELS:
                return f"alerts.{name}.labels: {label!r} cannot be set here: {_RESERVED_LABELS[label]}."
    return ""


def _about_identity(settings: Settings) -> str:
    for index, label in enumerate(settings.identity_labels):
        if label in _LABELS_OF_SERIES or label in _RESERVED_LABELS:
            return f"identity_labels.{index}: {label!r} already distinguishes our series; leave it out."
    return ""


def _about_notifications(settings: Settings) -> str:
    in_grafana = settings.alerts_evaluated_by != ALERTS_IN_PROMETHEUS
    return about_notifications(settings.notifications, in_grafana=in_grafana)


def _about_exceptions(settings: Settings) -> str:
    """What is wrong with one entry, or with two of the same scope."""
    seen: dict[tuple[str, str, str, frozenset[tuple[str, str]]], int] = {}
    for index, entry in enumerate(settings.thresholds_for):
        where = f"thresholds_for.{index}"
        if not (entry.job or entry.model_name or entry.inference_engine or entry.labels):
            return f"{where}: needs job, model_name, inference_engine, labels or several of these; for all services set thresholds."
        for label in entry.labels:
            if label not in settings.identity_labels:
                return f"{where}.labels: {label!r} is not among identity_labels, so that no rule keeps it; add it there, or leave it out here."
        if entry.job and entry.job not in settings.jobs.services:
            return f"{where}.job: {entry.job!r} is not among jobs.services; add it there, or correct the name."
        if not entry.thresholds:
            return f"{where}: sets no threshold; add one, such as qps_low, or leave the entry out."
        earlier = seen.setdefault(
            (entry.job, entry.model_name, entry.inference_engine, frozenset(entry.labels.items())), index
        )
        if earlier != index:
            return f"{where}: has the same job, model_name, inference_engine and labels as entry {earlier}; write both as one entry."
    return ""
