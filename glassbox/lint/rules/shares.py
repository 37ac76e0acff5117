"""Shares that are not what they look like: of a series in itself, of a limit that is 0, and of more than there is."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.queries import Query
from glassbox.lint.words import listed
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode, is_scalar, series_of

# What is 0 where there is no limit, with what then has none (docs/storage/prometheus.md of cAdvisor; redis.conf, maxmemory; tsdb/db.go
# of Prometheus).
_LIMITS = {
    "container_spec_memory_limit_bytes": "containers",
    "prometheus_tsdb_retention_limit_bytes": "a Prometheus",
    "redis_memory_max_bytes": "a Redis",
}
_LIMIT_IN_WORDS = re.compile(r"\d ?[KMGT]i?B\W+(?:memory )?limit|\blimit (?:of|is|=) ?\d+ ?[KMGT]i?B", re.IGNORECASE)
_FIX_OF_LIMIT = "Divide by the limits above 0 alone, as in x / ({} > 0)."
# Labels of which a value says which container is meant.
_CHOOSES_ONE = ("container", "container_name", "name", "pod", "pod_name")


@lint_rule(
    "divided-by-itself",
    Severity.ERROR,
    title="Series that are divided by themselves",
    why="Prometheus joins the two sides where all their labels are equal, so that each series that the left side picks meets itself: "
    "the share is always 1, and one error among a million requests is 100%.",
    fix="Aggregate both sides without the label that is picked, as in sum(...) / sum(...) or sum by (job) (...) / sum by (job) (...).",
    bad=as_alert('rate(requests_total{code=~"5.."}[5m]) / rate(requests_total[5m]) > 0.05'),
    good=as_alert('sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05'),
)
def divided_by_itself(corpus: Corpus) -> Iterator[Defect]:
    """Of two sides that differ only in what the left one picks besides, by labels that both keep, without `on` or `ignoring`."""
    for query, quotient in corpus.quotients:
        above = _unscaled(quotient.left)
        if not quotient.matching and (picked := _picked(above, quotient.right)):
            name = next(series_of(above)).name
            message = f"Both sides have {listed(sorted(picked))}, so that each series of {name} is divided by itself, which is always 1."
            yield in_query(query, message, name)


@lint_rule(
    "limit-of-zero",
    Severity.WARNING,
    title="A share of a limit of 0, which is what has no limit",
    why="The limit of a container, a Redis or a Prometheus without one is 0, and a number divided by 0 is infinite: "
    "an alert always fires, and an average of recorded shares is infinite too.",
    fix="Divide by the limits above 0 alone, as in x / (container_spec_memory_limit_bytes > 0).",
    bad=as_alert("container_memory_working_set_bytes / container_spec_memory_limit_bytes > 0.9"),
    good=as_alert("container_memory_working_set_bytes / (container_spec_memory_limit_bytes > 0) > 0.9"),
)
def limit_of_zero(corpus: Corpus) -> Iterator[Defect]:
    """Where the alert or the recorded series asks nothing else of them, names no container, which may well have a limit, and tells nobody which limit there is; in panels where such shares are added up or averaged."""
    for rule in (each for each in corpus.rules if not _says_its_limit(each)):
        share = _compared_with_less(rule.query.tree) if rule.is_alert else rule.query.tree
        share = _unscaled(share) if share else None
        divisor = share.right if isinstance(share, BinaryNode) and share.operator == "/" else None
        if isinstance(divisor, SeriesNode) and divisor.name in _LIMITS and not _names_one(share):
            effect = "always fires" if rule.is_alert else "is infinite"
            message = f"{rule.name} {effect} for {_LIMITS[divisor.name]} without a limit."
            yield in_query(rule.query, message, divisor.name, _FIX_OF_LIMIT.format(divisor.name))
    for query in (query for panel in corpus.panels for query in panel.queries):
        held = any(isinstance(node, CallNode) and node.name in ("clamp_max", "clamp") for node in query.nodes)
        for node in () if held else query.nodes:
            if isinstance(node, AggregateNode) and (divisor := _limit_below(node)):
                message = f"With {_LIMITS[divisor.name]} without a limit, the {node.operator} is infinite."
                yield in_query(query, message, divisor.name, _FIX_OF_LIMIT.format(divisor.name))


def _limit_below(node: AggregateNode) -> SeriesNode | None:
    """The limit by which it divides what it adds up or averages, if that may be 0."""
    share = _unscaled(node.of) if node.operator in ("sum", "avg") else None
    if not isinstance(share, BinaryNode) or share.operator != "/" or _names_one(share):
        return None
    return share.right if isinstance(share.right, SeriesNode) and share.right.name in _LIMITS else None


def _says_its_limit(rule: GroupedRule) -> bool:
    return any(map(_LIMIT_IN_WORDS.search, rule.annotations.values()))


def _compared_with_less(node: Node | None) -> Node | None:
    """What must be above a number, if anything must."""
    if isinstance(node, BinaryNode) and node.operator in (">", ">=") and is_scalar(node.right):
        return node.left
    return None


def _names_one(share: Node | None) -> bool:
    """Whether a matcher of one of the sides, which are joined by their labels, says which container is meant."""
    matchers = (each for series in series_of(share) for each in series.matchers) if share else ()
    return any(each.label in _CHOOSES_ONE and each.operator == "=" and each.value for each in matchers)


def _unscaled(node: Node) -> Node:
    """What is multiplied by a number."""
    while isinstance(node, BinaryNode) and node.operator == "*" and is_scalar(node.left) != is_scalar(node.right):
        node = node.right if is_scalar(node.left) else node.left
    return node


def _picked(one: Node, other: Node) -> frozenset[str] | None:
    """The labels by which one picks among the series of the other, all of which both still have; None where they differ in more."""
    if isinstance(one, SeriesNode) and isinstance(other, SeriesNode):
        return _matched_besides(one, other)
    if isinstance(one, CallNode) and isinstance(other, CallNode):
        same = one.name == other.name and len(one.arguments) == len(other.arguments) == 1
        return _picked(one.arguments[0], other.arguments[0]) if same else None
    if isinstance(one, AggregateNode) and isinstance(other, AggregateNode):
        picked = _picked(one.of, other.of)
        return picked if picked and one.is_like(other) and _keeps(one, picked) else None
    return None


def _matched_besides(one: SeriesNode, other: SeriesNode) -> frozenset[str] | None:
    read = [(each.name, each.window, each.offset_seconds, each.either) for each in (one, other)]
    if read[0] != read[1] or one.either or not one.name or not set(other.matchers) <= set(one.matchers):
        return None
    return frozenset(each.label for each in one.matchers if each not in other.matchers)


def _keeps(node: AggregateNode, labels: frozenset[str]) -> bool:
    """Whether the result has all of these labels, whatever a variable stands for."""
    named = node.labels or ()
    if any(map(is_of_a_variable, named)):
        return False
    return labels.isdisjoint(named) if node.without else labels <= set(named)


# Far more than one per second as soon as anything happens.
_NEVER_FEW = re.compile(r"bytes|octets|cfs_periods")
_HELD_FROM = 0.1


_TOO_MUCH = "Below one event per second, {} is taken for one per second or more."


@lint_rule(
    "held-divisor",
    Severity.WARNING,
    title="A share or a mean that is too low where little happens",
    why="A divisor of clamp_min(rate(x), 1) or rate(x) + 1 is meant against a division by 0, and is never below one event per second: "
    "at one request in ten seconds, all of which fail, the share is 10%.",
    fix="Hold it at next to nothing, as in clamp_min(rate(x[5m]), 1e-9), or divide by increase(x[5m]).",
    bad=on_panel('sum(rate(requests_total{code="500"}[5m])) / clamp_min(sum(rate(requests_total[5m])), 1)'),
    good=on_panel('sum(rate(requests_total{code="500"}[5m])) / clamp_min(sum(rate(requests_total[5m])), 1e-9)'),
)
def held_divisor(corpus: Corpus) -> Iterator[Defect]:
    """Of rates of counters, bytes aside; in alerts only where too low a value fires, since with the others it may be meant. One finding for each dashboard."""
    for board in corpus.boards:
        held = [(query, rate) for query in board.queries for rate in _held(query)]
        if held:
            query, rate = held[0]
            more = f" {len(held)} divisors of the dashboard are held so." if len(held) > 1 else ""
            yield in_query(query, f"{_TOO_MUCH.format(rate)}{more}", rate)
    for rule in corpus.rules:
        if not rule.is_alert or any(
            isinstance(node, BinaryNode) and node.operator in ("<", "<=") for node in rule.query.nodes
        ):
            for rate in _held(rule.query):
                yield in_query(rule.query, _TOO_MUCH.format(rate), rate)


def _held(query: Query) -> Iterator[str]:
    """The counters of the rates below a line that are held at a number of events per second, or to which such a number is added."""
    for node in query.nodes:
        below = node.right if isinstance(node, BinaryNode) and node.operator == "/" else None
        while isinstance(below, AggregateNode):
            below = below.of
        match below:
            case (
                CallNode(name="clamp_min", arguments=(of, NumberNode(least)))
                | BinaryNode(operator="+", left=of, right=NumberNode(least))
            ) if least >= _HELD_FROM:
                counter = _whose_rate(of)
                yield from (counter,) if counter and not _NEVER_FEW.search(counter) else ()


def _whose_rate(node: Node) -> str:
    """The counter of which this is the rate, summed with whatever; empty for all else."""
    while not isinstance(node, CallNode):
        if isinstance(node, AggregateNode):
            node = node.of
        elif isinstance(node, BinaryNode) and node.operator == "+":
            node = node.left
        else:
            return ""
    of = node.arguments[0] if node.name in ("rate", "irate") else None
    return of.name if isinstance(of, SeriesNode) else ""


@lint_rule(
    "share-of-a-pool",
    Severity.WARNING,
    title="The share of each memory pool of a JVM, where the heap is meant",
    why="Micrometer reports each pool by itself, and -1 where one has no limit: the share of such a pool is negative, "
    "and a small pool is often nearly full while the heap is not.",
    fix="Add the pools up on both sides, as in sum by (instance) (...) / sum by (instance) (...), or choose one by its id.",
    bad=as_alert('jvm_memory_used_bytes{area="heap"} / jvm_memory_max_bytes{area="heap"} > 0.9'),
    good=as_alert(
        'sum by (instance) (jvm_memory_used_bytes{area="heap"}) / sum by (instance) (jvm_memory_max_bytes{area="heap"}) > 0.9'
    ),
)
def share_of_a_pool(corpus: Corpus) -> Iterator[Defect]:
    """Where neither side adds anything up or chooses a pool, and no legend names the pool."""
    for query, quotient in corpus.quotients:
        above, below = _unscaled(quotient.left), quotient.right
        if _is_of_pools(above, "used") and _is_of_pools(below, "max") and "id}}" not in query.legend.replace(" ", ""):
            yield in_query(query, "Each memory pool is judged by itself.", "jvm_memory_used_bytes")


def _is_of_pools(node: Node, what: str) -> bool:
    if not isinstance(node, SeriesNode) or node.name != f"jvm_memory_{what}_bytes":
        return False
    return all(each.label not in ("id", "pool") for each in node.matchers)


RULES = (divided_by_itself, limit_of_zero, held_divisor, share_of_a_pool)
