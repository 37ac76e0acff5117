"""How panels show what their queries give."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.result_bounds import bounds_of
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.windows import LINES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import GRAFANAS_THRESHOLDS, BoardPanel
from glassbox.lint.templates import lacks_a_brace
from glassbox.metrics.types import Unit
from glassbox.syntax.tree import AggregateNode, CallNode, Node, SeriesNode

_NUMBERS = (*LINES, "stat", "singlestat", "gauge", "bargauge")


# Of these 80 may well be meant.
_UNITS_OF_EIGHTY = ("percent", "celsius", "humidity", "dB", "ms")
_TITLES_OF_EIGHTY = re.compile(r"%|percent|usage|utili[sz]|temp", re.IGNORECASE)


@lint_rule(
    "unchosen-threshold",
    Severity.WARNING,
    title="Numbers that turn red at 80, the bound of a panel without one",
    why="Nobody has chosen this bound, which Grafana gives every panel without one: 81 requests are as red as an outage, and a ratio, which ends at 1, is always green.",
    fix="Choose bounds that mean something for these values, or take the colour away.",
    bad=on_panel("sum(vllm:num_requests_running)", panel={"type": "stat", "thresholds": (80.0,), "colored": True}),
    good=on_panel("sum(vllm:num_requests_running)", panel={"type": "stat", "thresholds": (300.0,), "colored": True}),
)
def unchosen_threshold(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of panels that show their value in the colour of the thresholds, but those of percent, degrees and milliseconds, where the scale ends at 100, and where values have texts of their own."""
    for board in corpus.boards:
        unchosen = [panel for panel in board.panels if panel.queries and _has_proposed_threshold(panel)]
        if unchosen:
            count = "1 panel turns" if len(unchosen) == 1 else f"{len(unchosen)} panels turn"
            yield Defect(unchosen[0].location, f"{count} red at 80, such as {unchosen[0].title!r}.")


def _has_proposed_threshold(panel: BoardPanel) -> bool:
    proposed = panel.colored and panel.thresholds == GRAFANAS_THRESHOLDS and not panel.named_values
    to_a_hundred = panel.unit in _UNITS_OF_EIGHTY or panel.maximum == 100
    titled = panel.unit != "percentunit" and _TITLES_OF_EIGHTY.search(panel.title)
    return proposed and not to_a_hundred and not titled


@lint_rule(
    "colour-of-always",
    Severity.ERROR,
    title="A colour that begins at 0 for what is never below",
    why="The first colour is that of what is below the next bound: where that is 0, a number of requests or servers never has it, and is red or green whatever it is.",
    fix="Let the second colour begin where it should: at 1, as soon as there is any.",
    bad=on_panel('up{job="vllm"}', panel={"type": "stat", "thresholds": (0.0,), "colored": True}),
    good=on_panel('up{job="vllm"}', panel={"type": "stat", "thresholds": (1.0,), "colored": True}),
)
def colour_of_always(corpus: Corpus) -> Iterator[Defect]:
    """Of panels with one bound that show their value in its colour, where every query is known never to be negative, or its name says that it is a number of things."""
    for panel in corpus.panels:
        begins_at_zero = panel.colored and panel.thresholds == (0.0,) and not panel.named_values
        trees = [query.tree for query in panel.queries if begins_at_zero]
        if trees and all(tree and (bounds_of(tree, corpus).low >= 0 or _is_number(tree, corpus)) for tree in trees):
            yield in_query(panel.queries[0], "Every value has the colour that begins at 0.")


_NUMBERED = re.compile(r"_(?:total|count)$|(?:^|:)num_")
_OF_THINGS = frozenset({Unit.REQUESTS, Unit.TOKENS, Unit.EVENTS})


def _is_number(node: Node, corpus: Corpus) -> bool:
    """Whether it is a number of things, in whatever aggregation, also the largest of some time."""
    while isinstance(node, AggregateNode | CallNode):
        if isinstance(node, AggregateNode) and node.operator in ("sum", "min", "max", "avg"):
            node = node.of
        elif isinstance(node, CallNode) and node.name in ("min_over_time", "max_over_time", "last_over_time"):
            node = node.arguments[0]
        else:
            return False
    if not isinstance(node, SeriesNode) or node.name in corpus.recorded:
        return False
    known = corpus.known_series(node.name)
    return bool(_NUMBERED.search(node.name)) or (known is not None and known.unit in _OF_THINGS)


@lint_rule(
    "no-unit",
    Severity.INFO,
    title="Panels without a unit",
    why="Without a unit 0.5 may be half a second or half of everything.",
    fix="Give each panel the unit of its values.",
    bad=on_panel("up"),
    good=on_panel("up", panel={"unit": "bool"}),
)
def no_unit(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard."""
    for board in corpus.boards:
        shown = [panel for panel in board.panels if panel.type in _NUMBERS and panel.queries and not panel.library]
        bare = [panel.title for panel in shown if not panel.unit and not panel.other_units]
        if bare:
            yield Defect(board.location, f"{len(bare)} of {len(shown)} panels have no unit, such as {bare[0]!r}.")


@lint_rule(
    "missing-brace",
    Severity.WARNING,
    title="A legend in which a brace is missing",
    why="Grafana looks for a label by all that stands up to the next two braces, and finds none: lines cannot be told apart.",
    fix="Write two braces on each side of a label, as in {{label}}.",
    bad=on_panel("sum by (pod) (up)", "{{pod}"),
    good=on_panel("sum by (pod) (up)", "{{pod}}"),
)
def missing_brace(corpus: Corpus) -> Iterator[Defect]:
    """Legends of panels that draw lines or numbers."""
    for panel in corpus.panels:
        for query in panel.queries:
            if query.format != "table" and (part := lacks_a_brace(query.legend)):
                yield in_query(query, f"The legend lacks a brace at {part!r}.")


RULES = (unchosen_threshold, colour_of_always, no_unit, missing_brace)
