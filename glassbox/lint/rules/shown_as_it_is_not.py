"""Numbers of panels that are right and are taken for others."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import GAUGE, HISTOGRAM
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.averages import is_mean
from glassbox.lint.rules.bucket_bounds import known_bounds
from glassbox.lint.rules.misleading_numbers import QUANTILES
from glassbox.lint.rules.windows import OF_COUNTERS, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode, is_scalar, series_of

_ONE_NUMBER = ("stat", "singlestat", "gauge", "bargauge")
_SAYS_OF_WHAT = re.compile(r"\b(?:range|period|selected|window|whole|entire|overall)\b", re.IGNORECASE)
# Of a counter `x_total`, the histogram `request_x` has each request's share.
_OF_REQUESTS = re.compile(r"(?P<exporter>\w+[:_])(?P<what>\w+)_total")


@lint_rule(
    "zero-for-missing",
    Severity.WARNING,
    title="A time, an average or a share of successes that is 0 where nothing is known",
    why="With `or vector(0)`, a latency of 0 seconds is shown when no request was answered or the target is down: it looks best when it is worst. "
    "With clamp_min below the line, no request at all is shown as a success of 0%.",
    fix="Take out `or vector(0)` or clamp_min, and let the panel say that there is no data.",
    bad=on_panel("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m]))) or vector(0)"),
    good=on_panel("sum(rate(requests_total[5m])) or vector(0)"),
)
def zero_for_missing(corpus: Corpus) -> Iterator[Defect]:
    """In panels, of quantiles, averages and means, and of shares of what a label calls a success or a hit: a number of events may well be 0."""
    for panel in corpus.panels:
        for query in panel.queries:
            for node in query.nodes:
                if what := _shown_as_zero(node):
                    yield in_query(query, f"Where nothing is known, {what} is shown as 0.", "vector")
                elif succeeded := _share_of_successes(node):
                    message = f"Where nothing happens, the share of {succeeded!r} is shown as 0."
                    yield in_query(query, message, "clamp_min")


_ZERO = CallNode("vector", (NumberNode(0),))


def _shown_as_zero(node: Node) -> str:
    """What `or vector(0)` gives a value that it does not have; empty for all else."""
    return (
        _never_zero(node.left) if isinstance(node, BinaryNode) and (node.operator, node.right) == ("or", _ZERO) else ""
    )


_SUCCESSES = re.compile(r"hits?|ok|success(?:ful)?|succeeded|2\.\.|2xx")


def _share_of_successes(node: Node) -> str:
    """What the label of a success says whose share has a divisor that is never 0; empty for all else."""
    if not isinstance(node, BinaryNode) or node.operator != "/":
        return ""
    if not isinstance(node.right, CallNode) or node.right.name != "clamp_min":
        return ""
    chosen = (each.value for series in series_of(node.left) for each in series.matchers if each.operator in ("=", "=~"))
    return next(filter(_SUCCESSES.fullmatch, chosen), "")


def _never_zero(node: Node) -> str:
    """What it is that 0 does not stand for, behind the factors around it; empty for all else."""
    while isinstance(node, BinaryNode) and node.operator == "*" and (is_scalar(node.left) or is_scalar(node.right)):
        node = node.right if is_scalar(node.left) else node.left
    if isinstance(node, CallNode) and node.name in QUANTILES:
        return "a quantile"
    return (
        "an average"
        if is_mean(node) or (isinstance(node, AggregateNode) and node.operator in ("avg", "quantile"))
        else ""
    )


@lint_rule(
    "quantile-of-whole-range",
    Severity.INFO,
    title="A quantile of the whole range, shown as if it were one of now",
    why="Over $__range, ten bad minutes of a day are hidden among all the others, and the number depends on which range somebody chose.",
    fix="Use $__rate_interval, or say in the title that it is of the selected range.",
    bad=on_panel(
        "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[$__range])))",
        panel={"type": "stat", "title": "Latency (P90)"},
    ),
    good=on_panel(
        "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[$__range])))",
        panel={"type": "stat", "title": "Latency (P90) of the selected range"},
    ),
)
def quantile_of_whole_range(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of single numbers whose title does not say of what they are: nobody reads more at a glance."""
    for board in corpus.boards:
        hidden = [panel for panel in board.panels if panel.type in _ONE_NUMBER and _of_range(panel)]
        if hidden:
            asked = next(query for query in hidden[0].queries if query.tree)
            message = f"{len(hidden)} single numbers are quantiles of the whole range, such as {hidden[0].title!r}."
            yield in_query(asked, message, "$__range")


def _of_range(panel: BoardPanel) -> bool:
    said = _SAYS_OF_WHAT.search(panel.title)
    asked = [
        query
        for query in panel.queries
        if any(isinstance(node, CallNode) and node.name in QUANTILES for node in query.nodes)
    ]
    return not said and any(window.variable == "$__range" for query in asked for *_, window in calls(query))


_NUMBERS_OF_POINTS = {"sum": "adds up", "count": "counts"}


@lint_rule(
    "sum-of-points",
    Severity.WARNING,
    title="A number that adds up or counts the points of a line",
    why="How many points there are depends on the range and on the width of the screen, and so does the number: it is not how much there was.",
    fix="Show the last value, or what came together over the range, as increase(x[$__range]) in an instant query.",
    bad=on_panel("sum(rate(requests_total[5m]))", panel={"type": "stat", "reductions": ("sum",)}),
    good=on_panel("sum(rate(requests_total[5m]))", panel={"type": "stat", "reductions": ("lastNotNull",)}),
)
def sum_of_points(corpus: Corpus) -> Iterator[Defect]:
    """Of single numbers that no transformation makes, of queries over a range: a sum of rates and of known gauges, and the count of any; increases of each step may be added up. Also of sums in the legend of lines."""
    for panel in (each for each in corpus.panels if each.type in _ONE_NUMBER and not each.other_units):
        for reduced in filter(_NUMBERS_OF_POINTS.__contains__, panel.reductions):
            for query in (each for each in panel.queries if not (each.instant or each.hidden)):
                if query.tree and (reduced == "count" or _is_of_now(query.tree, corpus)):
                    yield in_query(query, f"The panel {_NUMBERS_OF_POINTS[reduced]} the points of the line.")
    for panel in (each for each in corpus.panels if "sum" in each.legend_calculations and not each.other_units):
        summed = [
            query for query in panel.queries if query.tree and not query.hidden and _is_of_now(query.tree, corpus)
        ]
        if summed:
            yield in_query(summed[0], "The legend adds up the points of each line.")


def _is_of_now(node: Node, corpus: Corpus) -> bool:
    """Whether it is a rate or a known gauge, in whatever aggregation and behind whatever factor."""
    while True:
        match node:
            case AggregateNode():
                node = node.of
            case BinaryNode() if is_scalar(node.right):
                node = node.left
            case CallNode(name="round" | "ceil" | "floor"):
                node = node.arguments[0]
            case _:
                break
    if isinstance(node, SeriesNode):
        return corpus.type_of(node.name) == GAUGE
    return isinstance(node, CallNode) and node.name in ("rate", "irate")


@lint_rule(
    "mean-of-other-requests",
    Severity.WARNING,
    title="An average whose two sides count other requests",
    why="Tokens are counted while a request runs, and requests when they end, those that are given up among the first alone: "
    "the quotient is too high when load rises, and has no meaning while nothing ends.",
    fix="Divide the sum of the histogram by its count.",
    bad=on_panel("sum(rate(vllm:prompt_tokens_total[5m])) / sum(rate(vllm:request_success_total[5m]))"),
    good=on_panel("sum(rate(vllm:request_prompt_tokens_sum[5m])) / sum(rate(vllm:request_prompt_tokens_count[5m]))"),
)
def mean_of_other_requests(corpus: Corpus) -> Iterator[Defect]:
    """Of counters whose exporter has a histogram of what each request had."""
    for query, quotient in corpus.quotients:
        above, below = _grown(quotient.left), _grown(quotient.right)
        if histogram := _of_each_request(above, below, corpus):
            fix = f"Divide {histogram}_sum by {histogram}_count."
            yield in_query(query, f"{above} and {below} count other requests.", above, fix)


def _grown(node: Node) -> str:
    """The counter of which this is the sum of the growth; empty for all else."""
    node = node.of if isinstance(node, AggregateNode) and node.operator == "sum" else node
    read = node.arguments[0] if isinstance(node, CallNode) and node.name in OF_COUNTERS else None
    return read.name if isinstance(read, SeriesNode) else ""


def _of_each_request(above: str, below: str, corpus: Corpus) -> str:
    """The histogram that has for each request what the one counter counts for all, where the other counts requests."""
    found = _OF_REQUESTS.fullmatch(above)
    if not found or not below.startswith(f"{found['exporter']}request") or not below.endswith("_total"):
        return ""
    histogram = f"{found['exporter']}request_{found['what']}"
    return histogram if corpus.type_of(histogram) == HISTOGRAM else ""


@lint_rule(
    "quantile-across-engines",
    Severity.WARNING,
    title="A quantile of histograms with other buckets",
    why="Buckets of one engine are added to those of another that has none at the same bound: the sums are no longer cumulative, and the quantile is of nobody's requests.",
    fix="Take the quantile of each engine by itself.",
    bad=on_panel(
        "histogram_quantile(0.9, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[5m]) or rate(sglang:time_to_first_token_seconds_bucket[5m])))"
    ),
    good=on_panel(
        "histogram_quantile(0.9, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[5m]))) or "
        "histogram_quantile(0.9, sum by (le) (rate(sglang:time_to_first_token_seconds_bucket[5m])))"
    ),
)
def quantile_across_engines(corpus: Corpus) -> Iterator[Defect]:
    """Of buckets that are known, in a sum that keeps no label of the engine."""
    for query in corpus.queries:
        for node in query.nodes:
            for mixed in _sums_of_buckets(node):
                bounds = {each.name: known_bounds(each.name) for each in series_of(mixed) if not _of_one_target(each)}
                known = {name: each for name, each in bounds.items() if each}
                if len(set(known.values())) > 1 and not _ENGINE_LABELS & set(mixed.labels or ()):
                    names = list(known)
                    yield in_query(query, f"{names[0]} and {names[-1]} have other buckets.", names[-1])


def _of_one_target(series: SeriesNode) -> bool:
    """Whether it is a process alone, which runs one engine."""
    return any((each.label, each.operator) == ("instance", "=") for each in series.matchers)


_ENGINE_LABELS = {"inference_engine", "engine_type", "job", "__name__"}


def _sums_of_buckets(node: Node) -> Iterator[AggregateNode]:
    """The innermost sums within a quantile, which is where buckets are added up."""
    if isinstance(node, CallNode) and node.name in QUANTILES:
        waiting = list(node.arguments)
        while waiting:
            each = waiting.pop()
            if isinstance(each, AggregateNode) and each.operator == "sum" and not each.without:
                yield each
            elif isinstance(each, BinaryNode):
                waiting += (each.left, each.right)


RULES = (zero_for_missing, quantile_of_whole_range, sum_of_points, mean_of_other_requests, quantile_across_engines)
