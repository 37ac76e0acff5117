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
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from glassbox.board.annotation import Annotation
from glassbox.board.dashboard import Dashboard
from glassbox.compile.content import Content
from glassbox.compile.error_location import PACKAGES
from glassbox.compile.lost import declared_in, refuse_lost, refuse_overwritten
from glassbox.compile.modules import ContentModule, modules_of, refuse_uncalled
from glassbox.metrics.types import Metric
from glassbox.query.measures import Measures
from glassbox.query.rules import Alert, AlertGroup, HistogramRecord, Record, RecordGroup
from glassbox.query.selectors import Source
from glassbox.settings.model import Settings

_GROUPS = ("group", "groups")
_RETURN = "return it from group(settings), or remove it."
_DECLARE = 'declare GROUP = RecordGroup("<name>") in its module.'
_DEFINE = "define one in its module, or remove the group."
_NAME = "give it a name of its own at the top level of its module, or return it from group(settings)."
_MOVE = "move it and its records into a module of their own."
Group = TypeVar("Group", RecordGroup, AlertGroup)


def collected(
    annotations: tuple[Annotation, ...], measures: Measures | None = None, always_recorded: Source | None = None
) -> Content:
    """What the packages `dashboards`, `alerts` and `recording_rules` declare, with what `Content` cannot find by itself."""
    boards, alerts, records = packages = tuple(map(import_module, PACKAGES))
    _refuse_elsewhere(boards, alerts, records)
    return Content(
        dashboards(boards),
        alert_groups(alerts),
        record_groups(records),
        runbooks=tuple(Path(place, "runbooks") for place in alerts.__path__),
        annotations=annotations,
        measures=measures,
        metrics=metrics(packages),
        always_recorded=always_recorded,
    )


def record_groups(package: ModuleType) -> Callable[[Settings], tuple[RecordGroup, ...]]:
    """The groups of all modules, each after those that it reads. Raises ContentError for a record that is in none."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Record, HistogramRecord, RecordGroup), _GROUPS, _RETURN)
    refuse_overwritten(modules)

    def groups(settings: Settings) -> tuple[RecordGroup, ...]:
        made = {each.name: _made(each, settings, RecordGroup) for each in modules}
        taken = {id(record) for groups in made.values() for group in groups for record in group.records}
        every = [group for each in modules for group in (*_declared(each, taken), *made[each.name])]
        compiled = {id(record) for group in every for record in group.records}
        refuse_lost(modules, compiled, f"so nothing records it: {_NAME}")
        return _in_order_of_reading(every)

    return groups


def alert_groups(package: ModuleType) -> Callable[[Settings], tuple[AlertGroup, ...]]:
    """The groups of all modules. Raises ContentError for an alert that is in none."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Alert, AlertGroup), _GROUPS, _RETURN)
    refuse_overwritten(modules)

    def groups(settings: Settings) -> tuple[AlertGroup, ...]:
        made = tuple(group for each in modules for group in _made(each, settings, AlertGroup))
        returned = {id(each) for group in made for each in (group, *group.alerts)}
        refuse_lost(modules, {*returned, *_records_in(modules)}, f"so nothing raises it: {_RETURN}")
        return made

    return groups


def dashboards(package: ModuleType) -> tuple[Callable[[Settings], Dashboard], ...]:
    """The `build` of every module that has one. Raises ContentError for a dashboard that is built elsewhere and not used."""
    modules = modules_of(package)
    refuse_uncalled(modules, (Dashboard,), ("build",), "call the function build(settings), one for each module.")
    return tuple(_building(each, build) for each in modules if callable(build := each.get("build")))


def metrics(packages: Iterable[ModuleType]) -> tuple[Metric, ...]:
    """Metrics that content itself declares, of exporters that are not in the catalogue."""
    definitions = (each for package in packages for module in modules_of(package) for each in module.definitions)
    return tuple(each.value for each in definitions if isinstance(each.value, Metric))


def _building(module: ContentModule, build: Callable[[Settings], Dashboard]) -> Callable[[Settings], Dashboard]:
    """The function, with ContentError where it does not return a dashboard."""

    @wraps(build)
    def checked(settings: Settings) -> Dashboard:
        board: object = _called(module, "build", build, settings)
        if not isinstance(board, Dashboard):
            raise module.error(module.line_of("build"), f"build(settings) returns {_shown(board)}: return dashboard(...).")  # fmt: skip  # a refusal is one line
        return board

    return checked


def _made(module: ContentModule, settings: Settings, kind: type[Group]) -> tuple[Group, ...]:
    """What the module's functions return."""
    made: list[Group] = []
    for name in _GROUPS:
        if not callable(function := module.get(name)):
            continue
        returned = _called(module, name, function, settings)
        for each in returned if name == "groups" and isinstance(returned, Iterable) else (returned,):
            if not isinstance(each, kind):
                many = f"{kind.__name__}(...)" if name == "group" else f"a tuple of {kind.__name__}(...)"
                raise module.error(module.line_of(name), f"{name}(settings) returns {_shown(each)}: return {many}.")
            made.append(each)
    return tuple(made)


def _called(module: ContentModule, name: str, function: Callable[..., object], settings: Settings) -> object:
    """What the function returns; ContentError where it cannot be called with the settings alone."""
    try:
        signature(function).bind(settings)
    except TypeError:
        raise module.error(module.line_of(name), f"{name} is called with the settings alone: write def {name}(settings).") from None  # fmt: skip  # a refusal is one line
    try:
        return function(settings)
    except SystemExit:
        raise module.error(module.line_of(name), f"{name}(settings) ends the program: remove that.") from None


def _shown(value: object) -> str:
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


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


def _records_in(modules: Iterable[ContentModule]) -> set[int]:
    """ids of the records that the modules import to read them."""
    return {id(each) for module in modules for _, each in declared_in(module) if isinstance(each, Record)}


def _refuse_elsewhere(boards: ModuleType, alerts: ModuleType, records: ModuleType) -> None:
    """Raise ContentError for what a package declares and only another one is searched for."""
    recorded = {id(each) for module in modules_of(records) for _, each in declared_in(module)}
    raised = {id(each) for module in modules_of(alerts) for _, each in declared_in(module) if not isinstance(each, Record)}  # fmt: skip  # one thing is one line
    for package in (boards, alerts, records):
        for module in modules_of(package):
            for name, each in declared_in(module):
                home, known = ("recording_rules", recorded) if isinstance(each, Record) else ("alerts", raised)
                if id(each) not in known:
                    raise module.error(module.line_of(name), f"{name} is not read here: move it into a module of {home}/.")  # fmt: skip  # a refusal is one line
            _refuse_function(module, package is boards)


def _refuse_function(module: ContentModule, is_board: bool) -> None:
    """Raise ContentError for a function that only another package's modules are asked for."""
    for name in _GROUPS if is_board else ("build",):
        function = module.get(name)
        if getattr(function, "__module__", None) == module.name:
            homes = "alerts/ or recording_rules/" if is_board else "dashboards/"
            raise module.error(module.line_of(name), f"{name}(settings) is not called here: move it into a module of {homes}, or rename it.")  # fmt: skip  # a refusal is one line


def _in_order_of_reading(groups: Iterable[RecordGroup]) -> tuple[RecordGroup, ...]:
    """Each group after those whose records it reads, unless they read each other."""
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
