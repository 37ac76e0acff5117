"""Which numbers of the settings each alert depends on, found by moving each of them and comparing the rules."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from glassbox.compile.content import Content
from glassbox.errors import GlassboxError
from glassbox.query.expr import QueryError
from glassbox.settings.model import Settings

# A threshold in seconds must be a bucket, and most grids have the double of a bound too.
_FACTORS = (1.1, 2, 0.5, 3, 0.75)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

Rules = Mapping[str, str]


def settings_read(content: Content, settings: Settings) -> dict[str, list[str]]:
    """The keys, such as `thresholds.qps_low`, by the alert whose rule or whose recorded series they change."""
    alerts, records = _rules(content, settings)
    used = {name: _names_read(alert, records) for name, alert in alerts.items()}
    found: dict[str, list[str]] = {name: [] for name in alerts}
    for key, (moved_alerts, moved_records) in _moved(content, settings):
        changed = {name for name in records if moved_records.get(name) != records[name]}
        for name in alerts:
            if key not in found[name] and (moved_alerts[name] != alerts[name] or used[name] & changed):
                found[name].append(key)
    return found


def _rules(content: Content, settings: Settings) -> tuple[Rules, Rules]:
    """The alerts by name, and the recorded series by name; each as the text of its queries."""
    alerts = {alert.name: f"{alert.expr} {alert.for_}" for group in content.alerts(settings) for alert in group.alerts}
    records: dict[str, str] = {}
    for record in (record for group in content.recording_rules(settings) for record in group.records):
        records[record.name] = f"{records.get(record.name, '')} {record.expr} {record.labels}"
    return alerts, records


def _names_read(text: str, records: Rules) -> set[str]:
    """The recorded series that a query reads, also through others."""
    found: set[str] = set()
    left = [text]
    while left:
        new = (set(_NAME.findall(left.pop())) & set(records)) - found
        found |= new
        left += [records[name] for name in new]
    return found


def _moved(content: Content, settings: Settings) -> Iterator[tuple[str, tuple[Rules, Rules]]]:
    """Each number of the settings by its key, and the rules with another value that the settings accept."""
    for key, number, put in _numbers(settings):
        for other in (type(number)(number * factor) for factor in _FACTORS):
            try:
                moved = _rules(content, put(other))
            except (GlassboxError, QueryError):
                continue
            yield key.removeprefix("."), moved
            break


def _numbers(value: Any) -> Iterator[tuple[str, float, Callable[[float], Any]]]:
    """Every number in dataclasses and lists: its path, its value, and the whole with another value in its place."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield "", value, lambda new: new
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for path, number, put in _numbers(getattr(value, field.name)):
                yield f".{field.name}{path}", number, _replacing(value, field.name, put)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            for path, number, put in _numbers(item):
                yield f"[]{path}", number, _replacing_item(value, index, put)


def _replacing(whole: Any, name: str, put: Callable[[float], Any]) -> Callable[[float], Any]:
    return lambda new: replace(whole, **{name: put(new)})


def _replacing_item(whole: tuple[Any, ...], index: int, put: Callable[[float], Any]) -> Callable[[float], Any]:
    return lambda new: (*whole[:index], put(new), *whole[index + 1 :])
