"""What tests import from the repository exists: the type checker does not read tests, so a moved name would show only as they run."""

import ast
from collections.abc import Iterator
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
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS:
            known = names_in(node.module)
            yield from (f"{node.lineno}: {node.module}.{each.name}" for each in node.names if each.name not in known)
        elif isinstance(node, ast.Import):
            ours = (each.name for each in node.names if each.name.partition(".")[0] in OURS)
            yield from (f"{node.lineno}: {name}" for name in ours if place_of(name) is None)
    yield from missing_in_modules(tree)


def missing_in_modules(tree: ast.Module) -> Iterator[str]:
    """Names read of modules that were imported whole, such as `errors.GlassboxError`, that these do not have."""
    modules = {
        each.asname or each.name: f"{node.module}.{each.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS
        for each in node.names
        if place_of(f"{node.module}.{each.name}")
    }
    # A parameter or a variable of the same name is something else.
    reused = {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
    reused |= {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and is_stored(each)}
    for name in reused & modules.keys():
        del modules[name]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if node.attr not in names_in(module) and not node.attr.startswith("__"):
                yield f"{node.lineno}: {module}.{node.attr}"


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
        ("from json import nothing", []),
    ],
)
def test_an_import_that_would_fail_is_noticed(statement, found):
    assert list(missing(ast.parse(statement))) == found


def test_names_bound_in_branches_count():
    code = "if x:\n    import a.b\nelse:\n    c: int = 1\ntry:\n    from d import e as f\nexcept E:\n    g, h = 1, 2\n"
    assert set(bound(ast.parse(code).body)) == {"a", "c", "f", "g", "h"}
