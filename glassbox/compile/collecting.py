"""What the modules of a content package declare, without a list of them.

- recording_rules: a module with recorded series declares their group once, `GROUP = RecordGroup("name")`; every `Record` and
  `HistogramRecord` that it defines at its top level belongs to that group, in the order of definition. Groups that depend on settings come
  from `group(settings)` or `groups(settings)`; a record that such a function returns is in that group and in no other.
- alerts: `group(settings)` or `groups(settings)`.
- dashboards: `build(settings)`.

All other modules help these.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from glassbox.board.annotation import Annotation
from glassbox.board.dashboard import Dashboard
from glassbox.compile.content import Content
from glassbox.compile.error_location import PACKAGES
from glassbox.compile.modules import ContentModule, modules_of, refuse_uncalled
from glassbox.metrics.types import Metric
from glassbox.query.measures import Measures
from glassbox.query.rules import Alert, AlertGroup, HistogramRecord, Record, RecordGroup
from glassbox.settings.model import Settings

_GROUPS = ("group", "groups")
_RETURN = "return it from group(settings), or remove it."
_DECLARE = 'declare GROUP = RecordGroup("<name>") in its module.'
_DEFINE = "define one in its module, or remove the group."
_MOVE = "move it and its records into a module of their own."
Group = TypeVar("Group", RecordGroup, AlertGroup)


def collected(annotations: tuple[Annotation, ...], measures: Measures | None = None) -> Content:
    """What the packages `dashboards`, `alerts` and `recording_rules` declare, with these annotations and measures."""
    boards, alerts, records = packages = tuple(map(import_module, PACKAGES))
    return Content(
        dashboards(boards),
        alert_groups(alerts),
        record_groups(records),
        runbooks=tuple(Path(place, "runbooks") for place in alerts.__path__),
        annotations=annotations,
        measures=measures,
        metrics=metrics(packages),
    )


def record_groups(package: ModuleType) -> Callable[[Settings], tuple[RecordGroup, ...]]:
    """The groups of all modules, each after those that it reads. Raises ContentError for a record that is in none."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Record, HistogramRecord, RecordGroup), _GROUPS, _RETURN)

    def groups(settings: Settings) -> tuple[RecordGroup, ...]:
        made = {each.name: _made(each, settings, RecordGroup) for each in modules}
        taken = {id(record) for groups in made.values() for group in groups for record in group.records}
        return _in_order_of_reading(group for each in modules for group in (*_declared(each, taken), *made[each.name]))

    return groups


def alert_groups(package: ModuleType) -> Callable[[Settings], tuple[AlertGroup, ...]]:
    """The groups of all modules. Raises ContentError for an alert that is in none."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Alert, AlertGroup), _GROUPS, _RETURN)

    def groups(settings: Settings) -> tuple[AlertGroup, ...]:
        made = tuple(group for each in modules for group in _made(each, settings, AlertGroup))
        _refuse_unreturned(modules, made)
        return made

    return groups


def dashboards(package: ModuleType) -> tuple[Callable[[Settings], Dashboard], ...]:
    """The `build` of every module that has one. Raises ContentError for a dashboard that is built elsewhere and not used."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Dashboard,), ("build",), "call the function build(settings), one for each module.")
    return tuple(build for each in modules if callable(build := each.get("build")))


def metrics(packages: Iterable[ModuleType]) -> tuple[Metric, ...]:
    """Metrics that content itself declares, of exporters that are not in the catalogue."""
    definitions = (each for package in packages for module in modules_of(package) for each in module.definitions)
    return tuple(each.value for each in definitions if isinstance(each.value, Metric))


def _made(module: ContentModule, settings: Settings, kind: type[Group]) -> tuple[Group, ...]:
    """What the module's functions return."""
    made: list[object] = []
    if callable(group := module.get("group")):
        made.append(group(settings))
    if callable(groups := module.get("groups")):
        made += groups(settings)
    for each in made:
        if not isinstance(each, kind):
            raise module.error(1, f"group(settings) returns {each!r}: return {kind.__name__}(...).")
    return tuple(each for each in made if isinstance(each, kind))


def _declared(module: ContentModule, taken: Collection[int]) -> Iterator[RecordGroup]:
    """The group that the module declares, with those of its records that are in no other; none where it has neither."""
    own = [(each, record) for each in module.definitions for record in _records(each.value) if id(record) not in taken]
    groups = [(each, each.value) for each in module.definitions if isinstance(each.value, RecordGroup)]
    if own and not groups:
        first, _ = own[0]
        raise module.error(first.line, f"{first.name} is in no group, so nothing records it: {_DECLARE}")
    for definition, _ in groups[1:]:
        raise module.error(definition.line, f"{definition.name} is a second group of this module: {_MOVE}")
    for definition, group in groups:
        if not own:
            raise module.error(definition.line, f"The group {group.name!r} has no records: {_DEFINE}")
        yield replace(group, records=tuple(record for _, record in own))


def _records(value: object) -> tuple[Record, ...]:
    if isinstance(value, HistogramRecord):
        return value.parts
    return (value,) if isinstance(value, Record) else ()


def _refuse_unreturned(modules: Iterable[ContentModule], groups: Iterable[AlertGroup]) -> None:
    """Raise ContentError for an alert, or a group, that a module defines and no function returns."""
    returned = {id(each) for group in groups for each in (group, *group.alerts)}
    for module in modules:
        for each in module.definitions:
            if isinstance(each.value, Alert | AlertGroup) and id(each.value) not in returned:
                raise module.error(each.line, f"{each.name} is in no group, so nothing raises it: {_RETURN}")


def _in_order_of_reading(groups: Iterable[RecordGroup]) -> tuple[RecordGroup, ...]:
    """Each group after those whose records it reads, as far as they do not read each other."""
    every = tuple(groups)
    recorded_by = {record.name: group for group in every for record in group.records}
    ordered: list[RecordGroup] = []
    begun: set[int] = set()

    def place(group: RecordGroup) -> None:
        if id(group) in begun:
            return
        begun.add(id(group))
        for name in (name for record in group.records for name in record.expr.names_read):
            if name in recorded_by:
                place(recorded_by[name])
        ordered.append(group)

    for group in every:
        place(group)
    return tuple(ordered)
