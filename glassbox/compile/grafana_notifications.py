"""The notifications of the settings as Grafana's provisioning API takes them, without the marks that say whose they are.

Our alerts go through one route of their own. It takes them by a label that Grafana gives every alert, the uid of its
rule's folder (`__alert_rule_namespace_uid__`, pkg/services/ngalert/models/alert_rule.go), so that it takes no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glassbox.compile.bundle import GrafanaNotifications, Json
from glassbox.settings.model import Settings
from glassbox.settings.notifications import Interval, Notifications, PolicyRoute

FOLDER_LABEL = "__alert_rule_namespace_uid__"
GROUP_BY = ("alertname", "job", "model_name", "cluster", "namespace", "region", "environment", "tenant", "prometheus")
"""One message for each incident of a model, as in install/alertmanager.yml; a test holds all three tables equal to that file."""
PACE = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
PACE_OF_SEVERITIES = {
    "page": {"group_wait": "10s", "repeat_interval": "1h"},
    "ticket": {"repeat_interval": "12h"},
    "report": {"repeat_interval": "4d"},
}


def grafana_notifications(settings: Settings) -> GrafanaNotifications:
    """Contact points by integration, mute timings, templates, and our route; nothing where the settings declare nothing."""
    declared = settings.notifications
    if not declared.receiver:
        return GrafanaNotifications()
    return GrafanaNotifications(
        contact_points=tuple(integrations_of(declared)),
        mute_timings=tuple(
            {"name": each.name, "time_intervals": list(map(_interval, each.intervals))}
            for each in declared.mute_timings
        ),
        templates=tuple({"name": each.name, "template": each.text} for each in declared.templates),
        route=_our_route(declared, settings),
    )


def integrations_of(declared: Notifications) -> Iterator[Json]:
    """An entry for each integration of the contact points."""
    for point in declared.contact_points:
        for each in point.integrations:
            yield {
                "name": point.name,
                "type": each.type,
                "settings": dict(each.settings),
                "secrets": dict(each.secrets),
                "disableResolveMessage": not each.send_resolved,
            }


def _interval(interval: Interval) -> Json:
    spans = (text.split("-") for text in interval.times)
    whole = {
        "times": [{"start_time": start, "end_time": end} for start, end in spans],
        "weekdays": list(interval.weekdays),
        "days_of_month": list(interval.days_of_month),
        "months": list(interval.months),
        "years": list(interval.years),
        "location": interval.location,
    }
    return {key: value for key, value in whole.items() if value}


def _our_route(declared: Notifications, settings: Settings) -> Json:
    labels = (*GROUP_BY, *(label for label in settings.identity_labels if label not in GROUP_BY))
    return {
        "receiver": declared.receiver,
        "group_by": list(labels),
        **PACE,
        "object_matchers": [[FOLDER_LABEL, "=", settings.grafana.folder_of_rules]],
        "routes": [_severity_route(severity, declared.routes) for severity in PACE_OF_SEVERITIES],
    }


def _severity_route(severity: str, routes: tuple[PolicyRoute, ...]) -> Json:
    """The alerts of one severity at its pace; below it those with labels of their own, the first that fits."""
    whole = next((route for route in routes if route.severity == severity and not route.labels), PolicyRoute())
    inner = [_sent(route, route.labels, route.mute_timings or whole.mute_timings) for route in routes if route.labels and route.severity in ("", severity)]  # fmt: skip  # one thing is one line
    sent = _sent(whole, {"severity": severity}, whole.mute_timings) | PACE_OF_SEVERITIES[severity]
    return sent | ({"routes": inner} if inner else {})


def _sent(route: PolicyRoute, labels: Mapping[str, str], mute_timings: tuple[str, ...]) -> Json:
    matchers = [[name, "=", value] for name, value in sorted(labels.items())]
    sent: Json = {"object_matchers": matchers}
    if route.receiver:
        sent["receiver"] = route.receiver
    if mute_timings:
        sent["mute_time_intervals"] = list(mute_timings)
    return sent
