"""What Prometheus forgets before an alert asks for it."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.words import duration
from glassbox.syntax.promql_durations import seconds_of
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode

LOOKBACK_SECONDS = 300
"""How old a sample may be that Prometheus takes for the newest, unless it is told otherwise (--query.lookback-delta)."""
_NOW = CallNode("time", (), scalar=True)


@lint_rule(
    "forgotten-before",
    Severity.WARNING,
    title="An alert on how long something is gone, which is forgotten before",
    why="Prometheus takes a sample for the newest for five minutes at most, and one of a target that no longer has the series not even that long. "
    "Then there is nothing to compare, and the alert never fires.",
    fix="Ask whether it was there before: x offset 10m unless x, or absent_over_time(x[10m]) of one that you name.",
    bad=as_alert("time() - timestamp(heartbeat) > 600"),
    good=as_alert("heartbeat offset 10m unless heartbeat", "1m"),
)
def forgotten_before(corpus: Corpus) -> Iterator[Defect]:
    """Of the age of samples, and of cAdvisor's container_last_seen, which is the time of each scrape, where the threshold and the `for` together are five minutes or more; the timestamp of what is computed is that of the evaluation."""
    for alert in (each for each in corpus.alerts if not each.is_grafana):
        for node in alert.query.nodes:
            of, limit = _compared_age(node)
            waits = (seconds_of(alert.for_text) or 0) if node is alert.query.tree else 0
            if (why := _why_young(of)) and limit + waits >= LOOKBACK_SECONDS:
                longer = f" for {alert.for_text}" if limit < LOOKBACK_SECONDS else ""
                yield in_query(alert.query, f"{why}: it is never older than {duration(limit)}{longer}.")


def _compared_age(node: Node) -> tuple[Node, float]:
    """The moment of which this says that it is longer ago than so many seconds."""
    match node:
        case BinaryNode(
            operator=">" | ">=", left=BinaryNode(operator="-", left=now, right=of), right=NumberNode(limit)
        ) if now == _NOW:
            return of, limit
        case BinaryNode(
            operator="<" | "<=", left=of, right=BinaryNode(operator="-", left=now, right=NumberNode(limit))
        ) if now == _NOW:
            return of, limit
    return node, 0


def _why_young(of: Node) -> str:
    """Why this moment is never long ago, where it is that of the newest samples; empty where it is another."""
    while isinstance(of, AggregateNode) and of.operator in ("max", "min"):
        of = of.of
    match of:
        # Its value is the time at which it is asked for (metrics/prometheus.go of cAdvisor).
        case SeriesNode(name="container_last_seen" as name, offset_seconds=0):
            return f"{name} is forgotten after {duration(LOOKBACK_SECONDS)} at the latest"
        case CallNode(name="timestamp", arguments=(SeriesNode(offset_seconds=0) as read,)):
            return f"{read.name or 'What is gone'} is forgotten after {duration(LOOKBACK_SECONDS)} at the latest"
        case CallNode(name="timestamp", arguments=(CallNode() | AggregateNode() | BinaryNode(),)):
            return "The timestamp of what is computed is that of the evaluation"
    return ""


RULES = (forgotten_before,)
