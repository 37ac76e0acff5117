"""Which numbers of the settings each alert depends on, found by moving each of them and comparing the rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from glassbox.compile.content import Content
from glassbox.compile.left_out import reached
from glassbox.errors import GlassboxError
from glassbox.query.selectors import QueryError
from glassbox.settings.model import Settings

# A threshold in seconds must be a bucket, and most grids have the double of a bound too.
_FACTORS = (1.1, 2, 0.5, 3, 0.75)


@dataclass(frozen=True)
class _Rules:
    """The text of each alert and of each recorded series by name, and the names of the series that their queries read."""

    alerts: Mapping[str, str]
    records: Mapping[str, str]
    reads: Mapping[str, set[str]]


def settings_read(content: Content, settings: Settings) -> dict[str, list[str]]:
    """The keys, such as `thresholds.qps_low`, by the alert whose rule or whose recorded series they change."""
    rules = _rules(content, settings)
    used = {name: reached(rules.reads[name], rules.reads) for name in rules.alerts}
    found: dict[str, list[str]] = {name: [] for name in rules.alerts}
    for key, moved in _moved(content, settings):
        changed = {name for name, text in rules.records.items() if moved.records.get(name) != text}
        for name, text in rules.alerts.items():
            if key not in found[name] and (moved.alerts[name] != text or used[name] & changed):
                found[name].append(key)
    return found


def _rules(content: Content, settings: Settings) -> _Rules:
    alerts = [alert for group in content.alerts(settings) for alert in group.alerts]
    records: dict[str, str] = {}
    reads = {alert.name: set(alert.expr.names_read) for alert in alerts}
    for record in (record for group in content.recording_rules(settings) for record in group.records):
        records[record.name] = f"{records.get(record.name, '')} {record.expr} {record.labels}"
        reads.setdefault(record.name, set()).update(record.expr.names_read)
    return _Rules({alert.name: f"{alert.expr} {alert.for_}" for alert in alerts}, records, reads)


def _moved(content: Content, settings: Settings) -> Iterator[tuple[str, _Rules]]:
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
