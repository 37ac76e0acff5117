"""In which unit the result of a query is, from the units of what it reads."""

import re

from glassbox.lint.subjects.corpus import Corpus
from glassbox.metrics.types import PER_SECOND, Unit
from glassbox.syntax.tree import (
    COMPARISONS,
    AggregateNode,
    BinaryNode,
    CallNode,
    Node,
    NumberNode,
    SeriesNode,
    SubqueryNode,
    is_scalar,
    series_of,
    walk,
)

_RATES = ("rate", "irate", "deriv")
_KEEPING = frozenset(
    {
        *("increase", "delta", "idelta", "avg_over_time", "min_over_time", "max_over_time", "last_over_time"),
        *("abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sort", "sort_desc", "-"),
        *("label_replace", "label_join", "scalar"),
    }
)
# They say how much something changed, or turn it round.
_CHANGES = frozenset({"increase", "delta", "idelta", "-", "abs"})
_AGGREGATING = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "quantile"})
_HUNDRED, _KIBI, _MEBI = NumberNode(100), NumberNode(1024), NumberNode(1024 * 1024)
_MULTIPLIED = {
    (_HUNDRED, Unit.RATIO): Unit.PERCENT,
    (NumberNode(8), Unit.BYTES_PER_SECOND): Unit.BITS_PER_SECOND,
}
# Gauges of a moment, as seconds since 1970; other names that end so may be durations.
_MOMENTS = re.compile(
    r"node_(boot_)?time_seconds|(process|container)_start_time_seconds|\w+_timestamp_seconds|kube_\w+_created"
)
_OF_EACH_REQUEST = {(Unit.TOKENS, Unit.REQUESTS), (Unit.TOKENS_PER_SECOND, Unit.REQUESTS_PER_SECOND)}


def unit_of(node: Node, corpus: Corpus) -> Unit | None:
    """None where it is not known, or where there is none; worked out once for each part of a query."""
    found = corpus.units_of_nodes.get(id(node))
    if found is None:
        corpus.units_of_nodes[id(node)] = found = node, _unit_of(node, corpus)
    return found[1]


def _unit_of(node: Node, corpus: Corpus) -> Unit | None:
    match node:
        case SeriesNode():
            return _of_series(node, corpus)
        case SubqueryNode():
            return unit_of(node.of, corpus)
        case CallNode():
            return _of_call(node, corpus)
        case AggregateNode():
            return unit_of(node.of, corpus) if node.operator in _AGGREGATING else None
        case BinaryNode():
            return _of_two(node, corpus)
    return None


def _of_series(series: SeriesNode, corpus: Corpus) -> Unit | None:
    if series.name in corpus.recorded:
        # One step is enough.
        recorded = corpus.recorded_at_once.get(series.name)
        return unit_of(recorded, corpus) if recorded else None
    known = corpus.known_series(series.name)
    return known.unit if known else None


def _of_call(call: CallNode, corpus: Corpus) -> Unit | None:
    if call.name == "histogram_quantile":
        return _of_buckets(call.arguments[-1], corpus)
    if call.name == "quantile_over_time":
        return unit_of(call.arguments[-1], corpus)
    first = unit_of(call.arguments[0], corpus) if call.arguments else None
    if call.name in _RATES:
        return PER_SECOND.get(first) if first else None
    return first if call.name in _KEEPING else None


def _of_buckets(node: Node, corpus: Corpus) -> Unit | None:
    """The unit of the observations whose buckets are read."""
    known = [corpus.known_series(each.name) for each in series_of(node) if each.name not in corpus.recorded]
    units = {each.unit for each in known if each and each.part == "bucket"}
    return units.pop() if len(units) == 1 and all(known) else None


def _of_two(node: BinaryNode, corpus: Corpus) -> Unit | None:
    if node.returns_bool:
        return Unit.BOOLEAN
    left, right = unit_of(node.left, corpus), unit_of(node.right, corpus)
    if node.operator in COMPARISONS or node.operator in ("and", "unless"):
        return left
    if node.operator == "or":
        return left if left == right or is_scalar_vector(node.right) else None
    return _of_arithmetic(node, left, right, corpus)


def _of_arithmetic(node: BinaryNode, left: Unit | None, right: Unit | None, corpus: Corpus) -> Unit | None:
    match node.operator:
        case "-" if is_moment(node.left, corpus) and is_moment(node.right, corpus):
            return Unit.SECONDS
        case "+" | "-":
            return _of_sum(node, left, right)
        case "*":
            sides = (node.left, node.right)
            return next((to for (by, of), to in _MULTIPLIED.items() if by in sides and of in (left, right)), None)
        case "/":
            return _of_share(node, left, right, corpus)
    return None


def is_moment(node: Node, corpus: Corpus) -> bool:
    """Whether its values are seconds since 1970."""
    match node:
        case SeriesNode():
            return corpus.known_series(node.name) is not None and bool(_MOMENTS.fullmatch(node.name))
        case CallNode():
            kept = node.name in _KEEPING - _CHANGES and bool(node.arguments) and is_moment(node.arguments[0], corpus)
            return node.name in ("time", "timestamp") or kept
        case AggregateNode():
            return node.operator in _AGGREGATING - {"sum"} and is_moment(node.of, corpus)
    return False


def _of_sum(node: BinaryNode, left: Unit | None, right: Unit | None) -> Unit | None:
    if is_scalar(node.left) or is_scalar(node.right):
        return right if is_scalar(node.left) else left
    return left if left == right else None


def _of_share(node: BinaryNode, left: Unit | None, right: Unit | None, corpus: Corpus) -> Unit | None:
    if node.right == _HUNDRED:
        return Unit.RATIO if left is Unit.PERCENT else None
    if _divided_by_a_mebi(node, corpus):
        return Unit.MEBIBYTES
    above, below = _parts(node.left, corpus), _parts(node.right, corpus)
    same = above and above.keys() == below.keys() and not _is_scaled(node.left) and not _is_scaled(node.right)
    if same and set(above.values()) == {"sum"} and set(below.values()) == {"count"}:
        return _of_mean(above, corpus)
    if (left, right) in _OF_EACH_REQUEST:
        return Unit.TOKENS
    if (
        isinstance(node.left, BinaryNode)
        and node.left.operator == "*"
        and _HUNDRED in (node.left.left, node.left.right)
    ):
        of = node.left.right if node.left.left == _HUNDRED else node.left.left
        return Unit.PERCENT if _is_ratio(of, node.right, corpus) else None
    return Unit.RATIO if _is_ratio(node.left, node.right, corpus) else None


def _divided_by_a_mebi(node: BinaryNode, corpus: Corpus) -> bool:
    """Whether it gives bytes in MiB, as x / 1048576 or x / 1024 / 1024."""
    of, divisor = node.left, node.right
    if divisor == _KIBI and isinstance(of, BinaryNode) and (of.operator, of.right) == ("/", _KIBI):
        of, divisor = of.left, _MEBI
    return divisor == _MEBI and unit_of(of, corpus) is Unit.BYTES


def _is_ratio(above: Node, below: Node, corpus: Corpus) -> bool:
    """Whether both sides have one unit, or do the same with one series."""
    left, right = unit_of(above, corpus), unit_of(below, corpus)
    same = left == right and (left is not None or () != _shape(above) == _shape(below))
    return same or _is_part_of_sum(above, below) or (None in (left, right) and _are_of_bytes(above, below))


def _is_part_of_sum(above: Node, below: Node) -> bool:
    """Whether it is divided by itself and something else, as in hits / (hits + misses)."""
    return isinstance(below, BinaryNode) and below.operator == "+" and above in (below.left, below.right)


def _are_of_bytes(above: Node, below: Node) -> bool:
    """Whether both are series whose names say so, which are as many as each other whatever that is."""
    return all(isinstance(each, SeriesNode) and each.name.endswith("_bytes") for each in (above, below))


def _shape(node: Node) -> tuple[str, ...]:
    """What is done to which series, whatever its labels; empty where it is more than functions and aggregations of one."""
    done = list[str]()
    while True:
        match node:
            case SeriesNode(name=name) if name and not node.either:
                return (*done, name)
            case CallNode(name=name, arguments=(of,)):
                done.append(name)
            case AggregateNode(operator=name, of=of, parameter=None):
                done.append(name)
            case _:
                return ()
        node = of


def _of_mean(metrics: dict[str, str], corpus: Corpus) -> Unit | None:
    known = {each.unit for name in metrics if (each := corpus.known_series(f"{name}_sum"))}
    return known.pop() if len(known) == 1 else None


def _is_scaled(node: Node) -> bool:
    """Whether something in it is multiplied or divided by a number, as in a mean in milliseconds."""
    arithmetic = (each for each in walk(node) if isinstance(each, BinaryNode) and each.operator in ("*", "/"))
    return any(is_scalar(each.left) or is_scalar(each.right) for each in arithmetic)


def _parts(node: Node, corpus: Corpus) -> dict[str, str]:
    """The histograms that are read, and which part of each."""
    known = (corpus.known_series(each.name) for each in series_of(node))
    return {each.metric: each.part for each in known if each}


def is_scalar_vector(node: Node) -> bool:
    """Whether it is `vector(...)`, which stands in where there is nothing."""
    return isinstance(node, CallNode) and node.name == "vector"
