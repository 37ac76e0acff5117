"""Alerts that reach nobody, or nobody in particular."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from glassbox.lint.examples import Example, as_alert, together
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.series_labels import EXTERNAL_LABELS
from glassbox.lint.subjects.alert_routes import NotificationRoute
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule

_AT = Location("alertmanager.yml", object="route to nobody")
_ROUTES = (
    NotificationRoute((), "nobody", _AT, is_first=True, notifies=False),
    NotificationRoute((("team", "=", "inference"),), "inference", Location("alertmanager.yml", object="route")),
)
OWNERS = frozenset({"team", "owner", "squad", "service_owner", "component_owner"})
"""Labels that say whose an alert is."""
# Shorter ones are a letter away from other words, as none is from note.
_SEVERITIES = (
    *("critical", "warning", "error", "major", "minor", "medium", "ticket", "emergency"),
    *("disaster", "notice", "urgent", "severe", "information", "informational"),
)
_NEIGHBOURS = 2


def _routed(example: Example) -> Example:
    text = (
        "route: {receiver: nobody, routes: [{receiver: inference, matchers: [team=inference]}]}\n"
        "receivers: [{name: nobody}, {name: inference, webhook_configs: [{url_file: /etc/hook}]}]"
    )
    return Example(f"{example.text}\n{text}", replace(example.corpus, routes=_ROUTES))


@lint_rule(
    "unrouted-alert",
    Severity.WARNING,
    title="An alert of which nobody is notified, since no route takes it",
    why="It goes to the first route's receiver, which notifies nobody: a label is missing, or is written in another way.",
    fix="Give it the labels of a route, or write a route for it.",
    bad=_routed(
        together(
            as_alert("up == 0", labels={"team": "inference"}),
            as_alert("up == 0", name="Other", for_="1h", labels={"team": "inferance"}),
        )
    ),
    good=_routed(as_alert("up == 0", labels={"team": "inference"})),
)
def unrouted_alert(corpus: Corpus) -> Iterator[Defect]:
    """Where routes were read too; what a label of its series, or of a server, may bring to a route counts as taken."""
    first = [route for route in corpus.routes if route.is_first]
    if not first or any(route.notifies for route in first):
        return
    routes = [route for route in corpus.routes if not route.is_first]
    alerts = [alert for alert in corpus.alerts if not alert.is_grafana]
    takers = [[route for route in routes if _may_take(route, alert, corpus)] for alert in alerts]
    if any(route.notifies for taking in takers for route in taking):
        left = [alert for alert, taking in zip(alerts, takers, strict=True) if not taking]
        yield from (Defect(alert.location, _nobody(alert, first[0])) for alert in left)


def _nobody(alert: GroupedRule, first: NotificationRoute) -> str:
    return f"No route takes {alert.name} but the first, whose receiver {first.receiver!r} notifies nobody."


def _may_take(route: NotificationRoute, alert: GroupedRule, corpus: Corpus) -> bool:
    """Whether nothing that is known of the alert's labels speaks against it."""
    fixed = {"alertname": alert.name, **alert.labels}
    for label, operator, value in route.matchers:
        known = fixed.get(label, "" if _never_has(alert, label, corpus) else None)
        if known is None or "{{" in known or operator in ("=~", "!~"):
            continue
        if (known == value) != (operator == "="):
            return False
    return True


def _never_has(alert: GroupedRule, label: str, corpus: Corpus) -> bool:
    """Whether neither the rule nor its series nor a server can add the label."""
    tree = alert.query.tree
    return tree is not None and label not in corpus.labels_of(tree).possible and label not in EXTERNAL_LABELS


@lint_rule(
    "no-owner",
    Severity.INFO,
    title="Alerts without an owner, beside others that have one",
    why="Whoever is called does not know whom to ask, and the alert is nobody's to correct.",
    fix="Give it the label with which the others name their owner.",
    bad=together(
        as_alert("up == 0", labels={"team": "inference"}), as_alert("x > 1", name="Other", labels={"severity": "page"})
    ),
    good=together(
        as_alert("up == 0", labels={"team": "inference"}), as_alert("x > 1", name="Other", labels={"team": "storage"})
    ),
)
def no_owner(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each group, by the label that most alerts name their owner with; where none does, it is done otherwise."""
    named = [label for alert in corpus.alerts for label in alert.labels if label in OWNERS]
    if not named:
        return
    label = max(sorted(set(named)), key=named.count)
    for group in corpus.groups:
        alerts = [rule for rule in group.rules if rule.is_alert]
        if bare := [each.name for each in alerts if label not in each.labels]:
            message = f"{len(bare)} of {len(alerts)} alerts have no label {label!r}, such as {bare[0]}."
            yield Defect(group.location, message)


@lint_rule(
    "misspelled-severity",
    Severity.WARNING,
    title="A severity that is misspelled",
    why="Routes and inhibitions compare the label letter by letter: they miss the alert, and what is urgent calls nobody.",
    fix="Write the severity as the routes have it.",
    bad=as_alert("up == 0", labels={"severity": "ccritical"}),
    good=as_alert("up == 0", labels={"severity": "critical"}),
)
def misspelled_severity(corpus: Corpus) -> Iterator[Defect]:
    """One letter too many, too few, wrong or in its neighbour's place; also small letters beside capitals, where a file has the same severity in both."""
    files: dict[str, list[GroupedRule]] = {}
    for alert in corpus.alerts:
        if "{{" not in alert.labels.get("severity", "{{"):
            files.setdefault(alert.location.file, []).append(alert)
    for alerts in files.values():
        times = Counter(alert.labels["severity"] for alert in alerts)
        for alert in alerts:
            written = alert.labels["severity"]
            if meant := _meant(written) or _in_other_letters(written, times):
                message = f"The severity of {alert.name} is {written!r}, and {meant!r} is probably meant."
                yield Defect(alert.location, message)


def _meant(severity: str) -> str:
    """The severity of which this is a slip; empty where it is one itself, or none is like it."""
    word = severity.lower()
    known = word in _SEVERITIES or word.removesuffix("s") in _SEVERITIES or any(map(str.isdigit, word))
    return next((each for each in _SEVERITIES if not known and _is_a_slip(word, each)), "")


def _is_a_slip(word: str, meant: str) -> bool:
    while word and meant and word[0] == meant[0]:
        word, meant = word[1:], meant[1:]
    while word and meant and word[-1] == meant[-1]:
        word, meant = word[:-1], meant[:-1]
    return max(len(word), len(meant)) == 1 or (word == meant[::-1] and len(word) == _NEIGHBOURS)


def _in_other_letters(severity: str, times: Counter[str]) -> str:
    """The same severity in small letters or capitals, if it is there more often."""
    same = [each for each in times if each.lower() == severity.lower()]
    most = max(same, key=lambda each: (times[each], each))
    return most if most != severity else ""


RULES = (unrouted_alert, misspelled_severity, no_owner)
