"""Dashboards with variables as lint reads them, and what a rule says of them."""

from glassbox.lint.examples import on_board, on_panel
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged
from glassbox.lint.subjects.judged_boards import BoardVariable

AT = Location("dashboard.json", object="Example")


def found(rule, corpus):
    """The messages of one rule."""
    return [finding.message for finding in judged(corpus, select=(rule,)) if finding.rule == rule]


def variable(name="model", kind="query", **fields):
    """A variable of the dashboard."""
    return BoardVariable(name, kind, AT, **fields)


MODEL = (variable(),)


def board(*exprs, variables=MODEL, panel=None, **fields):
    """A dashboard with a panel for each query; `panel` has fields of all of them."""
    panels = tuple(p for expr in exprs for p in on_panel(expr, panel=panel).corpus.boards[0].panels)
    return on_board(panels=panels, variables=variables, **fields)
