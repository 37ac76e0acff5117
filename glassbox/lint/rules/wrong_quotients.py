"""Divisions whose result is another number than the one that is meant."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import COUNTER
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.misleading_numbers import says_since_start
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, Node, NumberNode, SeriesNode, is_scalar

_USED = re.compile(r"(?<![a-z])used(?![a-z])", re.IGNORECASE)


@lint_rule(
    "average-since-start",
    Severity.WARNING,
    title="An average of all that ever happened",
    why="Sum and count of a histogram are counters: without a rate, their quotient is the average since the server started, and hardly moves any more.",
    fix="Divide the rates, as in sum(rate(x_sum[5m])) / sum(rate(x_count[5m])).",
    bad=on_panel("sum(latency_seconds_sum) / sum(latency_seconds_count)"),
    good=on_panel("sum(rate(latency_seconds_sum[5m])) / sum(rate(latency_seconds_count[5m]))"),
)
def average_since_start(corpus: Corpus) -> Iterator[Defect]:
    """Of the two parts of one histogram or summary, of two known counters, or of hits and misses, without a function around them, unless a title says so; recorded ones are rates."""
    meant = {id(query) for panel in corpus.panels for query in panel.queries if says_since_start(panel, query)}
    for query, quotient in corpus.quotients:
        above, below = _whole(quotient.left, corpus), _whole(quotient.right, corpus)
        below = below or _besides(above, quotient.right, corpus)
        counts = _are_parts(above, below) or _are_counters((above, below), corpus) or _are_hits(above, below)
        if id(query) not in meant and counts:
            yield in_query(query, f"{above} and {below} count everything since the server started.", above)


@lint_rule(
    "used-by-free",
    Severity.ERROR,
    title="What is used divided by what is free",
    why="It is not a share: at half it is 1 already, and 0.9 stands for 47 percent.",
    fix="Divide by all there is, as in used / (used + free).",
    bad=as_alert("DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_FREE > 0.9"),
    good=as_alert("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.9"),
)
def used_by_free(corpus: Corpus) -> Iterator[Defect]:
    """Of two series whose names differ in the words used and free alone; who asks for more than 1 knows what it is."""
    for query, quotient in corpus.quotients:
        above, below = _whole(quotient.left, corpus), _whole(quotient.right, corpus)
        named = _USED.search(above) and _USED.sub("free", above).lower() == below.lower()
        if named and not any(_is_above_one(quotient, node) for node in query.nodes):
            yield in_query(query, f"{above} is divided by {below}.", above)


def _is_above_one(quotient: Node, node: Node) -> bool:
    compared = isinstance(node, BinaryNode) and node.operator in COMPARISONS and node.left is quotient
    return compared and isinstance(node, BinaryNode) and isinstance(node.right, NumberNode) and node.right.value > 1


def _whole(node: Node, corpus: Corpus) -> str:
    """The series of which this is the value itself, in whatever aggregation; empty for all else and for recorded ones."""
    while isinstance(node, AggregateNode) and node.operator in ("sum", "avg", "max", "min"):
        node = node.of
    is_bare = isinstance(node, SeriesNode) and node.window is None and not node.offset_seconds
    return node.name if is_bare and isinstance(node, SeriesNode) and node.name not in corpus.recorded else ""


def _besides(part: str, whole: Node, corpus: Corpus) -> str:
    """The other of two series that are added up, of which one is named; empty for all else."""
    while True:
        if isinstance(whole, AggregateNode) and whole.operator == "sum":
            whole = whole.of
        elif isinstance(whole, BinaryNode) and whole.operator == "+" and is_scalar(whole.right):
            # Against a division by zero.
            whole = whole.left
        else:
            break
    if not part or not isinstance(whole, BinaryNode) or whole.operator != "+":
        return ""
    names = [_whole(each, corpus) for each in (whole.left, whole.right)]
    return names[1 - names.index(part)] if part in names else ""


def _are_parts(above: str, below: str) -> bool:
    """Whether they are sum and count of one histogram, or a sum of seconds and a total."""
    ends = above.endswith("_sum") and below.endswith("_count")
    same = ends and above.removesuffix("_sum") == below.removesuffix("_count")
    return same or (above.endswith("_seconds_sum") and below.endswith("_total"))


def _are_hits(above: str, below: str) -> bool:
    """Whether they are hits and misses, both with the ending of counters."""
    words = {word for name in (above, below) for word in ("hit", "miss") if word in name}
    return len(words) == 2 and all(name.endswith("_total") for name in (above, below))


def _are_counters(names: tuple[str, str], corpus: Corpus) -> bool:
    return all(corpus.type_of(name) == COUNTER for name in names)


RULES = (average_since_start, used_by_free)
