"""Queries that can never have a result."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.series_labels import LABELS_OF_ALL_SERIES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.words import listed
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.result_labels import ResultLabels, matched_labels, selected
from glassbox.syntax.tree import BinaryNode, CallNode, LabelMatcher, Node, SeriesNode, is_scalar, series_of

# What Prometheus, its service discovery, or whoever adds labels to targets gives to all series of one.
_OF_TARGETS = LABELS_OF_ALL_SERIES | {
    *("namespace", "pod", "container", "service", "endpoint", "node", "host", "hostname", "app", "component", "name"),
    *("team", "instance_name", "nodename", "project"),
}


@lint_rule(
    "impossible-match",
    Severity.ERROR,
    title="Two sides that can never match",
    why="Prometheus joins two sides where all their labels are equal. Where one side has a label that the other has lost, "
    "nothing is joined: the result is empty, and an alert never fires.",
    fix="Aggregate both sides by the same labels, or match them with on (...).",
    bad=as_alert('increase(slow_seconds_bucket{le="10.0"}[5m]) < increase(slow_seconds_count[5m])'),
    good=as_alert('increase(slow_seconds_bucket{le="10.0"}[5m]) < ignoring (le) increase(slow_seconds_count[5m])'),
)
def impossible_match(corpus: Corpus) -> Iterator[Defect]:
    """Of every operator but `or`; of several in a query the innermost, which makes the others empty. Without `on` or `ignoring` also a container's series of cAdvisor with one of kube-state-metrics, a database's of postgres_exporter with a setting of its server, and any with an info series chosen by a label of its own."""
    for query in corpus.queries:
        joins = [node for node in query.nodes if isinstance(node, BinaryNode) and _joins(node)]
        for node in reversed(joins):
            sides = matched_labels(node, corpus.labels_of(node.left), corpus.labels_of(node.right))
            if why := _apart(*sides) or _apart(*reversed(sides)) or _of_other_kinds(node):
                effect = "nothing is taken away" if node.operator == "unless" else "there is no result"
                yield in_query(
                    query, f"The sides of {node.operator!r} never match, so that {effect}: {why}.", node.operator
                )
                break


def _joins(node: BinaryNode) -> bool:
    """Whether it matches two sides by labels, all of which the text names."""
    by_a_variable = any(map(is_of_a_variable, node.labels))
    return node.operator != "or" and not (is_scalar(node.left) or is_scalar(node.right) or by_a_variable)


def _apart(one: ResultLabels, other: ResultLabels) -> str:
    """Why no series of one has a partner in the other; empty where one may."""
    if lost := sorted(label for label in one.expected if label not in other.possible):
        return f"one has {listed(lost)}, which the other cannot have"
    differing = sorted(label for label, value in one.values.items() if other.values.get(label, value) != value)
    return f"{differing[0]} is {one.values[differing[0]]!r} on one and another value on the other" if differing else ""


# Names by what they are of, with a label that each has and the other lacks (docs of cAdvisor and kube-state-metrics; collector of postgres_exporter).
_OF_OTHERS = (
    ("cAdvisor's", ("container_",), "id", "kube-state-metrics'", ("kube_",)),
    (
        "a database's",
        ("pg_stat_activity_", "pg_stat_database_", "pg_locks_", "pg_database_", "pg_stat_user_"),
        "datname",
        "a server's settings",
        ("pg_settings_",),
    ),
)


def _of_other_kinds(node: BinaryNode) -> str:
    """Why two series, each of which is read as it is scraped, have no labels in common; empty where they may."""
    one, other = _read(node.left), _read(node.right)
    if node.matching or not (one and other):
        return ""
    for owner, names, label, stranger, others in _OF_OTHERS:
        kinds = {each.name.startswith(names) - each.name.startswith(others) for each in (one, other)}
        if kinds == {1, -1}:
            return f"{owner} has {label}, which {stranger} cannot have"
    return _own_label(one, other) or _own_label(other, one)


def _read(node: Node) -> SeriesNode | None:
    """The selector of which this is the value itself, or compared with or changed by a number."""
    while isinstance(node, BinaryNode) and is_scalar(node.right):
        node = node.left
    if not isinstance(node, SeriesNode) or not node.name or ":" in node.name or node.either:
        return None
    return node


def _own_label(info: SeriesNode, other: SeriesNode) -> str:
    """The label by which an info series is chosen that the other says nothing of, and that is not one of all series of a target."""
    if not info.name.endswith("_info") or other.name.endswith("_info"):
        return ""
    said = {each.label for each in other.matchers} | _OF_TARGETS
    own = sorted({each.label for each in info.matchers if each.operator == "="} - said)
    return f"{info.name} has {own[0]}, which {other.name} lacks" if own else ""


@lint_rule(
    "aggregate-with-series",
    Severity.WARNING,
    title="An aggregate matched with a series of each target",
    why="Prometheus gives every series that it scrapes the label instance, which the aggregate has lost: nothing is joined, and the result is empty.",
    fix="Aggregate the series too, or match by the labels that both have, as in on (team) or on ().",
    bad=as_alert("sum(daily_cost) > daily_budget"),
    good=as_alert("sum(daily_cost) > scalar(max(daily_budget))"),
)
def aggregate_with_series(corpus: Corpus) -> Iterator[Defect]:
    """Where no `on` or `ignoring` says otherwise, of names that no rule records and no colon marks as recorded, unless impossible-match finds it."""
    for query in corpus.queries:
        joins = (node for node in query.nodes if isinstance(node, BinaryNode) and _joins(node) and not node.matching)
        sides = ((node, *each) for node in joins for each in ((node.left, node.right), (node.right, node.left)))
        for node, one, other in sides:
            if (series := _scraped(one, corpus)) and "instance" not in corpus.labels_of(other).possible:
                message = f"{series.name} has the label instance, which the other side of {node.operator!r} lacks."
                yield in_query(query, message, series.name)
                break


def _scraped(node: Node, corpus: Corpus) -> SeriesNode | None:
    """The selector of which this is the value itself, or compared with a number, where a target surely exposes it under this name."""
    series = _read(node)
    if series is None:
        return None
    unsure = series.name in corpus.recorded or corpus.known_series(series.name) or is_of_a_variable(series.name)
    chosen = any(each.label == "instance" for each in series.matchers)
    return None if unsure or chosen or series.name == "ALERTS" else series


@lint_rule(
    "empty-selector",
    Severity.ERROR,
    title="A selector that nothing can match",
    why="Its matchers exclude every series: the query has no result, ever.",
    fix="Correct or remove the matcher.",
    bad=on_panel('rate(requests_total{code!~".*"}[5m])'),
    good=on_panel('rate(requests_total{code!~"5.."}[5m])'),
)
def empty_selector(corpus: Corpus) -> Iterator[Defect]:
    """Matchers that exclude everything, or each other."""
    for query in corpus.queries:
        for series in query.series:
            if not series.either and (why := _excludes(series)):
                yield in_query(query, f"{series.name or 'A selector'} can never have series: {why}.", series.name)


def _excludes(series: SeriesNode) -> str:
    for each in series.matchers:
        if each.operator == "!~" and each.value in (".*", "(.*)", "^.*$"):
            return f"{each.label}!~{each.value!r} excludes every value, and the missing one too"
        if each.operator == "=" and (other := _contradicts(each, series)):
            return f"{each.label} cannot be {each.value!r} and match {other.operator}{other.value!r}"
    return ""


def _contradicts(one: LabelMatcher, series: SeriesNode) -> LabelMatcher | None:
    """Another matcher of the same label that the value does not satisfy."""
    same = (
        each for each in series.matchers if each.label == one.label and not is_of_a_variable(each.value + one.value)
    )
    return next(
        (each for each in same if (each.value == one.value) != (each.operator == "=") and each.operator in ("=", "!=")),
        None,
    )


@lint_rule(
    "lost-label",
    Severity.ERROR,
    title="A selector by a label that the recorded series has lost",
    why="The rule that records the series aggregates the label away, so that the selector matches nothing.",
    fix="Keep the label in the recording rule, or take the matcher out.",
    bad=together(
        as_record("job:requests:rate5m", "sum by (job) (rate(requests_total[5m]))"),
        on_panel('job:requests:rate5m{code="500"}'),
    ),
    good=together(
        as_record("job:requests:rate5m", "sum by (job, code) (rate(requests_total[5m]))"),
        on_panel('job:requests:rate5m{code="500"}'),
    ),
)
def lost_label(corpus: Corpus) -> Iterator[Defect]:
    """Only of series that are recorded by rules that were read."""
    recorded = {name: corpus.labels_of(SeriesNode(name)).possible for name in corpus.recorded}
    for query in corpus.queries:
        for series in query.series:
            if (known := recorded.get(series.name)) and not series.either:
                for label in sorted(label for label in selected(series).expected if label not in known):
                    yield in_query(query, f"{series.name} has no label {label!r}: its rule does not keep it.", label)


@lint_rule(
    "absent-with-itself",
    Severity.ERROR,
    title="The absence of a series joined with the series itself",
    why="Here absent(x) has a result only where x has none, so that both together never have one.",
    fix="Join them with or, or ask for the absence of something else.",
    bad=as_alert("absent(queue_length) and on () queue_length > 10"),
    good=as_alert("absent(queue_length) or queue_length > 10"),
)
def absent_with_itself(corpus: Corpus) -> Iterator[Defect]:
    """With every operator but `or` and `unless`."""
    for query in corpus.queries:
        for node in query.nodes:
            if isinstance(node, BinaryNode) and node.operator not in ("or", "unless"):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    if (missing := _absent(one)) and any(_within(each, missing) for each in _needed(other)):
                        yield in_query(
                            query, f"absent({missing.name}) and {missing.name} never have a result together.", "absent"
                        )


def _absent(node: Node) -> SeriesNode | None:
    found = node.arguments[0] if isinstance(node, CallNode) and node.name == "absent" else None
    return found if isinstance(found, SeriesNode) and found.name and not found.offset_seconds else None


def _needed(node: Node) -> Iterator[SeriesNode]:
    """The selectors without which it has no result; those within functions of a range look back further."""
    if isinstance(node, BinaryNode):
        if node.operator != "or":
            yield from _needed(node.left)
            yield from (_needed(node.right) if node.operator != "unless" else ())
    elif not isinstance(node, CallNode) or not node.name.startswith("absent"):
        yield from (each for each in series_of(node) if each.window is None and not each.offset_seconds)


def _within(series: SeriesNode, missing: SeriesNode) -> bool:
    """Whether every series of the one is one of the other."""
    return series.name == missing.name and set(missing.matchers) <= set(series.matchers) and not missing.either


RULES = (impossible_match, aggregate_with_series, empty_selector, lost_label, absent_with_itself)
