"""In which unit the result of a query is, where its metric is not known and the name says it."""

import re

from glassbox.lint.known_metrics import OF_MOMENTS
from glassbox.lint.result_units import unit_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.metrics.types import Unit
from glassbox.syntax.tree import AggregateNode, CallNode, Node, SeriesNode

_LAST_WORDS = {
    "bytes": Unit.BYTES,
    "seconds": Unit.SECONDS,
    # Some are percent.
    "ratio": Unit.FACTOR,
    "percent": Unit.PERCENT,
    "percentage": Unit.PERCENT,
}
# Not requests, which may be those of memory.
_THINGS = re.compile(
    r"(?:^|[_:])(?:connections|channels|goroutines|threads|keys|clients|consumers|messages|errors|failures|deadlocks|sessions|jobs|tasks|workers"
    r"|pods|replicas|nodes|queries|restarts|retries|hits|misses)(?:_(?:active|open|pending|total|count|ready|current))?$"
)
_NUMBERS = frozenset(
    {Unit.REQUESTS, Unit.TOKENS, Unit.EVENTS, Unit.REQUESTS_PER_SECOND, Unit.TOKENS_PER_SECOND, Unit.EVENTS_PER_SECOND}
)
_KEEPING = frozenset(
    {
        "avg_over_time",
        "min_over_time",
        "max_over_time",
        "last_over_time",
        "abs",
        "round",
        "clamp_min",
        "clamp_max",
        "label_replace",
    }
)


def unit_said(node: Node, corpus: Corpus) -> Unit | None:
    """Its unit, as far as exporters or names say it; of numbers of whatever things, also per second, EVENTS."""
    found = unit_of(node, corpus)
    if found is not None:
        return Unit.EVENTS if found in _NUMBERS else found
    return _of_names(node, corpus)


def _of_names(node: Node, corpus: Corpus) -> Unit | None:
    rated = False
    while not isinstance(node, SeriesNode):
        match node:
            case AggregateNode(operator="sum" | "avg" | "max" | "min" | "topk" | "bottomk"):
                node = node.of
            case CallNode(name="rate" | "irate" | "increase", arguments=(of,)):
                node, rated = of, True
            case CallNode(name=name) if name in _KEEPING and node.arguments:
                node = node.arguments[0]
            case _:
                return None
    if node.name in corpus.recorded or node.name.endswith(OF_MOMENTS):
        return None
    said = None if rated else _LAST_WORDS.get(node.name.rpartition("_")[2])
    return said or (Unit.EVENTS if _THINGS.search(node.name) else None)
