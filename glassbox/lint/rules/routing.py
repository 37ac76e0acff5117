"""Alerts that reach nobody, or nobody in particular."""

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
_OWNERS = frozenset({"team", "owner", "squad", "service_owner", "component_owner"})


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
    named = [label for alert in corpus.alerts for label in alert.labels if label in _OWNERS]
    if not named:
        return
    label = max(sorted(set(named)), key=named.count)
    for group in corpus.groups:
        alerts = [rule for rule in group.rules if rule.is_alert]
        if bare := [each.name for each in alerts if label not in each.labels]:
            message = f"{len(bare)} of {len(alerts)} alerts have no label {label!r}, such as {bare[0]}."
            yield Defect(group.location, message)


RULES = (unrouted_alert, no_owner)
