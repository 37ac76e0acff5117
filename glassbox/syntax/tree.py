"""A query as a tree of plain values: brackets are gone, and two queries that are written alike are equal."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class NumberNode:
    """A number."""

    value: float


@dataclass(frozen=True)
class TextNode:
    """A text, which only arguments of functions are."""

    value: str


@dataclass(frozen=True)
class LabelMatcher:
    """One matcher of a selector; `operator` is one of = != =~ !~."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True)
class Window:
    """The range within brackets, in seconds, and the duration of Grafana that stands there, such as "$__rate_interval", if one does."""

    seconds: float
    variable: str = ""


@dataclass(frozen=True)
class SeriesNode:
    """A selector. `name` is empty where a matcher of `__name__`, or none, names the series; `either` says that it has matchers joined by `or`."""

    name: str
    matchers: tuple[LabelMatcher, ...] = ()
    window: Window | None = None
    offset_seconds: float = 0
    either: bool = False


@dataclass(frozen=True)
class SubqueryNode:
    """What a query gives over a range, at steps of `step` or of the server's own."""

    of: "Node"
    window: Window
    step: Window | None = None


@dataclass(frozen=True)
class CallNode:
    """A function, or "-" with one argument. `scalar` says that its result is a number without labels."""

    name: str
    arguments: tuple["Node", ...]
    scalar: bool = False


@dataclass(frozen=True)
class AggregateNode:
    """An aggregation; `labels` are None without `by` and `without`."""

    operator: str
    of: "Node"
    parameter: "Node | None" = None
    labels: tuple[str, ...] | None = None
    without: bool = False

    def is_like(self, other: "AggregateNode") -> bool:
        """Whether the other aggregates in the same way, whatever it aggregates."""
        groups = [(each.operator, each.parameter, each.labels, each.without) for each in (self, other)]
        return groups[0] == groups[1]


@dataclass(frozen=True)
class BinaryNode:
    """Two sides. `matching` is "on", "ignoring" or empty; `group` is the side with many series: "left", "right" or empty, and `lent` the labels that the other side lends it."""

    operator: str
    left: "Node"
    right: "Node"
    matching: str = ""
    labels: tuple[str, ...] = ()
    group: str = ""
    lent: tuple[str, ...] = ()
    returns_bool: bool = False


Node = NumberNode | TextNode | SeriesNode | SubqueryNode | CallNode | AggregateNode | BinaryNode

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SETS = frozenset({"and", "or", "unless"})


def children(node: Node) -> tuple[Node, ...]:
    """What it is made of, in the order of the text."""
    match node:
        case CallNode():
            return node.arguments
        case SubqueryNode():
            return (node.of,)
        case AggregateNode():
            return (node.of,) if node.parameter is None else (node.parameter, node.of)
        case BinaryNode():
            return (node.left, node.right)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """It and everything below it, each before its parts."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(children(each))


def series_of(node: Node) -> Iterator[SeriesNode]:
    """Every selector in it, in the order of the text."""
    return (each for each in walk(node) if isinstance(each, SeriesNode))


def is_scalar(node: Node) -> bool:
    """Whether its result is a number without labels."""
    match node:
        case NumberNode():
            return True
        case CallNode(name="-"):
            return is_scalar(node.arguments[0])
        case CallNode():
            return node.scalar
        case BinaryNode():
            return is_scalar(node.left) and is_scalar(node.right)
    return False
