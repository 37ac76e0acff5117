"""Between which numbers the values of a query's result are, as far as its functions and the sources of exporters say it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite, isnan
from operator import neg

from glassbox.lint.known_metrics import GAUGE
from glassbox.lint.parts_of_wholes import is_part_of_whole
from glassbox.lint.subjects.corpus import Corpus
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Gauge, Unit, spellings
from glassbox.syntax.tree import (
    COMPARISONS,
    AggregateNode,
    BinaryNode,
    CallNode,
    Node,
    NumberNode,
    SeriesNode,
    SubqueryNode,
)


@dataclass(frozen=True)
class Bounds:
    """The smallest and the largest number that a value may be, both of them possible; infinite where there is none."""

    low: float = -inf
    high: float = inf

    def through(self, change: Callable[[float], float]) -> "Bounds":
        """Those of the values after a change that keeps or turns their order."""
        ends = sorted((change(self.low), change(self.high)))
        return Bounds() if any(map(isnan, ends)) else Bounds(*ends)

    def are_within(self, other: "Bounds") -> bool:
        """Whether every number between them is between the others, too."""
        return other.low <= self.low and self.high <= other.high

    def __str__(self) -> str:
        if self.low == self.high:
            return f"always {self.low:g}"
        if inf in (-self.low, self.high):
            return f"never below {self.low:g}" if self.high == inf else f"never above {self.high:g}"
        return f"between {self.low:g} and {self.high:g}"

    def __or__(self, other: "Bounds") -> "Bounds":
        return Bounds(min(self.low, other.low), max(self.high, other.high))


UNKNOWN = Bounds()
_NOT_NEGATIVE = Bounds(low=0)
_ONE = Bounds(1, 1)
_SHARE = Bounds(0, 1)
_OF_UNITS = {Unit.RATIO: _SHARE, Unit.PERCENT: Bounds(0, 100)}
_KNOWN = {
    name: _OF_UNITS[metric.unit]
    for metrics in CATALOGUE.values()
    for metric in metrics
    if isinstance(metric, Gauge) and metric.unit in _OF_UNITS and not metric.shared_name
    for name in spellings(metric.name)
}
# What they add up or count is not negative; a fall is taken for a restart.
_NEVER_NEGATIVE = frozenset({"rate", "irate", "increase", "resets", "changes", "count_over_time", "stddev", "stdvar"})
# "Pod Lifecycle" of Kubernetes' documentation: how Pods handle problems with containers.
_RESTARTS = frozenset({"kube_pod_container_status_restarts_total", "kube_pod_init_container_status_restarts_total"})
_ABSENT = frozenset({"absent", "absent_over_time"})
_CHOOSING = frozenset({"min", "max", "avg", "quantile", "topk", "bottomk", "limitk", "limit_ratio"})
_CHOOSING_OVER_TIME = frozenset({"avg_over_time", "min_over_time", "max_over_time", "last_over_time"})
_KEEPING = _CHOOSING_OVER_TIME | {"label_replace", "label_join", "sort", "sort_desc", "sort_by_label", "scalar"}


def bounds_of(node: Node, corpus: Corpus) -> Bounds:
    """Those of the result's values."""
    match node:
        case SeriesNode():
            return _of_series(node, corpus)
        case SubqueryNode():
            return bounds_of(node.of, corpus)
        case CallNode():
            return _of_call(node, corpus)
        case AggregateNode():
            return _of_aggregate(node, corpus)
        case BinaryNode():
            return _of_two(node, corpus)
    return UNKNOWN


def _of_series(series: SeriesNode, corpus: Corpus) -> Bounds:
    if series.name == "up" and series.name not in corpus.recorded:
        return _SHARE
    if series.name == "ALERTS":
        return _ONE
    known = corpus.known_series(series.name)
    if known is None or known.type != GAUGE:
        return UNKNOWN
    # Of other exporters, a name that ends in _ratio may be that of a ratio above 1.
    is_share = known.unit is Unit.RATIO and not known.metric.endswith("_ratio")
    return _KNOWN.get(known.metric, _SHARE if is_share else UNKNOWN)


def _of_call(call: CallNode, corpus: Corpus) -> Bounds:
    if call.name in _ABSENT:
        return _ONE
    if call.name in _NEVER_NEGATIVE:
        return _of_restarts(call) or _NOT_NEGATIVE
    if call.name == "-" and call.arguments:
        return bounds_of(call.arguments[0], corpus).through(neg)
    return bounds_of(call.arguments[0], corpus) if call.name in _KEEPING and call.arguments else UNKNOWN


def _of_restarts(call: CallNode) -> Bounds | None:
    """How often, or how often per second, the kubelet restarts one container; None for all else."""
    read = call.arguments[0]
    window = read.window if isinstance(read, SeriesNode) and read.name in _RESTARTS else None
    if window is None or window.variable or not window.seconds or call.name not in ("increase", "rate"):
        return None
    # Prometheus extrapolates to the ends of the window, by a scrape interval at most at each, such as a minute.
    most = len(tuple(_restarts_after(window.seconds))) * (1 + 2 * 60 / window.seconds)
    return Bounds(0, most if call.name == "increase" else most / window.seconds)


def _restarts_after(within: float) -> Iterator[float]:
    """The seconds after which a container that ends at once is started again: at once, then 10 s later, and each time twice as long, 5 minutes at most."""
    after, pause = 0.0, 10.0
    while after <= within:
        yield after
        after, pause = after + pause, min(2 * pause, 300.0)


def _of_aggregate(node: AggregateNode, corpus: Corpus) -> Bounds:
    if node.operator in ("stddev", "stdvar"):
        return _NOT_NEGATIVE
    of = bounds_of(node.of, corpus)
    if node.operator == "sum":
        return _NOT_NEGATIVE if of.low >= 0 else UNKNOWN
    return of if node.operator in _CHOOSING else UNKNOWN


def _of_two(node: BinaryNode, corpus: Corpus) -> Bounds:
    left, right = bounds_of(node.left, corpus), bounds_of(node.right, corpus)
    if node.operator in COMPARISONS:
        kept = right if isinstance(node.left, NumberNode) else left
        return _SHARE if node.returns_bool else kept
    if node.operator == "or":
        return left | right
    if node.operator == "/" and is_part_of_whole(node):
        return _SHARE
    return left if node.operator in ("and", "unless") else _of_arithmetic(node, left, right)


def _of_arithmetic(node: BinaryNode, left: Bounds, right: Bounds) -> Bounds:
    by = node.right if isinstance(node.right, NumberNode) else node.left
    if not isinstance(by, NumberNode) or not isfinite(by.value):
        return UNKNOWN
    of, is_left = (left, True) if by is node.right else (right, False)
    match node.operator:
        case "*":
            return of.through(lambda value: value * by.value)
        case "+":
            return of.through(lambda value: value + by.value)
        case "-":
            return of.through(lambda value: value - by.value if is_left else by.value - value)
        case "/" if is_left and by.value:
            return of.through(lambda value: value / by.value)
    return UNKNOWN
