"""Groups of recorded series and of alerts as the content of Prometheus rule files.

The settings add what holds for all: intervals, owners, and where runbooks and dashboards can be read.
"""

from collections.abc import Mapping

from glassbox.compile.bundle import Json
from glassbox.compile.links import PanelLink
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Subject
from glassbox.settings.model import Settings


def record_file(group: RecordGroup, settings: Settings) -> Json:
    """The file of a group of recorded series."""
    rules = [_record_rule(record) for record in group.records]
    return _rule_file(group.name, rules, group.interval_seconds or settings.evaluation_interval_seconds)


def _record_rule(record: Record) -> Json:
    labels = {"labels": dict(record.labels)} if record.labels else {}
    return {"record": record.name, "expr": str(record.expr), **labels}


def alert_file(group: AlertGroup, links: Mapping[str, PanelLink], settings: Settings) -> Json:
    """The file of a group of alerts; `links` lead to their panels, by alert, where there is one."""
    rules = [_alert_rule(alert, group.subject, links.get(alert.name), settings) for alert in group.alerts]
    return _rule_file(group.name, rules, settings.evaluation_interval_seconds)


def _rule_file(name: str, rules: list[Json], interval_seconds: int) -> Json:
    return {"groups": [{"name": name, "interval": f"{interval_seconds}s", "rules": rules}]}


def _alert_rule(alert: Alert, subject: Subject, link: PanelLink | None, settings: Settings) -> Json:
    links = {"runbook": f"alerts/runbooks/{alert.name}.md"} | ({"dashboard": link.path} if link else {})
    if url := settings.runbook_url(alert.name):
        links["runbook_url"] = url
    if link and settings.grafana.url:
        links["dashboard_url"] = f"{settings.grafana.url.rstrip('/')}{link.path}"
    return {
        "alert": alert.name,
        "expr": str(alert.expr),
        "for": alert.for_,
        "labels": {
            "severity": alert.severity.value,
            "owner": getattr(settings.owners, subject.value),
            **dict(alert.labels),
        },
        "annotations": {"summary": alert.summary, "description": alert.description, **links},
    }
