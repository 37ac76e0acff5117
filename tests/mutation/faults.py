"""Small faults of an expression, one at a time: what a careless hand could leave behind.

| kind | fault |
| --- | --- |
| comparator | turned round (`>` to `<`), and weakened or sharpened (`>` to `>=`) |
| number | 10 % more and 10 % less, of what is compared, calculated with, or given to clamp_min, clamp_max and vector |
| window, offset | half and double |
| matcher | dropped, from every selector of a metric with the same matchers that set operators join |
| aggregation | sum, max, min, avg and count, and the same over time, by another |
| le | dropped from `by (..., le)` |
| operand | one side of `and`, `or` and `unless` dropped; `unless` keeps its left side |

0 stays 0, `vector(1)` is a mark whose labels count, and the parameters of topk and histogram_quantile are not thresholds.
Where it only counts that a series is there (right of `and` and `unless`, in a `group`, times 0), a fault that changes its value alone is none;
nor is another whose form shows that it changes nothing (`tests/mutation/equivalence.py`).
The trees are promql_parser's. What glassbox/query/promql.py cannot write, such as `@`, is not looked for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import promql_parser as ast

from glassbox.query.selectors import Matcher, Selector
from tests.mutation import readings
from tests.mutation.equivalence import (
    SET_OPERATORS,
    keep_all,
    keeps,
    keeps_sign,
    makes_no_difference,
    matchers,
    never_negative,
)
from tests.mutation.selecting import Matchers, dropped, repeated, spelled
from tests.mutation.shapes import change, is_piece, selectors

COMPARATORS = {
    ">": ("<", ">="),
    ">=": ("<=", ">"),
    "<": (">", "<="),
    "<=": (">=", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
AGGREGATIONS = {"sum": ("max",), "max": ("sum", "min", "avg"), "min": ("max",), "avg": ("max",), "count": ("sum",)}
OVER_TIME = {
    f"{old}_over_time": tuple(f"{new}_over_time" for new in others)
    for old, others in AGGREGATIONS.items()
    if old != "count"
}
MARK = ["1"]
WITH_THRESHOLDS = ("clamp_min", "clamp_max", "vector")
SPELLINGS = "spellings"
# What one of two metrics that are read alike can have alone.
OF_ONE = ("matcher", "operand", "number")
# Of a number that is never negative, these say the same about whether it is 0.
WITH_ZERO = (">", "<=", "==", "!=")
# Of what stands right of these, no value is read.
PRESENCE = ("and", "unless")
LONGEST_FRAGMENT = 70
# They stand around what a description quotes of the expression.
_BEGIN, _END = "\x02", "\x03"


@dataclass(frozen=True)
class Fault:
    """One faulty text. `piece` is the same for one fault of several rules.

    `of_value` says that the same series come out, with other values; `of_sign` that the same ones are above 0, and none below.
    `lost` is a matcher without which more series come out, and those that match it are as they were.
    """

    kind: str
    marked: str
    text: str
    piece: tuple[str, str] | None = None
    of_value: bool = False
    of_sign: bool = False
    lost: tuple[str, Matcher] | None = None

    @property
    def what(self) -> str:
        """Where and how it differs, for a reader: long fragments are cut."""
        return re.sub(f"{_BEGIN}(.*?){_END}", _cut, self.marked)

    @property
    def where(self) -> str:
        """The same with whole fragments."""
        return self.marked.replace(_BEGIN, "").replace(_END, "")


def expression_faults(expr: str) -> list[Fault]:
    """Every fault of an expression, in the order of its text."""
    return list(_faults(ast.parse(expr)))


def _faults(node: ast.Expr, reading: str = "") -> Iterator[Fault]:
    """`reading` is the text that reads a metric as one, and that the node is a part of."""
    large = is_piece(node)
    for fault in _own(node, reading):
        # Without lists of labels, a shape does not show which of them lost `le`.
        if large and not fault.piece and fault.kind != "le":
            yield replace(fault, piece=change(node.prettify(), fault.text, of_matchers=fault.kind == "matcher"))
        else:
            yield fault


def _own(node: ast.Expr, reading: str) -> Iterator[Fault]:
    match node:
        case ast.BinaryExpr() if alike := spelled(node):
            yield from _of_spelled(node, alike, reading)
        case ast.BinaryExpr() if str(node.op) == "or" and readings.read_alike(node.lhs, node.rhs):
            yield from _of_alike(node, reading)
        case ast.BinaryExpr():
            yield from _of_binary(node, reading)
        case ast.AggregateExpr():
            yield from _of_aggregation(node, reading)
        case ast.Call():
            yield from _of_call(node, reading)
        case ast.ParenExpr():
            yield from _inside(node.expr, node, reading, "({})".format)
        case ast.SubqueryExpr():
            yield from _of_subquery(node, reading)
        case ast.MatrixSelector():
            yield from _of_selector(node.vector_selector, reading, node.range)
        case ast.VectorSelector():
            yield from _of_selector(node, reading)
        case ast.NumberLiteral():
            yield from _of_number(node)


def _inside(
    node: ast.Expr, around: ast.Expr, reading: str, written: Callable[[str], str], *, decides: bool = False
) -> Iterator[Fault]:
    """The faults of a part, each in the text of the whole. `decides`: which series come out depends on the values of the part."""
    for fault in _faults(node, reading):
        yield replace(
            fault,
            text=written(fault.text),
            of_value=fault.of_value and not decides,
            of_sign=fault.of_sign and keeps_sign(around),
            lost=fault.lost if fault.lost and keeps(around, fault.lost[0]) else None,
        )


def _of_presence(node: ast.Expr, around: ast.Expr, reading: str, written: Callable[[str], str]) -> Iterator[Fault]:
    """The faults of a part of which it only counts that its series are there."""
    return (fault for fault in _inside(node, around, reading, written) if not fault.of_value)


def _of_binary(node: ast.BinaryExpr, reading: str) -> Iterator[Fault]:
    # Whatever binds more weakly than its surroundings is a ParenExpr of its own, so that parts can be written side by side.
    left, right, operator = node.lhs.prettify(), node.rhs.prettify(), str(node.op)
    matching = f" {node.modifier}" if node.modifier and str(node.modifier) else ""
    within = _reading(node, reading)
    if within and not reading:
        yield from _of_repeated(node)
    yield from _of_left(node, within, lambda text: f"{text} {operator}{matching} {right}")
    for other in COMPARATORS.get(operator, ()):
        what = f"{operator} {_fragment(right)} -> {other}"
        yield Fault("comparator", what, f"{left} {other}{matching} {right}")
    if operator in SET_OPERATORS:
        yield Fault("operand", f"dropped: {operator} {_fragment(right)}", left)
    if operator in ("and", "or"):
        yield Fault("operand", f"dropped: {_fragment(left)} {operator}", right)
    of_right = _of_presence if operator in PRESENCE else partial(_inside, decides=operator in COMPARATORS)
    for fault in of_right(node.rhs, node, within, lambda text: f"{left} {operator}{matching} {text}"):
        if not (fault.lost and makes_no_difference(node, fault.lost, on_the_left=False)):
            yield fault


def _of_left(node: ast.BinaryExpr, within: str, written: Callable[[str], str]) -> Iterator[Fault]:
    """The faults of the left side that the operator and the right side let through."""
    operator, right = str(node.op), node.rhs.prettify()
    of_left = _of_presence if operator == "*" and right == "0" else partial(_inside, decides=operator in COMPARATORS)
    signs = operator in WITH_ZERO and right == "0"
    same_for_sign = {fault.text for fault in _faults(node.lhs, within) if fault.of_sign} if signs else set()
    for fault in of_left(node.lhs, node, within, str):
        if fault.lost and makes_no_difference(node, fault.lost, on_the_left=True):
            continue
        if fault.text not in same_for_sign:
            yield replace(fault, text=written(fault.text))
        elif operator in (">", "!=") and not node.modifier:
            yield replace(fault, text=written(fault.text), of_value=True)


def _reading(node: ast.BinaryExpr, around: str) -> str:
    """The text in which equal selectors are one reading of a metric: joined by set operators, and not calculated with each other."""
    if str(node.op) in SET_OPERATORS:
        return around or node.prettify()
    calculates = any(selectors(node.lhs)) and any(selectors(node.rhs))
    return "" if calculates else around


def _of_repeated(node: ast.BinaryExpr) -> Iterator[Fault]:
    """Matchers of selectors that a reading repeats: a function was given them once."""
    text = node.prettify()
    for pattern, selector in {repeated(each): each for each in reversed([*selectors(node)]) if each.name}.items():
        if len(pattern.findall(text)) > 1:
            for lost, what, kept in dropped(selector):

                def shorter(found: re.Match[str], kept: Matchers = kept) -> str:
                    return str(Selector(found[1], (), shared_name=False, matchers=kept))

                yield Fault("matcher", what, pattern.sub(shorter, text), lost=lost if keep_all(node, lost[0]) else None)


def _of_aggregation(node: ast.AggregateExpr, reading: str) -> Iterator[Fault]:
    operator, inner = str(node.op), node.expr.prettify()
    by = f" {node.modifier}" if node.modifier else ""
    parameter = f"{node.param.prettify()}, " if node.param else ""
    for other in AGGREGATIONS.get(operator, ()):
        what, of_sign = f"{operator} -> {other}: {_fragment(inner)}", other != "min" and _may_add(operator, node.expr)
        yield Fault("aggregation", what, f"{other}{by} ({inner})", of_value=True, of_sign=of_sign)
    if node.modifier and node.modifier.type == ast.AggModifierType.By and "le" in node.modifier.labels:
        kept = ", ".join(label for label in node.modifier.labels if label != "le")
        yield Fault("le", f"le dropped from {operator}{by}", f"{operator} by ({kept}) ({parameter}{inner})")
    of_inner = _of_presence if operator == "group" else partial(_inside, decides=operator == "topk")
    yield from of_inner(node.expr, node, reading, lambda text: f"{operator}{by} ({parameter}{text})")


def _may_add(operator: str, inner: ast.Expr) -> bool:
    """Whether maximum, sum and mean are above 0 together."""
    return operator in ("sum", "max", "avg") and never_negative(inner)


def _of_call(node: ast.Call, reading: str) -> Iterator[Fault]:
    name = node.func.name
    arguments = [each.prettify() for each in node.args]
    for other in OVER_TIME.get(name, ()):
        what = f"{name} -> {other}: {_fragment(arguments[0])}"
        of_sign = not other.startswith("min") and _may_add(name.removesuffix("_over_time"), node.args[0])
        yield Fault("aggregation", what, f"{other}({', '.join(arguments)})", of_value=True, of_sign=of_sign)
    for position, argument in enumerate(node.args):
        if not isinstance(argument, ast.NumberLiteral) or (name in WITH_THRESHOLDS and arguments != MARK):
            before = "".join(f"{text}, " for text in arguments[:position])
            after = "".join(f", {text}" for text in arguments[position + 1 :])

            def written(text: str, before: str = before, after: str = after) -> str:
                return f"{name}({before}{text}{after})"

            yield from _inside(argument, node, reading, written)


def _of_subquery(node: ast.SubqueryExpr, reading: str) -> Iterator[Fault]:
    inner = node.expr.prettify()
    step = ast.display_duration(node.step) if node.step else ""
    offset = f" offset {ast.display_duration(node.offset)}" if node.offset else ""
    window = ast.display_duration(node.range) if node.range else ""
    yield from _inside(node.expr, node, reading, lambda text: f"{text}[{window}:{step}]{offset}")
    for new in half_and_double(node.range):
        what = f"{_fragment(inner)}[{window}:{step}] -> [{new}:{step}]"
        yield Fault("window", what, f"{inner}[{new}:{step}]{offset}")


def _of_selector(node: ast.VectorSelector, reading: str, window: timedelta | None = None) -> Iterator[Fault]:
    given, name = matchers(node), node.name or ""
    shown = ast.display_duration(window) if window else ""
    offset = ast.display_duration(node.offset) if node.offset else ""

    def written(kept: Matchers, window: str, offset: str) -> str:
        return str(Selector(name, (), shared_name=False, matchers=kept, window=window, offset=offset))

    if len(repeated(node).findall(reading)) <= 1:
        for lost, what, kept in dropped(node):
            yield Fault("matcher", what, written(kept, shown, offset), lost=lost)
    for new in half_and_double(window):
        yield Fault("window", f"{name}[{shown}] -> [{new}]", written(given, new, offset))
    for new in half_and_double(node.offset):
        yield Fault("offset", f"{name} offset {offset} -> {new}", written(given, shown, new))


def _of_alike(node: ast.BinaryExpr, reading: str) -> Iterator[Fault]:
    """Two metrics of an engine that are read in one way have faults in common, but for those of their matchers and of what is missing."""
    left, right = node.lhs.prettify(), node.rhs.prettify()
    joined = f" or {node.modifier or ''} "
    of_left, of_right = list(_faults(node.lhs, "")), list(_faults(node.rhs, ""))
    shared = [[each for each in found if each.kind not in OF_ONE] for found in (of_left, of_right)]
    if len(shared[0]) != len(shared[1]):
        yield from _of_binary(node, reading)
        return
    yield from (replace(each, text=each.text + joined + right) for each in of_left if each.kind in OF_ONE)
    yield from (replace(each, text=left + joined + each.text) for each in of_right if each.kind in OF_ONE)
    yield Fault("operand", f"dropped: or {_fragment(right)}", left)
    yield Fault("operand", f"dropped: {_fragment(left)} or", right)
    yield from (replace(one, text=one.text + joined + other.text) for one, other in zip(*shared, strict=True))


def _of_spelled(node: ast.BinaryExpr, alike: list[ast.Expr], reading: str) -> Iterator[Fault]:
    """One function wrote all of these, so that they have their faults in common; and where one is missing, it is so everywhere."""
    if not reading:
        yield from _of_repeated(node)
    texts = [part.prettify() for part in alike]
    first, *others = [each.name or "" for part in alike for each in selectors(part)]
    for fault in _faults(alike[0], reading or node.prettify()):
        yield replace(fault, text=" or ".join([fault.text, *(fault.text.replace(first, other) for other in others)]))
    for position, text in enumerate(texts):
        rest = " or ".join(texts[:position] + texts[position + 1 :])
        piece = (SPELLINGS, f"all but {position + 1} of {len(texts)}")
        yield Fault("operand", f"dropped: spelling {_fragment(text)}", rest, piece)


def _of_number(node: ast.NumberLiteral) -> Iterator[Fault]:
    if node.val:
        for factor in (1.1, 0.9):
            new = format(node.val * factor, ".12g")
            yield Fault("number", f"{node.val:.12g} -> {new}", new, of_value=True, of_sign=True)


def half_and_double(length: timedelta | None) -> list[str]:
    return [ast.display_duration(new) for new in (length / 2, length * 2)] if length else []


def _fragment(text: str) -> str:
    return f"{_BEGIN}{' '.join(text.split())}{_END}"


def _cut(found: re.Match[str]) -> str:
    line = found[1]
    return line if len(line) <= LONGEST_FRAGMENT else f"{line[: LONGEST_FRAGMENT - 3]}..."
