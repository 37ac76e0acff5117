"""Settings of panels that do not do what they are meant for."""

from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus

_SINGLE_NUMBERS = ("stat", "gauge", "bargauge", "piechart")
_MOST_POINTS = 25
"""DEFAULT_FIELD_DISPLAY_VALUES_LIMIT of packages/grafana-data/src/field/fieldDisplay.ts."""


@lint_rule(
    "ignored-setting",
    Severity.WARNING,
    title="A setting that the panel does not read",
    why="Whoever wrote it chose thresholds or a unit, and the panel has those of Grafana: no unit, and red at 80.",
    fix="Move it to fieldConfig.defaults, as Grafana writes it; the kind of a pie belongs to options.",
    bad=on_panel("sum(rate(errors_total[5m]))", panel={"type": "stat", "ignored": ("options.thresholds",)}),
    good=on_panel("sum(rate(errors_total[5m]))", panel={"type": "stat", "thresholds": (5.0,)}),
)
def ignored_setting(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of thresholds, units and kinds of pies that stand where panels of Angular had them, or anywhere else, and not where the panel looks for them."""
    for board in corpus.boards:
        losing = [panel for panel in board.panels if panel.ignored]
        if losing:
            count = "1 panel does" if len(losing) == 1 else f"{len(losing)} panels do"
            message = f"{count} not read what is set for them, such as {losing[0].ignored[0]!r} of {losing[0].title!r}."
            yield Defect(losing[0].location, message)


@lint_rule(
    "number-for-each-point",
    Severity.WARNING,
    title="A number for each point of a line, where one is meant",
    why=f"With all values, the panel shows the first {_MOST_POINTS} points of a range side by side: the oldest, and not how it is now.",
    fix="Let it calculate the last value, or make the query an instant one.",
    bad=on_panel('up{job="api"}', panel={"type": "stat", "each_point": True}),
    good=on_panel('up{job="api"}', panel={"type": "stat", "each_point": True}, instant=True),
)
def number_for_each_point(corpus: Corpus) -> Iterator[Defect]:
    """Of single numbers, bars and pies, whose values nothing transforms and whose query is of a range."""
    for panel in corpus.panels:
        if panel.type in _SINGLE_NUMBERS and panel.each_point:
            asked = [query for query in panel.queries if not (query.instant or query.hidden)]
            yield from (in_query(query, "The panel shows a number for each point of the line.") for query in asked[:1])


RULES = (ignored_setting, number_for_each_point)
