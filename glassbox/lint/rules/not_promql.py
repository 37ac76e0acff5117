"""Queries and rule files that Prometheus refuses."""

import json
from collections.abc import Iterator

from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.for_victoria_metrics import in_metrics_ql, refused
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.prometheus import promtool
from glassbox.syntax.grafana_variables import plain
from glassbox.syntax.parsing import tree_of

_QUERIES_FILE = "queries.yml"


@lint_rule(
    "not-promql",
    Severity.ERROR,
    title="A query that is not PromQL",
    why="Prometheus refuses it: a panel shows an error, and a whole rule file does not load.",
    fix="Correct the query.",
    bad=as_alert("sum(rate(errors_total[5m]) > 1"),
    good=as_alert("sum(rate(errors_total[5m])) > 1"),
)
def not_promql(corpus: Corpus) -> Iterator[Defect]:
    """Without MetricsQL, and without what a variable of a dashboard decides beyond values and windows."""
    for rule in corpus.rules:
        yield from (in_query(query, _why(query)) for query in (rule.query, *rule.more_queries) if _is_refused(query))
    for board in corpus.boards:
        if not in_metrics_ql(board):
            yield from (in_query(query, _why(query)) for query in refused(board))


def _is_refused(query: Query) -> bool:
    return query.tree is None and not query.is_metrics_ql


def _why(query: Query) -> str:
    if not query.text.strip():
        return "The rule has no query."
    try:
        tree_of(query.text)
    except GlassboxError as error:
        _, _, said = str(error).partition(" is not PromQL (")
        return f"It is not PromQL: {said.rpartition('): ')[0]}." if said else str(error)
    return "It is not PromQL."


@lint_rule(
    "promtool",
    Severity.ERROR,
    title="Promtool refuses it",
    why="What promtool refuses Prometheus does not load. It also reads the templates of alerts, and finds rules that are there twice.",
    fix="Correct what it names.",
    bad=on_panel("sum_over(up)").given("# content of ours", own=True),
    good=on_panel("sum(up)").given("# content of ours", own=True),
    asks_another=True,
)
def promtool_refuses(corpus: Corpus) -> Iterator[Defect]:
    """Of our own content: its rule files, and every query of a dashboard as the rule it would be."""
    if not corpus.own:
        return
    with temporary_folder("lint") as folder:
        paths = []
        for name, text in {**corpus.rule_files, _QUERIES_FILE: _queries_as_rules(corpus)}.items():
            paths.append(folder / name)
            paths[-1].parent.mkdir(exist_ok=True)
            paths[-1].write_text(text, encoding="utf-8")
        for problem in promtool.check_rules(paths):
            yield Defect(Location("rules"), f"{problem.replace(f'{folder}/', '').rstrip('.')}.")


def _queries_as_rules(corpus: Corpus) -> str:
    asked = {query.text: query for board in corpus.boards for query in board.queries}
    rules = [
        {
            "record": "panel:query:check",
            "expr": plain(query.text),
            "labels": {"number": str(number), "of": query.location.object},
        }
        for number, query in enumerate(asked.values())
    ]
    return json.dumps({"groups": [{"name": "queries", "rules": rules}]})


RULES = (not_promql, promtool_refuses)
