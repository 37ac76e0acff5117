"""Selectors of series in an expression: their matchers, and what else of its text is the same metric."""

import re
from collections.abc import Iterator
from functools import cache

import promql_parser as ast

from glassbox.metrics import CATALOGUE
from glassbox.query.selectors import Matcher
from tests.mutation.equivalence import matchers
from tests.mutation.shapes import selectors

Matchers = tuple[tuple[str, Matcher], ...]


def dropped(node: ast.VectorSelector) -> Iterator[tuple[tuple[str, Matcher], str, Matchers]]:
    """Each matcher but that of a name, what its loss is called, and the matchers that are left."""
    given = matchers(node)
    for lost in (each for each in given if each[0] != "__name__"):
        what = f"dropped: {lost[0]}{lost[1].operator}{lost[1].value!r} of {node.name}"
        yield lost, what, tuple(each for each in given if each is not lost)


def repeated(node: ast.VectorSelector) -> re.Pattern[str]:
    """Finds the selector, without an offset, under every spelling of its name."""
    text = node.prettify()
    labels = text[len(node.name or "") : text.rindex("}") + 1] if "}" in text else ""
    name = re.sub("[:_]", "[:_]", (node.name or "").removeprefix("ray_"))
    return re.compile(rf"(?<![\w:])((?:ray_)?{name}){re.escape(labels)}(?![\w:{{])")


def spelled(node: ast.BinaryExpr) -> list[ast.Expr]:
    """What `or` joins, where it is one text under each name of a metric, former ones and spellings; empty elsewhere."""
    found = joined(node)
    names = [each.name or "" for part in found for each in selectors(part)]
    same = {part.prettify().replace(name, "") for part, name in zip(found, names, strict=len(names) == len(found))}
    alike = len(same) == 1 and (_one_name(names) or set(names) == set(_all_names().get(names[0], ())))
    return found if alike and len(names) == len(found) > 1 else []


def _one_name(names: list[str]) -> bool:
    return len({name.removeprefix("ray_").replace(":", "_") for name in names}) == 1


@cache
def _all_names() -> dict[str, tuple[str, ...]]:
    """Those of each metric, by the one it has today."""
    metrics = (part for exposed in CATALOGUE.values() for metric in exposed for part in metric.parts)
    return {metric.name: (metric.name, *metric.former_names) for metric in metrics}


def joined(node: ast.Expr) -> list[ast.Expr]:
    if isinstance(node, ast.BinaryExpr) and str(node.op) == "or" and not str(node.modifier or ""):
        return [*joined(node.lhs), *joined(node.rhs)]
    return [node]
