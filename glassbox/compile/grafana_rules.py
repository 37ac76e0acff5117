"""A Prometheus alert as a Grafana-managed rule of the same meaning.

The shape is that of Grafana's own converter (pkg/services/ngalert/prom): "the query returned a series" is the condition,
whatever its value, NaN included; no data is healthy; a series that leaves the result resolves at the next evaluation.
Heartbeats are left to Prometheus.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.compile.links import PanelLink
from glassbox.query.promql import duration_seconds
from glassbox.query.rules import Severity
from glassbox.settings.model import GrafanaTarget

# Grafana adds both to every stored model; a rule sent with them, keys sorted, compares as unchanged.
_MODEL_DEFAULTS = {"intervalMs": 1000, "maxDataPoints": 43200}
_QUERY_RANGE_SECONDS = 600


def grafana_group(group: Json, *, target: GrafanaTarget, data_source_uid: str, links: Mapping[str, PanelLink]) -> Json:
    """A Prometheus rule group (alerts only) as the provisioning API's rule group; `interval` in seconds, `links` by alert, where it leads anywhere."""
    rules = [
        _rule(rule, group["name"], target, data_source_uid, links.get(rule["alert"]))
        for rule in group["rules"]
        # Without a route of its own, which Grafana's default policy has not, it would go to people for ever.
        if rule["labels"]["severity"] != Severity.HEARTBEAT.value
    ]
    interval_seconds = duration_seconds(group["interval"])
    return {"title": group["name"], "folderUid": target.folder_of_rules, "interval": interval_seconds, "rules": rules}


def _rule(rule: Json, group: str, target: GrafanaTarget, data_source_uid: str, link: PanelLink | None) -> Json:
    texts = {key: _for_grafana(text) for key, text in rule["annotations"].items()}
    # With both Grafana shows the alert on the panel, and a picture of the panel in notifications.
    if link:
        texts |= {"__dashboardUid__": link.dashboard_uid, "__panelId__": str(link.panel_id)}
    return {
        # Of the installation, not of the folder: a rule that moves keeps it, and so its history.
        "uid": uid_in(target.folder_uid, rule["alert"]),
        "title": rule["alert"],
        "folderUID": target.folder_of_rules,
        "ruleGroup": group,
        "condition": "threshold",
        "data": _nodes(rule["expr"], data_source_uid),
        "noDataState": "OK",
        # A data source that is out for a moment must not resolve what fires.
        "execErrState": "KeepLast",
        "for": rule["for"],
        "keep_firing_for": "0s",
        "missingSeriesEvalsToResolve": 1,
        "annotations": texts,
        "labels": dict(rule["labels"]),
        "isPaused": False,
    }


def uid_in(folder_uid: str, name: str) -> str:
    """An identity from names, never from a position, that differs between folders; 40 characters at most, as Grafana asks."""
    uid = f"{folder_uid}-{name}"
    return uid if len(uid) <= 40 else f"{uid[:31]}-{hashlib.sha256(uid.encode()).hexdigest()[:8]}"


def _nodes(expr: str, data_source_uid: str) -> list[Json]:
    source = {"type": "prometheus", "uid": data_source_uid}
    query = {"datasource": source, "expr": expr, "instant": True, "range": False}
    any_value = {"expression": "is_number($query) || is_nan($query) || is_inf($query)", "type": "math"}
    above_zero = {
        "conditions": [{"evaluator": {"params": [0], "type": "gt"}}],
        "expression": "prometheus_math",
        "type": "threshold",
    }
    return [
        _node("query", data_source_uid, query, "", _QUERY_RANGE_SECONDS),
        _node("prometheus_math", "__expr__", any_value, "math", 0),
        _node("threshold", "__expr__", above_zero, "threshold", 0),
    ]


def _node(ref: str, data_source_uid: str, model: dict[str, Any], query_type: str, range_seconds: int) -> Json:
    expression = {"datasource": {"type": "__expr__", "uid": "__expr__"}} if data_source_uid == "__expr__" else {}
    complete = _MODEL_DEFAULTS | expression | model | {"refId": ref}
    return {
        "refId": ref,
        "queryType": query_type,
        "relativeTimeRange": {"from": range_seconds, "to": 0},
        "datasourceUid": data_source_uid,
        "model": dict(sorted(complete.items())),
    }


def _for_grafana(template: str) -> str:
    """`$value` is one long string before Grafana 12; `$values.query.Value` is the number in every version."""
    return template.replace("$value ", "$values.query.Value ").replace("$value}", "$values.query.Value}")
