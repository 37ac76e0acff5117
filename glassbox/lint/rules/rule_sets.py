"""What does not fit together among rules, and between rules and what routes them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from glassbox.lint.examples import Example, as_alert, as_record, together
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.lookback import LOOKBACK_SECONDS
from glassbox.lint.subjects.alert_routes import Inhibition
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.promql_durations import seconds_of

# A recorded series is named level:metric:operations.
_COLONS = 2
# So like are names that differ by a slip of the pen.
_LIKE = 0.94
_URGENT = frozenset({"critical", "page", "emergency"})
_MINOR = frozenset({"warning", "info", "none", "ticket", "minor"})
_RUNBOOK = {"runbook_url": "https://runbooks.example/Down"}
_AT = Location("alertmanager.yml", object="inhibit_rules")


def _inhibition(source: str, target: str) -> Example:
    found = Inhibition((("severity", "=", source),), (("severity", "=", target),), ("cluster",), _AT)
    text = f"source_matchers: [severity={source}]\ntarget_matchers: [severity={target}]\nequal: [cluster]"
    return Example(text, Corpus(inhibitions=(found,)))


@lint_rule(
    "same-alert",
    Severity.WARNING,
    title="Two alerts that never fire apart",
    why="Whoever is on call is called twice for one trouble, and one of the two is changed and the other forgotten.",
    fix="Remove one of them, or make one of them differ.",
    bad=together(as_alert("up == 0", name="Down"), as_alert("(up == 0)", name="TargetDown")),
    good=together(as_alert("up == 0", name="Down"), as_alert("up == 0", for_="1h", name="DownForLong")),
)
def same_alert(corpus: Corpus) -> Iterator[Defect]:
    """With equal queries, however they are written, and an equal `for`; those of two files are one finding."""
    alerts = [alert for alert in corpus.alerts if alert.query.tree is not None and not alert.is_grafana]
    for pairs in _pairs(alerts, lambda alert: (alert.query.tree, alert.for_text)):
        alert, other = pairs[0]
        if len(pairs) == 1:
            yield in_query(alert.query, _never_apart(alert, other))
        else:
            message = f"{len(pairs)} alerts of this file fire whenever others in {other.location.file} do, and never else, such as {alert.name}."
            yield Defect(_in_file(alert), message)


def _never_apart(alert: GroupedRule, other: GroupedRule) -> str:
    """Names the other one, or says where the one of the same name is."""
    where = _elsewhere(alert, other)
    if alert.name == other.name:
        return f"{alert.name} is there twice, with one query and one `for`: also{where or f' at line {other.location.line}'}."
    return f"{alert.name} fires whenever {other.name}{where} does, and never else."


Pairs = list[tuple[GroupedRule, GroupedRule]]


def _pairs(rules: Iterable[GroupedRule], sameness: Callable[[GroupedRule], object]) -> Iterable[Pairs]:
    """Rules with the earlier one that is the same: those of two files together, and each of one file by itself."""
    first: dict[object, GroupedRule] = {}
    pairs: dict[object, Pairs] = {}
    for rule in rules:
        other = first.setdefault(sameness(rule), rule)
        if other is not rule:
            files = rule.location.file, other.location.file
            pairs.setdefault(files if _elsewhere(rule, other) else id(rule), []).append((rule, other))
    return pairs.values()


def _elsewhere(rule: GroupedRule, other: GroupedRule) -> str:
    """Where the other one is, if it is in another file."""
    return f" in {other.location.file}" if other.location.file != rule.location.file else ""


def _in_file(rule: GroupedRule) -> Location:
    """The place of the first of several rules, which only an exemption of the whole file covers."""
    return replace(rule.location, object="")


@lint_rule(
    "same-record",
    Severity.WARNING,
    title="One series that two rules record",
    why="Both write the same samples: Prometheus drops those of one with a warning, and one of the rules is changed and the other forgotten.",
    fix="Remove one of them.",
    bad=together(as_record("job:up:sum", "sum by (job) (up)"), as_record("job:up:sum", "sum(up) by (job)")),
    good=together(as_record("job:up:sum", "sum by (job) (up)"), as_record("job:up:count", "count by (job) (up)")),
)
def same_record(corpus: Corpus) -> Iterator[Defect]:
    """With equal queries and labels; those of two files are one finding. Rules of one name with other queries may record other series."""
    records = [rule for rule in corpus.rules if not rule.is_alert and rule.query.tree is not None]
    for pairs in _pairs(records, lambda rule: (rule.name, rule.query.tree, frozenset(rule.labels.items()))):
        rule, other = pairs[0]
        if len(pairs) == 1:
            group = other.location.object.removesuffix(f" / {other.name}")
            yield in_query(rule.query, f"{rule.name} is recorded by group {group}{_elsewhere(rule, other)} too.")
        else:
            message = (
                f"{len(pairs)} series of this file are recorded in {other.location.file} too, such as {rule.name}."
            )
            yield Defect(_in_file(rule), message)


@lint_rule(
    "unrecorded-series",
    Severity.WARNING,
    title="A recorded series that no rule records",
    why="The panel is empty, and the alert never fires.",
    fix="Record it, or correct the name.",
    bad=together(as_record("job:requests:rate5m", "sum by (job) (rate(x[5m]))"), as_alert("job:request:rate5m > 1")),
    good=together(as_record("job:requests:rate5m", "sum by (job) (rate(x[5m]))"), as_alert("job:requests:rate5m > 1")),
)
def unrecorded_series(corpus: Corpus) -> Iterator[Defect]:
    """Names with two colons that nearly have the name of one that is recorded: rules that were not read may record any other."""
    for query in corpus.queries:
        for name in dict.fromkeys(series.name for series in query.series):
            if name.count(":") == _COLONS and name not in corpus.recorded and not is_of_a_variable(name):
                near = next(iter(get_close_matches(name, corpus.recorded, n=1, cutoff=_LIKE)), "")
                if near:
                    yield in_query(query, f"No rule records {name}; {near} is nearest.", name)


@lint_rule(
    "page-is-silenced",
    Severity.ERROR,
    title="A lesser alert that silences a page",
    why="While the lesser one fires, nobody is called for what is urgent.",
    fix="Let the urgent one be the source, and the lesser one the target.",
    bad=_inhibition("warning", "critical"),
    good=_inhibition("critical", "warning"),
)
def page_is_silenced(corpus: Corpus) -> Iterator[Defect]:
    """By the label severity, where both sides name it."""
    for each in corpus.inhibitions:
        source, target = _severities(each.source), _severities(each.target)
        if source and source <= _MINOR and target & _URGENT:
            yield Defect(
                each.location, f"Alerts of severity {min(source)} silence those of severity {min(target & _URGENT)}."
            )


def _severities(matchers: tuple[tuple[str, str, str], ...]) -> set[str]:
    named = {value for label, operator, value in matchers if label == "severity" and operator in ("=", "=~")}
    return {part for value in named for part in value.split("|")}


@lint_rule(
    "no-runbook",
    Severity.INFO,
    title="Alerts without a runbook, beside others that have one",
    why="Whom the alert wakes looks for a runbook as he is used to, and has to find out by himself what to do.",
    fix="Write what it means and what to do, and link it in the annotation runbook_url.",
    bad=together(as_alert("up == 0", annotations=_RUNBOOK), as_alert("x > 1", name="Other")),
    good=together(as_alert("up == 0", annotations=_RUNBOOK), as_alert("x > 1", annotations=_RUNBOOK, name="Other")),
)
def no_runbook(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each group, and only where other alerts have one: else there are none on purpose."""
    if not any(_has_runbook(alert) for alert in corpus.alerts):
        return
    for group in corpus.groups:
        alerts = [rule for rule in group.rules if rule.is_alert]
        bare = [each.name for each in alerts if not _has_runbook(each)]
        if bare:
            yield Defect(group.location, f"{len(bare)} of {len(alerts)} alerts have no runbook, such as {bare[0]}.")


def _has_runbook(alert: GroupedRule) -> bool:
    return any("runbook" in name for name in alert.annotations)


@lint_rule(
    "untested-alert",
    Severity.INFO,
    title="An alert without a test",
    why="Nobody has seen it fire, and nobody notices when a change lets it fall silent.",
    fix="Write a test of promtool in which it fires, and one in which it stays silent.",
    bad=as_alert("up == 0").given("# no alert_rule_test names it", tested_alerts=frozenset()),
    good=as_alert("up == 0").given("# an alert_rule_test names it", tested_alerts=frozenset({"Example"})),
)
def untested_alert(corpus: Corpus) -> Iterator[Defect]:
    """Where tests of promtool were read too."""
    for alert in corpus.alerts if corpus.tested_alerts is not None else ():
        if alert.name not in (corpus.tested_alerts or ()):
            yield Defect(alert.location, f"No test names {alert.name}.")


def _evaluated_every(interval: str) -> Example:
    (group,) = as_record("job:up:sum", "sum by (job) (up)").corpus.groups
    text = f"interval: {interval}\nrecord: job:up:sum\nexpr: sum by (job) (up)"
    return Example(text, Corpus(groups=(replace(group, interval_text=interval),)))


@lint_rule(
    "rare-evaluation",
    Severity.WARNING,
    title="A recorded series with gaps",
    why="Prometheus takes a sample for the newest for five minutes: of a series that is recorded less often there is nothing in between.",
    fix="Evaluate the group every five minutes or more often.",
    bad=_evaluated_every("10m"),
    good=_evaluated_every("5m"),
)
def rare_evaluation(corpus: Corpus) -> Iterator[Defect]:
    """Of groups with an interval of their own; one finding for each."""
    for group in corpus.groups:
        recorded = [rule.name for rule in group.rules if not rule.is_alert]
        if recorded and (seconds_of(group.interval_text) or 0) > LOOKBACK_SECONDS:
            yield Defect(group.location, f"{recorded[0]} is recorded every {group.interval_text}.")


RULES = (same_alert, same_record, unrecorded_series, page_is_silenced, no_runbook, untested_alert, rare_evaluation)
