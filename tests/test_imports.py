"""What tests import from the repository exists: the type checker does not read tests, so a moved name would show only as they run."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

OURS = {
    "alerts",
    "bench",
    "dashboards",
    "demo",
    "deploy",
    "environments",
    "glassbox",
    "glassbox_exporter",
    "recording_rules",
    "tests",
}


@cache
def place_of(module: str) -> Path | None:
    """The file or package folder of a module of ours; None where there is none."""
    above = ROOT / "exporter" if module.partition(".")[0] == "glassbox_exporter" else ROOT
    place = above.joinpath(*module.split("."))
    return next((each for each in (place.with_suffix(".py"), place) if each.exists()), None)


@cache
def names_in(module: str) -> frozenset[str]:
    """All that can be imported from a module of ours: what it binds outside of functions and classes, and modules in it."""
    place = place_of(module)
    if place is None:
        return frozenset()
    if place.is_file():
        return frozenset(bound(ast.parse(place.read_text(encoding="utf-8")).body))
    inner = {each.stem for each in place.iterdir() if each.suffix == ".py" or each.is_dir()}
    start = place / "__init__.py"
    own = bound(ast.parse(start.read_text(encoding="utf-8")).body) if start.exists() else ()
    return frozenset(inner.union(own))


def bound(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that statements bind, those in the branches of a condition or an attempt among them."""
    for each in statements:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield each.name
        elif isinstance(each, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
        else:
            yield from (node.id for node in ast.walk(each) if isinstance(node, ast.Name) and is_stored(node))
            yield from bound([inner for inner in ast.iter_child_nodes(each) if isinstance(inner, ast.stmt)])


def is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def missing(tree: ast.Module) -> Iterator[str]:
    """Imports of ours that would fail, as `line: module.name`."""
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS:
            known = names_in(node.module)
            yield from (f"{node.lineno}: {node.module}.{each.name}" for each in node.names if each.name not in known)
        elif isinstance(node, ast.Import):
            ours = (each.name for each in node.names if each.name.partition(".")[0] in OURS)
            yield from (f"{node.lineno}: {name}" for name in ours if place_of(name) is None)
    yield from missing_in_modules(tree.body, nodes)


def missing_in_modules(top: Sequence[ast.stmt], nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Names that modules do not have, read or replaced in modules that were imported whole, such as `errors.GlassboxError`."""
    modules = {
        each.asname or each.name: f"{node.module}.{each.name}"
        for node in top
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS
        for each in node.names
        if place_of(f"{node.module}.{each.name}")
    }
    # A parameter or a variable of the same name is something else.
    reused = {each.arg for each in nodes if isinstance(each, ast.arg)}
    reused |= {each.id for each in nodes if isinstance(each, ast.Name) and is_stored(each)}
    for name in reused & modules.keys():
        del modules[name]
    for line, module, name in (read for node in nodes for read in read_by(node, modules)):
        if name not in names_in(module) and not name.startswith("__"):
            yield f"{line}: {module}.{name}"


def read_by(node: ast.AST, modules: Mapping[str, str]) -> Iterator[tuple[int, str, str]]:
    """The line, the module and the name that a node reads of one of the modules, or replaces by `monkeypatch.setattr`."""
    if not isinstance(node, ast.Attribute | ast.Call):
        return
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules:
            yield node.lineno, modules[module], name
        case ast.Call(
            func=ast.Attribute(attr="setattr"), args=[ast.Name(id=module), ast.Constant(value=str(name)), *_]
        ):
            if module in modules:
                yield node.lineno, modules[module], name
        case ast.Call(func=ast.Attribute(attr="setattr"), args=[ast.Constant(value=str(path)), *_]):
            if path.partition(".")[0] in OURS:
                yield node.lineno, *split(path)


def split(path: str) -> tuple[str, str]:
    """The module in a dotted path, and the name in it that follows."""
    parts = path.split(".")
    length = max(number for number in range(1, len(parts)) if place_of(".".join(parts[:number])))
    return ".".join(parts[:length]), parts[length]


def test_every_import_of_ours_in_a_test_exists():
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert len(files) > 300
    found = {
        str(path.relative_to(ROOT)): names
        for path in files
        if (names := list(missing(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert not found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("from glassbox.errors import GlassboxError", []),
        ("from glassbox.errors import NoSuchError", ["1: glassbox.errors.NoSuchError"]),
        ("from glassbox.nowhere import anything", ["1: glassbox.nowhere.anything"]),
        ("from glassbox import errors, nowhere", ["1: glassbox.nowhere"]),
        ("from glassbox_exporter import families, nowhere", ["1: glassbox_exporter.nowhere"]),
        ("import glassbox.errors", []),
        ("import glassbox.nowhere", ["1: glassbox.nowhere"]),
        ("def test():\n    from glassbox.files import nothing", ["2: glassbox.files.nothing"]),
        ("from glassbox import errors\nerrors.GlassboxError", []),
        ("from glassbox import errors\nerrors.NoSuchError", ["2: glassbox.errors.NoSuchError"]),
        ("from glassbox import errors\ndef test(errors):\n    errors.clear()", []),
        ("from glassbox import errors\nm.setattr(errors, 'NoSuchError', 1)", ["2: glassbox.errors.NoSuchError"]),
        ("m.setattr('glassbox.errors.NoSuchError.x', 1)", ["1: glassbox.errors.NoSuchError"]),
        ("m.setattr('glassbox.errors.GlassboxError.x', 1)", []),
        ("from json import nothing", []),
    ],
)
def test_an_import_that_would_fail_is_noticed(statement, found):
    assert list(missing(ast.parse(statement))) == found


def test_names_bound_in_branches_count():
    code = "if x:\n    import a.b\nelse:\n    c: int = 1\ntry:\n    from d import e as f\nexcept E:\n    g, h = 1, 2\n"
    assert set(bound(ast.parse(code).body)) == {"a", "c", "f", "g", "h"}
