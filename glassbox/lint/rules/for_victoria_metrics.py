"""What VictoriaMetrics alone reads."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from glassbox.lint.examples import Example, as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board
from glassbox.lint.subjects.queries import Query
from glassbox.lint.words import counted
from glassbox.syntax.grafana_variables import variables_shape
from glassbox.syntax.metrics_ql import is_metrics_ql


def _in_metrics_ql(expr: str) -> Example:
    example = as_alert(expr)
    (group,) = example.corpus.groups
    rule = replace(group.rules[0], query=replace(group.rules[0].query, is_metrics_ql=True))
    return Example(example.text, Corpus(groups=(replace(group, rules=(rule,)),)))


@lint_rule(
    "metricsql",
    Severity.INFO,
    title="Queries in MetricsQL, which are not judged",
    why="MetricsQL has functions and forms that PromQL lacks: only VictoriaMetrics can say whether they are right.",
    fix="Let VictoriaMetrics answer them, or `vmalert -dryRun` check them; write them in PromQL if a Prometheus answers them.",
    bad=_in_metrics_ql("lag(up[1h]) > 900"),
    good=as_alert("rate(errors_total[5m]) > 1"),
)
def metricsql(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each file, where a function, a word, a field of groups or the kind VMRule says that it is for VictoriaMetrics."""
    found: dict[str, list[Query]] = {}
    of_rules = (rule.query for rule in corpus.rules if rule.query.is_metrics_ql)
    for query in chain(of_rules, *map(in_metrics_ql, corpus.boards)):
        found.setdefault(query.location.file, []).append(query)
    for queries in found.values():
        yield in_query(queries[0], f"{counted(len(queries), 'expression')} of this file cannot be judged as PromQL.")


def refused(board: Board) -> list[Query]:
    """The queries of a dashboard that are not PromQL, whatever its variables are."""
    return [query for query in board.queries if query.tree is None and not variables_shape(query.text)]


def in_metrics_ql(board: Board) -> list[Query]:
    """Those that are not PromQL, where the dashboard or one of them can only be meant for VictoriaMetrics; none otherwise."""
    found = refused(board)
    return found if board.for_victoria_metrics or any(is_metrics_ql(query.text) for query in found) else []


RULES = (metricsql,)
