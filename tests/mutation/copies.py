"""An alert with limits of single models: the same expression once for each set of limits, and whom each is for.

The compiler writes all of these from one expression, so that they have their faults in common, but for limits that differ.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import promql_parser as ast

from tests.mutation.faults import Fault, expression_faults
from tests.mutation.selecting import joined
from tests.mutation.shapes import selectors

_NUMBER = re.compile(r"(?<![\w.\[:])\d+(\.\d+)?(?![\w.\]])")


@dataclass(frozen=True)
class _Copy:
    """The expression with one set of limits, and the text behind it that says for whom."""

    content: str
    whom: str


def faults_of(expr: str) -> list[Fault]:
    """Every fault of an alert's or a record's expression."""
    found = _copies(ast.parse(expr))
    alike = [expression_faults(each.content) for each in found]
    same_number = len({len(faults) for faults in alike}) == 1
    return list(_of_copies(found, alike)) if same_number else expression_faults(expr)


def _copies(node: ast.Expr) -> list[_Copy]:
    """The copies that `or` joins; empty where the expression is of another form."""
    found = [_copy(part) for part in joined(node)]
    contents = {_NUMBER.sub("", each.content) for each in found}
    return found if all(each.whom for each in found) and len(found) > 1 and len(contents) == 1 else []


def _copy(part: ast.Expr, whom: str = "") -> _Copy:
    """Whom it is for reads no series: it is made of names that the settings have."""
    if isinstance(part, ast.BinaryExpr) and str(part.op) in ("and", "unless") and not list(selectors(part.rhs)):
        return _copy(part.lhs, f" {part.op} {part.modifier or ''} {part.rhs.prettify()}{whom}")
    return _Copy(part.prettify(), whom)


def _of_copies(found: Sequence[_Copy], alike: Sequence[list[Fault]]) -> Iterator[Fault]:
    """Faults of the expression in all copies, those of limits in one; and a copy that is for everybody, or is missing."""
    contents = [each.content for each in found]

    def together(texts: Iterable[str]) -> str:
        return " or ".join(text + each.whom for text, each in zip(texts, found, strict=True))

    for each in zip(*alike, strict=True):
        if each[0].kind != "number" or len({fault.what for fault in each}) == 1:
            yield replace(each[0], text=together(fault.text for fault in each))
        else:
            for place, fault in enumerate(each):
                text = together([*contents[:place], fault.text, *contents[place + 1 :]])
                yield replace(fault, marked=f"copy {place + 1}: {fault.marked}", text=text, piece=None)
    for place, lost in enumerate(found):
        others = [each.content + each.whom for each in (*found[:place], *found[place + 1 :])]
        yield Fault("operand", f"dropped: copy {place + 1}", " or ".join(others))
        yield Fault("operand", f"dropped: whom copy {place + 1} is for", " or ".join([lost.content, *others]))
