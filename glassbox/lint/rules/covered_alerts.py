"""Alerts on everything beside alerts on a part of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from glassbox.lint.compared_numbers import compared_number
from glassbox.lint.examples import as_alert, together
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.routing import OWNERS
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.syntax.promql_durations import seconds_of
from glassbox.syntax.tree import LabelMatcher, SeriesNode

_CRITICAL = {"severity": "critical"}
# One that waits longer than so many times the other is meant as another step.
_LONGER = 5
_FEW_MATCHERS = 6

Matchers = frozenset[LabelMatcher]


@lint_rule(
    "covered-alert",
    Severity.WARNING,
    title="An alert that also fires for all that others of its severity fire for",
    why="Whoever is on call is called twice for one outage: by the alert on everything, and by that on one job.",
    fix='Leave out of the wider one what has an alert of its own, as with job!~"vault|node", or give it a lesser severity.',
    bad=together(
        as_alert("up == 0", labels=_CRITICAL, name="TargetDown"),
        as_alert('up{job="vault"} == 0', labels=_CRITICAL, name="VaultDown"),
    ),
    good=together(
        as_alert('up{job!="vault"} == 0', labels=_CRITICAL, name="TargetDown"),
        as_alert('up{job="vault"} == 0', labels=_CRITICAL, name="VaultDown"),
    ),
)
def covered_alert(corpus: Corpus) -> Iterator[Defect]:
    """Of one file, with equal severities and equal comparisons of one metric with a number, of which the wider has some of the matchers of the other; unless it waits much longer, or another team has it."""
    for alerts in _asking_alike(corpus):
        covered: dict[Matchers, list[str]] = {}
        for matchers, alert in alerts.items():
            for fewer in (each for each in _fewer(matchers) if each in alerts):
                if not _waits_much_longer(alerts[fewer], alert):
                    covered.setdefault(fewer, []).append(alert.name)
        for matchers, names in covered.items():
            message = f"{alerts[matchers].name} fires too where {' or '.join(names)} fires, with the same severity."
            yield in_query(alerts[matchers].query, message)


def _asking_alike(corpus: Corpus) -> Iterable[Mapping[Matchers, GroupedRule]]:
    """The alerts of a file that differ by their matchers alone, by these."""
    alike: dict[object, dict[Matchers, GroupedRule]] = {}
    for alert in (each for each in corpus.alerts if each.labels.get("severity") and not each.is_grafana):
        compared = compared_number(alert.query.tree)
        if compared and isinstance(compared.of, SeriesNode) and compared.of.name and not compared.of.either:
            labels = {label: value for label, value in alert.labels.items() if label in OWNERS or label == "severity"}
            asked = replace(compared.of, matchers=()), compared.operator, compared.number, frozenset(labels.items())
            alike.setdefault((alert.location.file, asked), {}).setdefault(frozenset(compared.of.matchers), alert)
    return alike.values()


def _fewer(matchers: Matchers) -> Iterator[Matchers]:
    """Every choice of some of them; none of many, of which there are too many choices."""
    for number in range(len(matchers) if len(matchers) <= _FEW_MATCHERS else 0):
        yield from map(frozenset, combinations(matchers, number))


def _waits_much_longer(alert: GroupedRule, other: GroupedRule) -> bool:
    return (seconds_of(alert.for_text) or 0) > _LONGER * max(seconds_of(other.for_text) or 0, 60)


RULES = (covered_alert,)
