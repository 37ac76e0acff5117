"""What a report of any form says about each alert: the cells of a table, and the sentences below it."""

from collections.abc import Iterator, Mapping, Sequence

from glassbox.backtest.alert_history import (
    AGAIN_WITHIN_SECONDS,
    AlertHistory,
    shown_value,
)
from glassbox.backtest.alert_states import Firing
from glassbox.backtest.standing import WHOLE_RATIO, AlertStanding
from glassbox.backtest.time_words import length, moment, share
from glassbox.doctor.listing import some
from glassbox.doctor.outlook import brought_by
from glassbox.lint.words import counted
from glassbox.query.rules import Severity

HEADINGS = ("alert", "severity", "incidents", "firings", "total", "longest", "share", "a week", "worst")
# Labels of the rule, the same for all its firings.
_OF_THE_RULE = ("alertname", "severity", "owner")
_RECORD = "load build/recording_rules, or give --work-out"


def fired(histories: Sequence[AlertHistory]) -> list[AlertHistory]:
    """Those that fired, the ones with most incidents first; what is meant to fire all the time comes last."""
    return sorted(
        (each for each in histories if each.firings),
        key=lambda each: (each.past.rule.is_heartbeat, -len(each.incidents), -each.total_seconds, each.name),
    )


def cells(history: AlertHistory) -> tuple[str, ...]:
    """A row under HEADINGS."""
    return (
        history.name,
        history.past.rule.severity or "-",
        str(len(history.incidents)),
        str(len(history.firings)),
        length(history.total_seconds),
        length(history.longest_seconds),
        share(history.share_ratio),
        "-" if history.per_week is None else f"{history.per_week:.1f}",
        worst_words(history.worst) if history.worst else "",
    )


def worst_words(firing: Firing) -> str:
    """Its value, on what, and when."""
    on = instance_words(firing.labels)
    return f"{shown_value(firing.peak)}{f' on {on}' if on else ''}, {moment(firing.peak_time)}"


def instance_words(labels: Mapping[str, str]) -> str:
    """The labels that distinguish the instance from others of its alert."""
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name not in _OF_THE_RULE)


def sentences(histories: Sequence[AlertHistory]) -> Iterator[tuple[str, list[str]]]:
    """Headings, each with lines about single alerts, or about several for one reason."""
    yield (
        "Noisy",
        [
            f"{each.name}: {counted(len(each.incidents), 'incident')}, {share(each.share_ratio)} of the time"
            for each in histories
            if each.is_noisy
        ],
    )
    yield (
        f"Flapping (fires again within {length(AGAIN_WITHIN_SECONDS)})",
        [f"{each.name}: {each.fired_again} times" for each in histories if each.is_flapping],
    )
    yield (
        "Did not fire",
        _joined(
            each.name for each in histories if each.is_judged and not each.firings and not each.past.failed_evaluations
        ),
    )
    yield (
        "Judged for a part of the time only, since what they read was not there before or after",
        list(_partly(histories)),
    )
    yield f"Not recorded, so nothing is known about them ({_RECORD})", _not_recorded(histories)
    yield "Cannot fire here, since what they read is not measured", list(_lacking(histories))
    yield "Not evaluated", list(_problems(histories))
    yield "Evaluated without labels that are templates, which are not filled in here", list(_templated(histories))


def weekly(histories: Sequence[AlertHistory]) -> str:
    """A sentence on how often people would have been called, and on how much of the alerts that is known."""
    judged = [each for each in histories if each.is_judged]
    known = [each for each in judged if each.per_week is not None]
    parts = (
        f"{sum(each.per_week or 0.0 for each in known if each.past.rule.severity == severity.value):.1f} {severity.value}s a week"
        for severity in (Severity.PAGE, Severity.TICKET)
    )
    calls = f"{' and '.join(parts)}; " if known else ""
    return f"{calls}{len(judged)} of {len(histories)} alerts could be judged."


def _partly(histories: Sequence[AlertHistory]) -> Iterator[str]:
    parts: dict[str, list[str]] = {}
    for each in histories:
        if each.is_judged and each.evidence.covered_ratio < WHOLE_RATIO:
            judged = length(each.window.seconds * each.evidence.covered_ratio)
            parts.setdefault(f"{judged} of {length(each.window.seconds)}", []).append(each.name)
    yield from (f"{time}: {', '.join(names)}" for time, names in parts.items())


def _not_recorded(histories: Sequence[AlertHistory]) -> list[str]:
    """All in one line: where rules are not loaded, these are most alerts."""
    found = [each for each in histories if each.evidence.standing is AlertStanding.NOT_RECORDED]
    lacks = list(dict.fromkeys(name for each in found for name in each.evidence.lacks))
    return [f"without {some(lacks)}: {', '.join(each.name for each in found)}"] if found else []


def _lacking(histories: Sequence[AlertHistory]) -> Iterator[str]:
    lacking: dict[tuple[str, ...], list[str]] = {}
    for each in histories:
        if each.evidence.standing is AlertStanding.LACKING:
            lacking.setdefault(each.evidence.lacks, []).append(each.name)
    for lacks, names in lacking.items():
        brought = brought_by(lacks[0])
        yield f"without {some(lacks)}{f' ({brought})' if brought else ''}: {', '.join(names)}"


def _problems(histories: Sequence[AlertHistory]) -> Iterator[str]:
    for each in histories:
        if problem := each.past.problem or each.evidence.problem:
            yield f"{each.name}: {problem}"
        elif each.past.failed_evaluations:
            yield (
                f"{each.name}: {each.past.failed_evaluations} evaluations, in which several of its series had the same "
                "labels; Prometheus refuses these too"
            )


def _templated(histories: Sequence[AlertHistory]) -> Iterator[str]:
    return (
        f"{each.name}: {', '.join(labels)}"
        for each in histories
        if each.is_judged and (labels := each.past.rule.templated_labels)
    )


def _joined(names: Iterator[str]) -> list[str]:
    found = list(names)
    return [", ".join(found)] if found else []
