"""What is an engine's own in a rule, and what the rule has in common with that of the first engine.

A series is declared once, and compiled for each engine: the same content around another reading of the engine's metrics. A fault of the
content is judged in the first engine's rule. A fault of a reading is one fault however many rules, windows and functions read it so.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import promql_parser as ast

from glassbox.compile.bundle import Json
from glassbox.query.selectors import Selector
from tests.mutation.equivalence import matchers, parts
from tests.mutation.shapes import change, is_piece, selectors, shape

_RECORDED = re.compile(r"(model|engine|job|target|endpoint|instance|place|served|gpus?|cluster):.*|up")
_PER_RANK = "tp_rank"
# Labels that content gives to a metric, whatever the engine.
_OF_CONTENT = ("inference_role",)
_IN_WINDOWS = re.compile(r"\w+\((?:[\d.]+, )?([^()\[\]]+)\[[^\]]*\](?: offset \w+)?\)")
_ONE_METRIC = re.compile(r"(\w+\()?([\d.]+, )?any:metric(\{[^}]*\})?(\[\w+\])?( offset \w+)?\)?")
_NAMES_COUNT = ("matcher", "number")

Piece = tuple[str, str]


def content(node: ast.Expr) -> str:
    """The expression with what the engine's metrics are called, and with what makes them alike, left out."""
    return _content(node.prettify())


@lru_cache(2**16)
def _content(text: str) -> str:
    match node := ast.parse(text):
        case ast.VectorSelector() | ast.MatrixSelector():
            return _metric(node)
        case ast.ParenExpr():
            inner = content(node.expr)
            return f"({inner})" if isinstance(ast.parse(inner), ast.BinaryExpr) else inner
        case ast.SubqueryExpr():
            return text.replace(node.expr.prettify(), content(node.expr), 1)
        case ast.AggregateExpr() | ast.Call():
            return _of_function(node)
        case ast.BinaryExpr():
            return _of_both(node)
    return text


def piece(kind: str, before: str, after: str) -> Piece | None:
    """Of a fault in an engine's rule, what it is in all that read so, or that have the content around it; None where it is alone."""
    whole, faulty = ast.parse(before), ast.parse(after)
    plain, plain_faulty = _of_expression(before), _of_expression(after)
    if plain != plain_faulty:
        pairs = list(_down_to(ast.parse(plain), ast.parse(plain_faulty)))
        large = [pair for pair in pairs if is_piece(pair[0])]
        return change(*(node.prettify() for node in large[-1]), of_matchers=kind == "matcher") if large else None
    pairs = list(_down_to(whole, faulty))
    pair = next((pair for pair in pairs if _is_reading(pair[0])), pairs[-1])
    texts = [_IN_WINDOWS.sub(r"\1", " ".join(part.prettify().split())) for part in pair]
    one, other = texts if kind in _NAMES_COUNT else map(shape, texts)
    return (one, other)


def of_content(rule: Json) -> str:
    """The content of a record's expression."""
    return _of_expression(rule["expr"])


# Each fault asks for its own and for that of the whole, several times.
@lru_cache(2**12)
def _of_expression(text: str) -> str:
    return content(ast.parse(text))


def read_alike(left: ast.Expr, right: ast.Expr) -> bool:
    """Whether two metrics of an engine that is not the first are read in one way, as `or` joins them."""
    return _of_engine(left) and _of_engine(right) and content(left) == content(right)


def _of_engine(node: ast.Expr) -> bool:
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    if isinstance(node, ast.BinaryExpr):
        return str(node.op) == "or" and _of_engine(node.lhs) and _of_engine(node.rhs)
    return isinstance(node, ast.Call) and node.func.name == "label_replace" and _raw(node)


def _of_function(node: ast.AggregateExpr | ast.Call) -> str:
    if isinstance(node, ast.Call):
        alike = node.func.name == "label_replace" and _raw(node)
        return content(node.args[0]) if alike else f"{node.func.name}({', '.join(map(content, node.args))})"
    if node.modifier and _PER_RANK in node.modifier.labels:
        return content(node.expr)
    parameter = f"{node.param.prettify()}, " if node.param else ""
    return f"{node.op} {node.modifier or ''} ({parameter}{content(node.expr)})"


def _of_both(node: ast.BinaryExpr) -> str:
    left, right, operator = content(node.lhs), content(node.rhs), str(node.op)
    # Another name, or another metric where the first is lacking; an engine behind a front end; another unit.
    same = operator == "or" and left == right
    behind = operator == "unless" and any(not each.name for each in selectors(node.rhs))
    scaled = operator == "*" and isinstance(node.rhs, ast.NumberLiteral) and 0 < node.rhs.val < 1 and _raw(node.lhs)
    return left if same or behind or scaled else f"{left} {operator} {node.modifier or ''} {right}"


def _metric(node: ast.VectorSelector | ast.MatrixSelector) -> str:
    selector = node.vector_selector if isinstance(node, ast.MatrixSelector) else node
    window = ast.display_duration(node.range) if isinstance(node, ast.MatrixSelector) else ""
    recorded = _RECORDED.fullmatch(selector.name or "")
    kept = [each for each in matchers(selector) if recorded or each[0] in _OF_CONTENT]
    offset = ast.display_duration(selector.offset) if selector.offset else ""
    name = (selector.name or "") if recorded else "any:metric"
    return str(Selector(name, (), shared_name=False, matchers=tuple(kept), window=window, offset=offset))


def _raw(node: ast.Expr) -> bool:
    """Whether it reads what an engine exposes, and nothing recorded."""
    read = list(selectors(node))
    return bool(read) and not any(_RECORDED.fullmatch(each.name or "") for each in read)


def _down_to(before: ast.Expr, after: ast.Expr) -> Iterator[tuple[ast.Expr, ast.Expr]]:
    """The two trees, and each pair of their parts that holds the whole difference."""
    pair: tuple[ast.Expr, ast.Expr] | None = (before, after)
    while pair:
        yield pair
        pair = _only_difference(*pair)


def _only_difference(before: ast.Expr, after: ast.Expr) -> tuple[ast.Expr, ast.Expr] | None:
    ours, theirs = list(parts(before)), list(parts(after))
    if type(before) is not type(after) or len(ours) != len(theirs):
        return None
    different = [pair for pair in zip(ours, theirs, strict=True) if pair[0].prettify() != pair[1].prettify()]
    return different[0] if len(different) == 1 else None


def _is_reading(node: ast.Expr) -> bool:
    return _raw(node) and bool(_ONE_METRIC.fullmatch(content(node)))
