"""Dashboards and rules of the shapes in which people keep them, small, for the tests of lint."""

import json

QUERY = 'sum by (model_name) (rate(vllm:generation_tokens_total{model_name=~"$model"}[$__rate_interval]))'
PANEL = {
    "id": 4,
    "type": "timeseries",
    "title": "Tokens",
    "description": "Tokens per second.",
    "datasource": {"type": "prometheus", "uid": "${datasource}"},
    "gridPos": {"h": 8, "w": 12, "x": 0, "y": 1},
    "fieldConfig": {
        "defaults": {
            "unit": "cps",
            "min": 0,
            "thresholds": {
                "mode": "absolute",
                "steps": [{"color": "green", "value": None}, {"color": "red", "value": 80}],
            },
            "links": [{"title": "Replica", "url": "/d/replica?var-pod=${__field.labels.pod}&viewPanel=7"}],
        },
        "overrides": [],
    },
    "targets": [{"refId": "A", "expr": QUERY, "legendFormat": "{{model_name}}", "interval": "1m"}],
}
VARIABLES = [
    {"name": "datasource", "type": "datasource", "query": "prometheus"},
    {
        "name": "model",
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": {"query": "label_values(vllm:num_requests_running, model_name)", "refId": "x"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "Somebody's", "value": "somebody's"},
    },
]
RESTARTS = {"name": "Restarts", "datasource": "${datasource}", "expr": "changes(up[1m]) > 0", "titleFormat": "{{pod}}"}
BOARD = {
    "title": "Serving",
    "uid": "serving",
    "schemaVersion": 41,
    "tags": ["llm"],
    "editable": False,
    "links": [{"type": "link", "title": "Fleet", "url": "/d/fleet/fleet?from=now-1h"}],
    "annotations": {"list": [{"builtIn": 1, "name": "Annotations & Alerts"}, RESTARTS]},
    "templating": {"list": VARIABLES},
    "panels": [
        {
            "id": 1,
            "type": "row",
            "title": "Work",
            "collapsed": False,
            "gridPos": {"h": 1, "w": 24, "x": 0, "y": 0},
            "panels": [],
        },
        PANEL,
    ],
}
FOLDED = BOARD | {"panels": [{"type": "row", "title": "Work", "collapsed": True, "panels": [PANEL]}]}
OF_GRAFANA_4 = {key: value for key, value in BOARD.items() if key != "panels"} | {
    "rows": [{"title": "Work", "panels": [PANEL]}]
}
OF_SCHEMA_2 = {
    "apiVersion": "dashboard.grafana.app/v2beta1",
    "kind": "Dashboard",
    "metadata": {"name": "serving"},
    "spec": {
        "title": "Serving",
        "tags": ["llm"],
        "editable": False,
        "links": BOARD["links"],
        "annotations": [
            {
                "kind": "AnnotationQuery",
                "spec": {
                    "name": "Restarts",
                    "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "changes(up[1m]) > 0"}},
                    "titleFormat": "{{pod}}",
                },
            }
        ],
        "variables": [
            {"kind": "DatasourceVariable", "spec": {"name": "datasource", "pluginId": "prometheus"}},
            {
                "kind": "QueryVariable",
                "spec": {
                    "name": "model",
                    "query": {
                        "kind": "DataQuery",
                        "group": "prometheus",
                        "spec": {"query": VARIABLES[1]["query"]["query"]},
                    },
                    "refresh": "onTimeRangeChanged",
                    "multi": True,
                    "includeAll": True,
                    "allValue": ".+",
                },
            },
        ],
        "elements": {
            "panel-4": {
                "kind": "Panel",
                "spec": {
                    "id": 4,
                    "title": "Tokens",
                    "description": "Tokens per second.",
                    "data": {
                        "kind": "QueryGroup",
                        "spec": {
                            "queries": [
                                {
                                    "kind": "PanelQuery",
                                    "spec": {
                                        "refId": "A",
                                        "query": {
                                            "kind": "DataQuery",
                                            "group": "prometheus",
                                            "datasource": {"name": "${datasource}"},
                                            "spec": {"expr": QUERY, "legendFormat": "{{model_name}}", "interval": "1m"},
                                        },
                                    },
                                }
                            ]
                        },
                    },
                    "vizConfig": {
                        "kind": "VizConfig",
                        "group": "timeseries",
                        "spec": {"options": {}, "fieldConfig": PANEL["fieldConfig"]},
                    },
                },
            }
        },
        "layout": {
            "kind": "GridLayout",
            "spec": {
                "items": [
                    {
                        "kind": "GridLayoutItem",
                        "spec": {
                            "x": 0,
                            "y": 1,
                            "width": 12,
                            "height": 8,
                            "element": {"kind": "ElementReference", "name": "panel-4"},
                        },
                    }
                ]
            },
        },
    },
}
RULES = """\
groups:
  - name: serving
    interval: 30s
    labels: {team: llm}
    rules:
      - record: model:tokens:rate5m
        expr: sum by (model_name) (rate(vllm:generation_tokens_total[5m]))
      - alert: NoTokens
        expr: |
          model:tokens:rate5m == 0
          and on (model_name)
          vllm:num_requests_running > 0
        for: 10m
        keep_firing_for: 5m
        labels:
          severity: page
        annotations:
          summary: "{{ $labels.model_name }} makes no tokens"
  - name: without rules
"""
OF_GRAFANA = {
    "apiVersion": 1,
    "groups": [
        {
            "name": "serving",
            "folder": "LLM",
            "interval": "1m",
            "rules": [
                {
                    "uid": "no-tokens",
                    "title": "NoTokens",
                    "condition": "C",
                    "for": "10m",
                    "data": [
                        {"refId": "A", "datasourceUid": "x", "model": {"expr": "model:tokens:rate5m", "refId": "A"}},
                        {
                            "refId": "B",
                            "datasourceUid": "x",
                            "model": {"expr": "vllm:num_requests_running", "refId": "B"},
                        },
                        {
                            "refId": "C",
                            "datasourceUid": "__expr__",
                            "model": {"type": "threshold", "datasource": {"type": "__expr__"}},
                        },
                    ],
                },
                {
                    "title": "Logs",
                    "data": [{"refId": "A", "model": {"expr": 'count_over_time({app="x"} |= "e" [5m])'}}],
                },
            ],
        }
    ],
}
ALERTMANAGER = """\
global:
  smtp_auth_password: hush
route:
  receiver: everyone
  routes:
    - matchers: ['severity="page"', "team =~ \\"llm|ocr\\""]
      receiver: on-call
      routes:
        - match: {model_name: m}
inhibit_rules:
  - source_match: {severity: page}
    target_match_re: {severity: "ticket|info"}
    equal: [job]
receivers:
  - name: everyone
  - name: on-call
    webhook_configs: [{url: "https://example.com/hook"}]
"""


def config_map(name: str, text: str) -> str:
    """A ConfigMap that holds the text as a literal block."""
    indented = "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  note: nothing\n  {name}: |\n{indented}"


def written(value: object) -> str:
    """As Grafana exports it."""
    return json.dumps(value, indent=2)
