"""The line of Python that holds a value, inside of the call that declares an object."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from glassbox.compile.error_location import ROOT, names_given


def line_of(file: str, line: int, value: Any) -> int | None:
    """The first line with this constant in the call whose name is given on `line` of the file; None where it is put together from parts."""
    path = Path(file) if Path(file).is_file() else ROOT / file
    if value is None or not path.is_file():
        return None
    tree = ast.parse(path.read_bytes())
    names = {(name.lineno, name.col_offset) for _, name in names_given(tree) if name.lineno == line}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = (*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name"))
        if any((each.lineno, each.col_offset) in names for each in given):
            return _constant(call, value)
    return None


def _constant(call: ast.Call, value: Any) -> int | None:
    lines = [node.lineno for node in ast.walk(call) if isinstance(node, ast.Constant) and _same(node.value, value)]
    return min(lines, default=None)


def _same(constant: Any, value: Any) -> bool:
    """Equal, and not a truth value taken for a number."""
    return bool(constant == value) and isinstance(constant, bool) == isinstance(value, bool)
