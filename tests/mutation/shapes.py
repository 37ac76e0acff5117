"""Pieces of rules that one function wrote: where several rules hold a piece of one shape, a fault in it is one fault.

A shape is an expression without the names of its metrics, its matchers and the labels that it is matched on: what a function of
`recording_rules` is given. Numbers, windows and functions stay. Pieces of fewer than `FEWEST_SELECTORS` selectors are alike by
chance, and are no shape of their own.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import promql_parser as ast

FEWEST_SELECTORS = 4

_MATCHERS = re.compile(r"""\{((?:[^"{}]|"(?:\\.|[^"\\])*")*)\}""")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_LABEL_LISTS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_METRIC = re.compile(r"\b[A-Za-z_]\w*[:_][\w:]*(?![\w:(]|\s*\()")


def selectors(node: ast.Expr) -> Iterator[ast.VectorSelector]:
    """Every selector of a tree, in the order of its text."""
    match node:
        case ast.VectorSelector():
            yield node
        case ast.MatrixSelector():
            yield node.vector_selector
        case ast.BinaryExpr():
            yield from selectors(node.lhs)
            yield from selectors(node.rhs)
        case ast.AggregateExpr() | ast.ParenExpr() | ast.SubqueryExpr():
            yield from selectors(node.expr)
        case ast.Call():
            for argument in node.args:
                yield from selectors(argument)


def is_piece(node: ast.Expr) -> bool:
    """Whether a tree is large enough to be known by its shape."""
    return len(list(islice(selectors(node), FEWEST_SELECTORS))) == FEWEST_SELECTORS


def change(before: str, after: str, *, of_matchers: bool) -> tuple[str, str]:
    """The shapes of a piece and of the same piece with a fault. They show names of labels where the fault is a lost matcher."""
    return _shape(before, of_matchers), _shape(after, of_matchers)


def shape(text: str) -> str:
    """The shape of an expression, without labels."""
    return _shape(text, False)


# The shape of what surrounds a fault is asked again for each fault in it.
@lru_cache(2**12)
def _shape(text: str, with_labels: bool) -> str:
    bare = _MATCHERS.sub(lambda found: _names(found.group(1)) if with_labels else "", ast.parse(text).prettify())
    return re.sub(r"\s+", "", _METRIC.sub("metric", _LABEL_LISTS.sub(r"\1()", bare)))


def _names(matchers: str) -> str:
    return f"{{{','.join(sorted(_LABEL.findall(matchers)))}}}"
