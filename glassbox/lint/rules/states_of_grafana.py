"""States that rules of Grafana take where their queries have no result, or their expressions read none."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import COMPARISONS, BinaryNode


@lint_rule(
    "no-data-fires",
    Severity.ERROR,
    title="An alert of Grafana that fires where its query finds nothing",
    why="A comparison in the query leaves nothing where all is well, and the state for no data is Alerting: the alert always fires.",
    fix="Compare in the condition and not in the query, or let noDataState be OK and ask for absence in an alert of its own.",
    bad=as_alert("up == 0", grafana={"no_data": "Alerting"}),
    good=as_alert("up == 0", grafana={"no_data": "OK"}),
)
def no_data_fires(corpus: Corpus) -> Iterator[Defect]:
    """Of rules of Grafana with one query, which ends in a comparison without bool."""
    for alert in corpus.alerts:
        node, fires = alert.query.tree, alert.no_data == "Alerting" and not alert.more_queries
        if fires and isinstance(node, BinaryNode) and node.operator in COMPARISONS and not node.returns_bool:
            yield in_query(alert.query, f"{alert.name} fires as long as the comparison leaves nothing.", node.operator)


@lint_rule(
    "expression-without-input",
    Severity.ERROR,
    title="An expression of a Grafana rule that does not name what it reads",
    why='Each evaluation ends in an error, as "no variable specified to reference": the alert never fires, or always, as execErrState has it. '
    "The query within `conditions` is only read by classic conditions.",
    fix="Name the refId that it reads as `expression`, as in expression: A.",
    bad=as_alert("up", grafana={"without_input": "C"}),
    good=as_alert("up", grafana={"without_input": ""}),
)
def expression_without_input(corpus: Corpus) -> Iterator[Defect]:
    """Of the kinds Threshold, Reduce and Resample."""
    for rule in corpus.rules:
        if rule.without_input:
            yield in_query(
                rule.query, f"The expression {rule.without_input!r} of {rule.name} does not name what it reads."
            )


@lint_rule(
    "line-in-condition",
    Severity.ERROR,
    title="A threshold of a Grafana rule on a line rather than a number",
    why='Evaluations end in an error, as "looks like time series data, only reduced data can be alerted on": the alert never fires, or always, as execErrState has it.',
    fix="Make the query an instant one, as instant: true, or put the expression Reduce between it and the threshold.",
    bad=as_alert("up", grafana={"compared_line": "A"}),
    good=as_alert("up", grafana={"compared_line": ""}),
)
def line_in_condition(corpus: Corpus) -> Iterator[Defect]:
    """Of queries that ask a Prometheus."""
    for rule in (each for each in corpus.alerts if each.compared_line):
        for query in (rule.query, *rule.more_queries):
            if query.ref_id in (rule.compared_line, ""):
                yield in_query(query, f"The threshold of {rule.name} reads the line of query {rule.compared_line!r}.")


RULES = (no_data_fires, expression_without_input, line_in_condition)
