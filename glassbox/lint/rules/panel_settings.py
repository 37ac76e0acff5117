"""Settings of panels that do not do what they are meant for."""

from collections.abc import Iterator

from glassbox.lint.examples import Example, on_board, on_panel
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.variables_named import names_in
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardPanel, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind

_AT = Location("dashboard.json", object="Example")
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


# What Grafana has itself, and what stands for the sources of the single queries.
_OF_GRAFANA = frozenset({"-- Mixed --", "-- Grafana --", "-- Dashboard --", "grafana", "default"})


def _asking(source: str) -> BoardPanel:
    return BoardPanel(
        f"Asks {source}", "stat", _AT, queries=(Query("up", _AT, QueryKind.PANEL, "A"),), datasource=source
    )


def _two_panels(second: str) -> Example:
    text = f"panel 1 asks $source, a variable, and panel 2 asks {second}"
    choice = BoardVariable("source", "datasource", _AT)
    return Example(text, on_board(panels=(_asking("$source"), _asking(second)), variables=(choice,)))


@lint_rule(
    "fixed-data-source",
    Severity.WARNING,
    title="A panel that asks one data source, beside others that follow a choice",
    why="It shows another server than the rest of the dashboard, or an error in a Grafana that does not have this one.",
    fix="Give the panel the variable that the others have.",
    bad=_two_panels("ceet3sr0g7jswf"),
    good=_two_panels("${source}"),
)
def fixed_data_source(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard with one choice of a data source, which other panels follow."""
    for board in corpus.boards:
        choices = {each.name for each in board.variables if each.type == "datasource"}
        asking = [panel for panel in board.panels if panel.queries and panel.datasource]
        following = [panel for panel in asking if not choices.isdisjoint(names_in((panel.datasource,)))]
        fixed = [panel for panel in asking if "$" not in panel.datasource and panel.datasource not in _OF_GRAFANA]
        if len(choices) == 1 and following and fixed:
            count = "1 panel asks" if len(fixed) == 1 else f"{len(fixed)} panels ask"
            message = f"{count} a fixed data source, such as {fixed[0].title!r}, and the others follow ${min(choices)}."
            yield Defect(fixed[0].location, message)


RULES = (ignored_setting, number_for_each_point, fixed_data_source)
