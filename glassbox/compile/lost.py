"""What a module of content makes and nothing compiles: in a container or a class, under a name that is used twice, or under none."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping

from glassbox.compile.modules import ContentModule
from glassbox.query.rules import Alert, AlertGroup, HistogramRecord, Record, RecordGroup

Declared = Record | Alert | AlertGroup
KINDS = (Record, HistogramRecord, RecordGroup, Alert, AlertGroup)
_ONE_NAME = "give each of them a name of its own."


def declared_in(module: ContentModule) -> Iterator[tuple[str, Declared]]:
    """Records, alerts and groups of alerts that the module's names lead to, with the name, also through containers and its own classes."""
    for name, value in vars(module.module).items():
        if not name.startswith("__"):
            yield from ((name, each) for each in _held(value, module.name))


def refuse_lost(modules: Iterable[ContentModule], compiled: Collection[int], what_to_do: str) -> None:
    """Raise ContentError for a declaration that a module leads to and whose id is not among those that are compiled."""
    for module in modules:
        for name, each in declared_in(module):
            if id(each) not in compiled:
                of = "" if module.get(name) is each else f" of {name}"
                subject = f"{getattr(each, 'name', name)!r}{of}" if of else name
                raise module.error(module.line_of(name), f"{subject} is in no group, {what_to_do}")


def refuse_overwritten(modules: Iterable[ContentModule]) -> None:
    """Raise ContentError for a declaration that loses its only name to the next one, or that never had one."""
    for module in modules:
        makers = {name for name, value in vars(module.module).items() if any(value is kind for kind in KINDS)}
        for name, line in _rebound(module.tree.body):
            if isinstance(module.get(name), KINDS):
                raise module.error(line, f"{name} is assigned more than once, so only the last one is compiled: {_ONE_NAME}")  # fmt: skip  # a refusal is one line
        for statement, read in module.reads:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and _callee(statement) in makers & read:  # fmt: skip  # one thing is one line
                raise module.error(statement.lineno, f"This {_callee(statement)} has no name, so nothing compiles it: assign it to a name.")  # fmt: skip  # a refusal is one line


def _callee(statement: ast.Expr) -> str:
    called = statement.value.func if isinstance(statement.value, ast.Call) else None
    return called.id if isinstance(called, ast.Name) else ""


def _held(value: object, module: str) -> Iterator[Declared]:
    """Declarations within a value."""
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, tuple | list | set | frozenset):
        inner = value
    elif isinstance(value, HistogramRecord):
        inner = value.parts
    elif isinstance(value, RecordGroup):
        inner = value.records
    elif isinstance(value, type) and value.__module__ == module:
        inner = vars(value).values()
    elif isinstance(value, Declared):
        yield value
        inner = value.alerts if isinstance(value, AlertGroup) else ()
    for each in tuple(inner):
        yield from _held(each, module)


def _rebound(statements: Iterable[ast.stmt], *, repeated: bool = False) -> Iterator[tuple[str, int]]:
    """Names that one block assigns twice, or a loop at all; the branches of a condition exclude each other."""
    seen: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    if repeated or target.id in seen:
                        yield target.id, statement.lineno
                    seen.add(target.id)
        elif isinstance(statement, ast.For | ast.While):
            yield from _rebound(statement.body, repeated=True)
        elif isinstance(statement, ast.If | ast.With | ast.Try):
            yield from _rebound(statement.body, repeated=repeated)
            yield from _rebound(getattr(statement, "orelse", ()), repeated=repeated)
