"""Functions that do not fit what a metric is: a gauge, a counter, a part of a histogram. Counters without any are in `raw_counters`."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import COUNTER, GAUGE, OF_MOMENTS, ExposedSeries
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.kept_states import LAST_CODES
from glassbox.lint.rules.windows import OF_COUNTERS, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.metrics.types import Unit
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode, series_of, walk

# Ray's name of the process that exposes a series.
_OF_A_PROCESS = "WorkerId"
_OF_GAUGES = ("delta", "idelta", "deriv", "predict_linear")
# Each with the place of its buckets among its arguments.
_BUCKETS = {"histogram_quantile": 1, "histogram_quantiles": 0}
_QUANTILES = tuple(_BUCKETS)
_DURATIONS_OR_NONE = ("", "none", "short", "s", "ms")
_OF_ALL_TIME = re.compile(r"\b(?:consumed|spent|busy)\b", re.IGNORECASE)
_TOKENS = re.compile(r"\btok|tok/s|\btps\b", re.IGNORECASE)


@lint_rule(
    "rate-of-gauge",
    Severity.ERROR,
    title="A rate of a gauge",
    why="Every fall of the value is taken for a restart, and the whole value that follows is added.",
    fix="Use delta or deriv, or show the gauge itself.",
    bad=on_panel("rate(vllm:num_requests_running[5m])"),
    good=on_panel("deriv(vllm:num_requests_running[5m])"),
)
def rate_of_gauge(corpus: Corpus) -> Iterator[Defect]:
    """Of metrics whose exporter says that they are gauges; the rate of a clock is how fast it goes, and an alert may ask whether a start is another."""
    for query in corpus.queries:
        for function, read, _ in calls(query, OF_COUNTERS):
            moment = isinstance(read, SeriesNode) and read.name.endswith(OF_MOMENTS)
            moment = moment and (query.kind is QueryKind.ALERT or not _is_start(read))
            if (
                isinstance(read, SeriesNode)
                and corpus.type_of(read.name) == GAUGE
                and not (moment or read.name in LAST_CODES)
            ):
                yield in_query(query, f"{function} of {read.name}, which is a gauge.", read.name)


def _is_start(read: Node) -> bool:
    return isinstance(read, SeriesNode) and read.name.endswith("_start_time_seconds")


@lint_rule(
    "delta-of-counter",
    Severity.ERROR,
    title="A difference of a counter",
    why="After a restart a counter begins at 0 again: delta and deriv take that for a fall.",
    fix="Use increase or rate.",
    bad=on_panel("delta(vllm:generation_tokens_total[5m])"),
    good=on_panel("increase(vllm:generation_tokens_total[5m])"),
)
def delta_of_counter(corpus: Corpus) -> Iterator[Defect]:
    """Of metrics whose exporter says that they are counters."""
    for query in corpus.queries:
        for function, read, _ in calls(query, _OF_GAUGES):
            if isinstance(read, SeriesNode) and corpus.type_of(read.name) == COUNTER:
                yield in_query(query, f"{function} of {read.name}, which is a counter.", read.name)


@lint_rule(
    "sum-without-count",
    Severity.WARNING,
    title="A sum of a histogram that is not divided by its count",
    why="The rate of the sum of seconds is seconds per second, over all requests together: it grows with the traffic, and is not how long one takes.",
    fix="Divide by the rate of the count, as in sum(rate(x_sum[5m])) / sum(rate(x_count[5m])).",
    bad=on_panel("rate(vllm:request_queue_time_seconds_sum[5m])"),
    good=on_panel(
        "sum(rate(vllm:request_queue_time_seconds_sum[5m])) / sum(rate(vllm:request_queue_time_seconds_count[5m]))"
    ),
)
def sum_without_count(corpus: Corpus) -> Iterator[Defect]:
    """Of durations and of what is the largest of something, in panels whose unit does not say that it is a share or a number of requests, and whose title not that it is time spent."""
    for panel in (each for each in corpus.panels if not _OF_ALL_TIME.search(each.title)):
        for query in panel.queries:
            known = _only_read(query, corpus)
            if known and known.part == "sum" and _adds_nothing_up(known) and panel.unit in _DURATIONS_OR_NONE:
                yield in_query(query, f"{known.name} is not divided by {known.metric}_count.", known.name)


def _adds_nothing_up(known: ExposedSeries) -> bool:
    """Whether the observations are durations of requests that ran side by side, or the largest of something."""
    return known.unit is Unit.SECONDS or "_max_" in known.metric


def _only_read(query: Query, corpus: Corpus) -> ExposedSeries | None:
    """The one series that it shows the rate of, in whatever aggregation, and whatever lends it labels."""
    node = query.tree
    while isinstance(node, AggregateNode) or (isinstance(node, BinaryNode) and _lends(node)):
        node = node.of if isinstance(node, AggregateNode) else node.left
    read = node.arguments[0] if isinstance(node, CallNode) and node.name in OF_COUNTERS and node.arguments else None
    return corpus.known_series(read.name) if isinstance(read, SeriesNode) else None


def _lends(node: BinaryNode) -> bool:
    """Whether the right side only lends labels to the left one."""
    return node.operator == "*" and node.group == "left" and bool(node.lent)


@lint_rule(
    "count-of-observations",
    Severity.WARNING,
    title="The count of a histogram of tokens, shown as tokens",
    why="The count of a histogram is how often something was observed, such as steps or requests; how much it was in all is its sum.",
    fix="Read the sum, or call it what it counts.",
    bad=on_panel("rate(vllm:iteration_tokens_total_count[5m])", "Tokens/s"),
    good=on_panel("rate(vllm:iteration_tokens_total_sum[5m])", "Tokens/s"),
)
def count_of_observations(corpus: Corpus) -> Iterator[Defect]:
    """Where a panel or legend speaks of tokens."""
    for panel in corpus.panels:
        for query in panel.queries:
            known = _only_read(query, corpus)
            if (
                known
                and known.part == "count"
                and _is_of_tokens(known, corpus)
                and _TOKENS.search(f"{panel.title} {query.legend}")
            ):
                yield in_query(query, f"{known.name} counts observations, not tokens.", known.name)


def _is_of_tokens(known: ExposedSeries, corpus: Corpus) -> bool:
    whole = corpus.known_series(f"{known.metric}_sum")
    return whole is not None and whole.unit is Unit.TOKENS


@lint_rule(
    "sum-of-ratios",
    Severity.WARNING,
    title="A sum of ratios",
    why="Two caches that are half full are not one that is full.",
    fix="Use avg or max, or divide the sum of what is used by the sum of what there is.",
    bad=on_panel("sum(vllm:kv_cache_usage_perc)"),
    good=on_panel("max(vllm:kv_cache_usage_perc)"),
)
def sum_of_ratios(corpus: Corpus) -> Iterator[Defect]:
    """Of gauges whose exporter says that they are ratios, of several series or over time, unless the sum is divided, or by the process that has the one."""
    for query in corpus.queries:
        divided = {id(side) for node in query.nodes if isinstance(node, BinaryNode) for side in (node.left, node.right)}
        for node in (each for each in query.nodes if id(each) not in divided):
            if isinstance(node, AggregateNode) and _adds_up(node) and (name := _ratio_in(node.of, corpus)):
                yield in_query(query, f"{name} is a ratio of 0 to 1, which cannot be added up.", "sum")
            elif (
                isinstance(node, CallNode)
                and node.name == "sum_over_time"
                and (name := _ratio_in(node.arguments[0], corpus))
            ):
                message = f"{name} is a ratio of 0 to 1: what it adds up to is more, the more often it is scraped."
                yield in_query(query, message, node.name, fix="Use avg_over_time or max_over_time.")


def _ratio_in(node: Node, corpus: Corpus) -> str:
    """The first of its alternatives that is known to be a ratio; empty where there is none."""
    known = [corpus.known_series(each.name) for each in _alternatives(node)]
    return next((each.name for each in known if each and each.type == GAUGE and each.unit is Unit.RATIO), "")


def _alternatives(node: Node) -> Iterator[SeriesNode]:
    """The selectors of which it is one or another."""
    if isinstance(node, SeriesNode):
        yield node
    elif isinstance(node, BinaryNode) and node.operator == "or":
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)


def _adds_up(node: AggregateNode) -> bool:
    """Whether it is a sum of several series."""
    by_process = _OF_A_PROCESS in (node.labels or ()) and not node.without
    return node.operator == "sum" and not by_process


@lint_rule(
    "quantile-in-percent",
    Severity.ERROR,
    title="A quantile outside of 0 to 1",
    why="Prometheus returns infinity for a quantile above 1, and minus infinity for one below 0: an alert always fires, or never does.",
    fix="Write it as a share: 0.95 for 95 %.",
    bad=on_panel("histogram_quantile(95, sum by (le) (rate(latency_seconds_bucket[5m])))"),
    good=on_panel("histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m])))"),
)
def quantile_in_percent(corpus: Corpus) -> Iterator[Defect]:
    """Of every function and aggregation that takes a quantile, where it is a number."""
    for query in corpus.queries:
        for node in query.nodes:
            asked = _asked_quantile(node)
            if isinstance(asked, NumberNode) and not 0 <= asked.value <= 1:
                yield in_query(query, f"There is no quantile {asked.value:g}.", f"{asked.value:g}")


def _asked_quantile(node: Node) -> Node | None:
    if isinstance(node, AggregateNode):
        return node.parameter if node.operator == "quantile" else None
    if isinstance(node, CallNode) and node.name in ("histogram_quantile", "quantile_over_time"):
        return node.arguments[0]
    return None


@lint_rule(
    "quantile-without-le",
    Severity.ERROR,
    title="A quantile of buckets that have lost their bounds",
    why="Without the label le, histogram_quantile does not know what the buckets are, and has no result.",
    fix="Keep le in the aggregation, as in sum by (le, ...).",
    bad=on_panel("histogram_quantile(0.9, sum by (job) (rate(latency_seconds_bucket[5m])))"),
    good=on_panel("histogram_quantile(0.9, sum by (job, le) (rate(latency_seconds_bucket[5m])))"),
)
def quantile_without_le(corpus: Corpus) -> Iterator[Defect]:
    """Of classic histograms: native ones have no le, and those of VictoriaMetrics have vmrange instead, which a query may keep."""
    for query in corpus.queries:
        for node in query.nodes:
            if isinstance(node, CallNode) and node.name in _QUANTILES:
                buckets = [each for each in series_of(node) if "_bucket" in each.name]
                left = corpus.labels_of(node.arguments[_BUCKETS[node.name]])
                if buckets and "le" not in left.possible and "vmrange" not in left.expected:
                    yield in_query(query, f"The aggregation of {buckets[0].name} drops le.", node.name)


@lint_rule(
    "histogram-of-buckets",
    Severity.WARNING,
    title="A histogram panel of buckets",
    why="Grafana's histogram panel counts into buckets what it is given. Buckets of Prometheus are counts already, each with those below it: counted again they mean nothing.",
    fix="Show them in a heatmap or bar gauge with the format heatmap.",
    bad=on_panel("sum by (le) (rate(latency_seconds_bucket[5m]))", panel={"type": "histogram"}),
    good=on_panel("sum by (le) (rate(latency_seconds_bucket[5m]))", panel={"type": "heatmap"}, format="heatmap"),
)
def histogram_of_buckets(corpus: Corpus) -> Iterator[Defect]:
    """Unless the query has the format heatmap, with which Grafana takes buckets for what they are."""
    for panel in corpus.panels:
        for query in panel.queries if panel.type == "histogram" else ():
            if query.tree and query.format != "heatmap" and _gives_buckets(query.tree):
                yield in_query(query, "It counts buckets into buckets.", "_bucket")


def _gives_buckets(node: Node) -> bool:
    quantile = any(isinstance(each, CallNode) and each.name in _QUANTILES for each in walk(node))
    return not quantile and any(each.name.endswith("_bucket") for each in series_of(node))


RULES = (
    rate_of_gauge,
    delta_of_counter,
    sum_without_count,
    count_of_observations,
    sum_of_ratios,
    quantile_in_percent,
    quantile_without_le,
    histogram_of_buckets,
)
