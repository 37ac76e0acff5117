"""The rules with the exceptions of the setting `thresholds_for`.

Content declares with one set of thresholds. Here it declares once with each set, and rules that differ are joined. So an
exception holds wherever a threshold is read, in alerts and in recorded series, and no rule knows of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from glassbox.compile.content import Content
from glassbox.compile.identified_rules import identified_alert, identified_record
from glassbox.compile.threshold_scopes import Scope, joined, joined_text, scope_of, scopes
from glassbox.errors import GlassboxError
from glassbox.query.promql import always
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup
from glassbox.settings.model import Settings, ThresholdsFor

SETTING = "thresholds_for"
# Stands for any condition.
_ANY = always()


@dataclass(frozen=True)
class Rules:
    """All alerts and recorded series that content declares."""

    alerts: tuple[AlertGroup, ...]
    records: tuple[RecordGroup, ...]

    @property
    def alerts_by_name(self) -> dict[str, Alert]:
        return {alert.name: alert for group in self.alerts for alert in group.alerts}

    @property
    def records_by_name(self) -> dict[str, Record]:
        """By name and labels: one name may be recorded with several sets of labels."""
        return {str(record): record for group in self.records for record in group.records}


def declared_rules(content: Content, settings: Settings) -> Rules:
    """The rules of the content; raises GlassboxError where one cannot carry an exception."""
    declared = _each_once(content, settings)
    usual = declared({})
    if not settings.thresholds_for:
        return usual
    for index, entry in enumerate(settings.thresholds_for):
        for key in entry.thresholds:
            _check(declared, settings, usual, index, key)
    variants = {scope: declared(thresholds) for scope, thresholds in scopes(settings.thresholds_for).items()}
    return Rules(_join_alerts(usual, variants), _join_records(usual, variants))


def _each_once(content: Content, settings: Settings) -> Callable[[Mapping[str, Any]], Rules]:
    """The rules with other thresholds, which are made once for each set of them: that takes a second."""

    @cache
    def made(thresholds: frozenset[tuple[str, Any]]) -> Rules:
        return _declared(content, settings, dict(thresholds))

    return lambda thresholds: made(frozenset(thresholds.items()))


def _declared(content: Content, settings: Settings, thresholds: Mapping[str, Any]) -> Rules:
    chosen = replace(settings, thresholds=replace(settings.thresholds, **thresholds), thresholds_for=())
    alerts, records = content.alerts(chosen), content.recording_rules(chosen)
    if not (labels := settings.identity_labels):
        return Rules(alerts, records)
    return Rules(
        tuple(
            replace(group, alerts=tuple(identified_alert(each, labels) for each in group.alerts)) for group in alerts
        ),
        tuple(
            replace(group, records=tuple(identified_record(each, labels) for each in group.records))
            for group in records
        ),
    )


def _join_alerts(usual: Rules, variants: Mapping[Scope, Rules]) -> tuple[AlertGroup, ...]:
    by_name = {scope: rules.alerts_by_name for scope, rules in variants.items()}

    def join(alert: Alert) -> Alert:
        others = {scope: alerts[alert.name] for scope, alerts in by_name.items()}
        return replace(
            alert,
            expr=joined(alert.expr, {scope: other.expr for scope, other in others.items()}),
            summary=joined_text(alert.summary, {scope: other.summary for scope, other in others.items()}),
            description=joined_text(alert.description, {scope: other.description for scope, other in others.items()}),
        )

    return tuple(replace(group, alerts=tuple(map(join, group.alerts))) for group in usual.alerts)


def _join_records(usual: Rules, variants: Mapping[Scope, Rules]) -> tuple[RecordGroup, ...]:
    by_name = {scope: rules.records_by_name for scope, rules in variants.items()}

    def join(record: Record) -> Record:
        others = {scope: records[str(record)] for scope, records in by_name.items()}
        return replace(record, expr=joined(record.expr, {scope: other.expr for scope, other in others.items()}))

    return tuple(replace(group, records=tuple(map(join, group.records))) for group in usual.records)


def _check(
    declared: Callable[[Mapping[str, Any]], Rules], settings: Settings, usual: Rules, index: int, key: str
) -> None:
    """Raise GlassboxError where a threshold of an entry, taken alone, is not one that rules can carry."""
    entry = settings.thresholds_for[index]
    around = [each for each in settings.thresholds_for if scope_of(entry).within(scope_of(each))]
    # The usual value is an exception too, within a wider one.
    values = (each.thresholds[key] for each in (entry, *around) if key in each.thresholds)
    value = next((value for value in values if value != getattr(settings.thresholds, key)), None)
    if value is None:
        return
    try:
        problem = _problem(entry, usual, declared({key: value}))
    except GlassboxError as error:
        problem = str(error).removeprefix(f"Setting thresholds.{key}: ").rstrip(".")
    if problem:
        raise GlassboxError(f"Setting {SETTING}.{index}.{key}: {problem}.")


def _problem(entry: ThresholdsFor, usual: Rules, other: Rules) -> str:
    if (
        usual.alerts_by_name.keys() != other.alerts_by_name.keys()
        or usual.records_by_name.keys() != other.records_by_name.keys()
    ):
        return "it decides which rules there are, and not only when they fire; leave it out here"
    pairs = list(_pairs(usual, other))
    if not any(before != after for _, before, after in pairs):
        return "no alert and no recorded series depends on it; leave it out"
    for name, before, after in pairs:
        if _without_texts(before) != _without_texts(after):
            return (
                f"it changes more of the {name} than its condition, such as how long it waits, "
                "and that is the same for every series; leave it out here, and set it in thresholds or alerts"
            )
        missing = [label for label, _ in scope_of(entry).labels if label not in before.expr.shape.labels]
        if missing and before.expr != after.expr:
            labels = ", ".join(before.expr.shape.labels) or "none"
            return (
                f"the {name} has no label {missing[0]} (its labels: {labels}), so that one {missing[0]} cannot have "
                "a threshold of its own; leave it out here"
            )
    return ""


def _pairs(usual: Rules, other: Rules) -> Iterator[tuple[str, Alert | Record, Alert | Record]]:
    """Every rule, with its name for people, before and after a threshold is changed."""
    alerts, records = other.alerts_by_name, other.records_by_name
    for name, alert in usual.alerts_by_name.items():
        yield f"alert {name}", alert, alerts[name]
    for name, record in usual.records_by_name.items():
        yield f"recorded series {name}", record, records[name]


def _without_texts(rule: Alert | Record) -> Alert | Record:
    """What is left of a rule without its condition and its texts: that must be the same for all series."""
    if isinstance(rule, Alert):
        return replace(rule, expr=_ANY, summary="", description="", cannot_see="")
    return replace(rule, expr=_ANY, help="")
