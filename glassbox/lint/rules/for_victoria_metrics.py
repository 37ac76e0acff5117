"""What VictoriaMetrics alone reads."""

from collections.abc import Iterator
from dataclasses import replace

from glassbox.lint.examples import Example, as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects import Corpus, Query
from glassbox.lint.words import counted


def _in_metrics_ql(expr: str) -> Example:
    example = as_alert(expr)
    (group,) = example.corpus.groups
    rule = replace(group.rules[0], query=replace(group.rules[0].query, is_metrics_ql=True))
    return Example(example.text, Corpus(groups=(replace(group, rules=(rule,)),)))


@lint_rule(
    "metricsql",
    Severity.INFO,
    title="Rules in MetricsQL, which are not judged",
    why="MetricsQL has functions and forms that PromQL lacks: only VictoriaMetrics can say whether they are right.",
    fix="Let `vmalert -dryRun` check them, or write them in PromQL if a Prometheus evaluates them.",
    bad=_in_metrics_ql("lag(up[1h]) > 900"),
    good=as_alert("rate(errors_total[5m]) > 1"),
)
def metricsql(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each file, where a function, a word, a field of groups or the kind VMRule says that it is for VictoriaMetrics."""
    found: dict[str, list[Query]] = {}
    for rule in corpus.rules:
        if rule.query.is_metrics_ql:
            found.setdefault(rule.query.location.file, []).append(rule.query)
    for queries in found.values():
        yield in_query(queries[0], f"{counted(len(queries), 'rule')} of this file cannot be judged as PromQL.")


RULES = (metricsql,)
