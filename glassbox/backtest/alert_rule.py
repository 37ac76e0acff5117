"""Alerts as a Prometheus rule file has them: ours as compiled, those of a revision, or anybody's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.prometheus.times import DEFAULT_INTERVAL_SECONDS
from glassbox.query.promql import duration_seconds
from glassbox.query.rules import Severity

_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True)
class AlertRule:
    """One alert with its times in seconds.

    `labels` are those that the rule adds; `dashboard` is the address of the board to look at, a template of the alert's labels.
    """

    name: str
    group: str
    query: str
    interval_seconds: int = DEFAULT_INTERVAL_SECONDS
    for_seconds: int = 0
    keep_firing_seconds: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    dashboard: str = ""

    def fires_as(self, other: "AlertRule") -> bool:
        """Whether both do the same over the same series; where each leads to does not count."""
        return replace(self, dashboard="", group="") == replace(other, dashboard="", group="")

    @property
    def severity(self) -> str:
        return self.labels.get("severity", "")

    @property
    def is_heartbeat(self) -> bool:
        """Whether it is meant to fire all the time."""
        return self.severity == Severity.HEARTBEAT.value

    @property
    def templated_labels(self) -> tuple[str, ...]:
        """The labels that are templates: Prometheus fills them in, and they are not filled in here."""
        return tuple(name for name, value in self.labels.items() if _TEMPLATE.search(value))

    def labels_of(self, series: Mapping[str, str]) -> dict[str, str]:
        """The labels of the alert that a series of its query raises; they distinguish its instances.

        https://github.com/prometheus/prometheus/blob/main/rules/alerting.go, `Eval`: those of the series without its name,
        replaced by the rule's own, then `alertname`. A label without a value does not count.
        """
        labels = {**series, **self.labels, "alertname": self.name}
        return {name: value for name, value in labels.items() if value and name != "__name__"}


def alert_rules(files: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """The alerts of rule files, by file name; recorded series are passed over. Raises GlassboxError for what is not an alert."""
    return tuple(
        _rule(file, group, rule)
        for file, content in files.items()
        for group in objects_in(content, "groups")
        for rule in objects_in(group, "rules")
        if "alert" in rule
    )


def _rule(file: str, group: Mapping[str, Any], rule: Mapping[str, Any]) -> AlertRule:
    try:
        return AlertRule(
            name=_text(rule["alert"]),
            group=_text(group["name"]),
            query=_text(rule["expr"]),
            interval_seconds=_seconds(group.get("interval", "")) or DEFAULT_INTERVAL_SECONDS,
            for_seconds=_seconds(rule.get("for", "")),
            keep_firing_seconds=_seconds(rule.get("keep_firing_for", "")),
            labels=dict(_texts(rule.get("labels"))),
            dashboard=_board(dict(_texts(rule.get("annotations")))),
        )
    except (KeyError, TypeError, ValueError, GlassboxError) as error:
        said = str(error).rstrip(".") if isinstance(error, GlassboxError) else f"{type(error).__name__}: {error}"
        raise GlassboxError(
            f"{file}: the alert {str(rule['alert'])[:80]!r} cannot be read ({said}): correct it."
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{value!r} is not a text")
    return value.strip()


def _seconds(value: Any) -> int:
    """YAML reads `for: 0` as a number, and Prometheus takes it for none."""
    return duration_seconds(_text(value)) if value not in ("", 0, "0", None) else 0


def _texts(holder: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(holder, dict | None):
        raise TypeError(f"{holder!r} are not labels")
    for name, value in (holder or {}).items():
        yield str(name), value if isinstance(value, str) else str(value)


def _board(annotations: Mapping[str, str]) -> str:
    """The board's address, with Grafana's own where the settings name it."""
    return annotations.get("dashboard_url") or annotations.get("dashboard") or ""
