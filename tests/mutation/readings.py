"""What is an engine's own in a rule, and what the rule has in common with that of the first engine.

A series is declared once, and compiled for each engine: the same content around another reading of the engine's metrics. A fault of the
content is judged in the first engine's rule. A fault of a reading is one fault however many rules, windows and functions read it so.
"""

import re
from collections.abc import Iterator

import promql_parser as ast

from glassbox.compile.bundle import Json
from tests.mutation.equivalence import matchers, parts
from tests.mutation.shapes import selectors, shape

_RECORDED = re.compile(r"(model|engine|job|target|endpoint|instance|place|served|gpus?|cluster):.*|up")
_PER_RANK = "tp_rank"
# Labels that content gives to a metric, whatever the engine.
_OF_CONTENT = ("inference_role",)
_IN_WINDOWS = re.compile(r"\w+\((?:[\d.]+, )?([^()\[\]]+)\[[^\]]*\](?: offset \w+)?\)")
_NAMES_COUNT = re.compile(r"dropped: \w+(=|!=|=~|!~)'|[\d.e-]+ ->")

Piece = tuple[str, str]


def content(node: ast.Expr) -> str:
    """The text with what the engine's metrics are called, and with what makes them alike, left out."""
    match node:
        case ast.VectorSelector():
            return _metric(node)
        case ast.MatrixSelector():
            return f"{_metric(node.vector_selector)}[{node.range}]"
        case ast.ParenExpr():
            return content(node.expr)
        case ast.AggregateExpr() if node.modifier and _PER_RANK in node.modifier.labels:
            return content(node.expr)
        case ast.AggregateExpr():
            return f"{node.op} {node.modifier} ({content(node.expr)})"
        case ast.SubqueryExpr():
            return f"({content(node.expr)})[{node.range}:{node.step}] {node.offset}"
        case ast.Call() if node.func.name == "label_replace" and _raw(node):
            return content(node.args[0])
        case ast.Call():
            return f"{node.func.name}({', '.join(map(content, node.args))})"
        case ast.BinaryExpr():
            return _of_both(node)
    return node.prettify()


def piece(what: str, before: str, after: str) -> Piece | None:
    """Of a fault that is in a reading alone, what it is in all that read so; None for one of the content."""
    if what.startswith("dropped: spelling"):
        return None
    whole, faulty = ast.parse(before), ast.parse(after)
    if content(whole) != content(faulty):
        return None
    texts = [_IN_WINDOWS.sub(r"\1", " ".join(part.prettify().split())) for part in _that_differ(whole, faulty)]
    one, other = texts if _NAMES_COUNT.match(what) else map(shape, texts)
    return (one, other)


def of_content(rule: Json) -> str:
    """The content of a rule's expression, and how long it must hold."""
    return f"{content(ast.parse(rule['expr']))} for {rule.get('for')}"


def _of_both(node: ast.BinaryExpr) -> str:
    left, right, operator = content(node.lhs), content(node.rhs), str(node.op)
    # Another name, or another metric where the first is lacking; an engine behind a front end; another unit.
    same = operator == "or" and left == right
    behind = operator == "unless" and any(not each.name for each in selectors(node.rhs))
    scaled = operator == "*" and isinstance(node.rhs, ast.NumberLiteral) and 0 < node.rhs.val < 1 and _raw(node.lhs)
    return left if same or behind or scaled else f"({left} {operator} {node.modifier} {right})"


def _metric(node: ast.VectorSelector) -> str:
    if _RECORDED.fullmatch(node.name or ""):
        return node.prettify()
    kept = [f"{label}{matcher.operator}{matcher.value}" for label, matcher in matchers(node) if label in _OF_CONTENT]
    return f"metric{kept} {node.offset}"


def _raw(node: ast.Expr) -> bool:
    """Whether it reads what an engine exposes, and nothing recorded."""
    read = list(selectors(node))
    return bool(read) and not any(_RECORDED.fullmatch(each.name or "") for each in read)


def _that_differ(before: ast.Expr, after: ast.Expr) -> Iterator[ast.Expr]:
    """The largest parts of a single reading that are not the same: whatever is around them is content."""
    while not _is_reading(before) and (pair := _only_difference(before, after)):
        before, after = pair
    yield from (before, after)


def _only_difference(before: ast.Expr, after: ast.Expr) -> tuple[ast.Expr, ast.Expr] | None:
    ours, theirs = list(parts(before)), list(parts(after))
    if type(before) is not type(after) or len(ours) != len(theirs):
        return None
    different = [pair for pair in zip(ours, theirs, strict=True) if pair[0].prettify() != pair[1].prettify()]
    return different[0] if len(different) == 1 else None


def _is_reading(node: ast.Expr) -> bool:
    return _raw(node) and content(node).count("metric[") == 1
