"""Rules that Prometheus refuses for something other than their query, and with them their whole file."""

import re
from collections.abc import Iterator
from dataclasses import replace

from glassbox.lint.examples import Example, as_alert, as_record
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects import Corpus, GroupedRule

# vmalert also reads fractions of a unit.
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+|0")
# What is filled in before Prometheus reads the file.
_FILLED_IN = re.compile(r"\$|\{\{|%\(")
_SECONDS = re.compile(r"\d+")


def _without_name() -> Example:
    (group,) = as_alert("up == 0").corpus.groups
    rules = (replace(group.rules[0], name=""),)
    return Example("expr: up == 0\nfor: 5m", Corpus(groups=(replace(group, rules=rules),)))


@lint_rule(
    "nameless-rule",
    Severity.ERROR,
    title="A rule that is neither an alert nor a recorded series",
    why="Prometheus refuses its whole file.",
    fix="Give it `alert` or `record` with a name.",
    bad=_without_name(),
    good=as_record("job:up:sum", "sum by (job) (up)"),
)
def nameless_rule(corpus: Corpus) -> Iterator[Defect]:
    """Of rules of Prometheus."""
    for rule in corpus.rules:
        if not rule.name and not rule.is_grafana:
            yield Defect(rule.location, "The rule has neither `alert` nor `record`.")


@lint_rule(
    "not-a-duration",
    Severity.ERROR,
    title="A time that is not a duration",
    why="Prometheus refuses the whole file: none of its alerts fires.",
    fix="Write a number and a unit, such as 30s, 5m or 1h30m.",
    bad=as_alert("up == 0", for_="5 minutes"),
    good=as_alert("up == 0", for_="1h30m"),
)
def not_a_duration(corpus: Corpus) -> Iterator[Defect]:
    """`for`, `keep_firing_for` and `interval` of rules of Prometheus; what is filled in later, as by `${WAIT}`, is not judged."""
    for group in corpus.groups:
        rules = [rule for rule in group.rules if not rule.is_grafana]
        # The API of a server lists intervals as seconds.
        if rules and not _SECONDS.fullmatch(group.interval_text) and _is_wrong(group.interval_text):
            yield Defect(group.location, _said("interval", group.interval_text))
        for rule in rules:
            yield from _wrong_times(rule)


def _wrong_times(rule: GroupedRule) -> Iterator[Defect]:
    for key, text in (("for", rule.for_text), ("keep_firing_for", rule.keep_firing_text)):
        if _is_wrong(text):
            yield Defect(rule.location, _said(key, text))


def _is_wrong(text: str) -> bool:
    return bool(text) and not _DURATION.fullmatch(text) and not _FILLED_IN.search(text)


def _said(key: str, text: str) -> str:
    return f"`{key}` is {text!r}, which is not a duration."


RULES = (nameless_rule, not_a_duration)
