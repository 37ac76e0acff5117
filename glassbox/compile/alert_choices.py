"""What an installation chooses about single alerts: which it leaves out, and how long, how urgent and how labelled the others are."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from glassbox.errors import GlassboxError
from glassbox.query.rules import Alert, AlertGroup, Severity
from glassbox.settings.model import AlertChange, Settings


def chosen_alerts(groups: Iterable[AlertGroup], settings: Settings) -> tuple[AlertGroup, ...]:
    """The groups with the settings `exclude.alerts` and `alerts` applied; groups without an alert are dropped.

    Raises GlassboxError where a setting names no alert, or does not fit the one that it names.
    """
    known = [alert.name for group in groups for alert in group.alerts]
    refuse_unknown("exclude.alerts", "alert", settings.exclude.alerts, known)
    refuse_unknown("alerts", "alert", settings.alerts, known)
    chosen = (
        replace(group, alerts=tuple(_changed(alert, settings) for alert in group.alerts if _kept(alert, settings)))
        for group in groups
    )
    return tuple(group for group in chosen if group.alerts)


def refuse_unknown(setting: str, kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise GlassboxError for the first name that is not known, with the nearest one that is."""
    known = list(known)
    for name in names:
        if name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=0)
            advice = f"; the nearest is {nearest[0]!r}" if nearest else "; there are none"
            raise GlassboxError(f"Setting {setting}: no {kind} is called {name!r}{advice}.")


def _kept(alert: Alert, settings: Settings) -> bool:
    return alert.name not in settings.exclude.alerts


def _changed(alert: Alert, settings: Settings) -> Alert:
    change = settings.alerts.get(alert.name)
    if change is None:
        return alert
    _refuse_misfit(alert, change)
    return replace(
        alert,
        for_=change.for_ or alert.for_,
        severity=change.severity or alert.severity,
        labels=tuple((dict(alert.labels) | dict(change.labels)).items()),
    )


def _refuse_misfit(alert: Alert, change: AlertChange) -> None:
    where = f"Setting alerts.{alert.name}"
    if change.severity and alert.severity is Severity.HEARTBEAT:
        raise GlassboxError(f"{where}.severity: this alert always fires, so that its silence is noticed; leave severity out.")  # fmt: skip  # a refusal is one line
    for label in change.labels:
        if label in alert.expr.shape.labels:
            raise GlassboxError(
                f"{where}.labels: {label!r} is a label of the series that the alert is about; choose another name."
            )
