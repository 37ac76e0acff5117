"""Where alerts lead: to a panel that exists, narrowed by what the alert tells and the panel reads."""

import re
from dataclasses import replace

import pytest

import alerts
from glassbox.compile.panel_links import PanelLink, panel_link
from glassbox.errors import GlassboxError
from glassbox.settings.model import GrafanaTarget, Owners, Settings
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
RULES = [rule for file in BUNDLE.alerts.values() for group in file["groups"] for rule in group["rules"]]
GRAFANA_RULES = [rule for group in BUNDLE.grafana_groups for rule in group["rules"]]
KV_ALERT = next(
    alert for group in alerts.groups(Settings()) for alert in group.alerts if alert.name == "InferenceKVCacheNearlyFull"
)
EXPR = 'max by (model_name) (m{job=~"$job",model_name=~"$model"} and on (job) g{job=~"$job",gpu=~"$gpu"})'
BOARD = {
    "uid": "f-llm-serving",
    "panels": [
        {"type": "row", "title": "KV cache usage", "id": 1},
        {"type": "timeseries", "title": "KV cache usage", "id": 2, "targets": [{"expr": EXPR}, {"expr": "up"}]},
    ],
}


def variables_of(rule):
    return dict(re.findall(r"with \$labels\.(\w+) \}\}&var-(\w+)=", rule["annotations"]["dashboard"]))


def test_a_link_sets_the_variables_by_which_the_panel_reads_a_label_of_the_alert():
    """The panel reads gpu as well, of which this alert says nothing; the row of the same title is no panel."""
    link = panel_link(KV_ALERT, {"llm-serving": BOARD})
    assert link == PanelLink("f-llm-serving", 2, (("job", "job"), ("model", "model_name")))
    assert link.path == (
        "/d/f-llm-serving?viewPanel=2"
        "{{ with $labels.job }}&var-job={{ . | urlquery }}{{ end }}"
        "{{ with $labels.model_name }}&var-model={{ . | urlquery }}{{ end }}"
    )


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (("gone", "KV cache usage"), "Alert InferenceKVCacheNearlyFull leads to the dashboard 'gone', which does not"),
        (
            ("llm-serving", "Gone"),
            "Alert InferenceKVCacheNearlyFull leads to the panel 'Gone', which the dashboard 'llm-serving' does not have",
        ),
    ],
)
def test_a_link_to_nothing_is_refused_with_the_names(panel, message):
    with pytest.raises(GlassboxError, match=message):
        panel_link(replace(KV_ALERT, panel=panel), {"llm-serving": BOARD})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_labels_narrow_what_they_mean(rule):
    """The job of a service is no job of GPU exporters, and the other way round; what knows its job is narrowed by it."""
    about_gpus = rule["alert"].startswith("GPU") and rule["alert"] not in ("GPUIdleWhileQueueing", "GPUExporterDown")
    variables = variables_of(rule)
    if about_gpus:
        assert variables == {"job": "gpu_job", "instance": "gpu_instance", "gpu": "gpu"}
    elif rule["alert"] == "Watchdog":
        assert variables == {}
    else:
        job = "prometheus_job" if rule["alert"] == "PrometheusRuleFailures" else "job"
        assert variables["job"] == job
        assert not any(name.startswith("gpu") for name in variables.values())


@pytest.mark.parametrize("rule", GRAFANA_RULES, ids=lambda rule: rule["title"])
def test_grafana_is_told_the_panel_in_its_own_way_too(rule):
    """As ngalert asks: both annotations, the id as a decimal string."""
    notes = rule["annotations"]
    board = BUNDLE.dashboards[notes["__dashboardUid__"]]
    assert notes["__panelId__"] in {str(panel["id"]) for panel in board["panels"] if panel["type"] != "row"}
    assert notes["dashboard"].startswith(f"/d/{board['uid']}?viewPanel={notes['__panelId__']}")


def test_links_follow_the_folder_and_are_complete_where_the_address_is_known():
    target = GrafanaTarget(folder_uid="staging", url="https://grafana.example.com/")
    bundle = our_bundle(Settings(grafana=target))
    notes = bundle.alerts["monitoring.yaml"]["groups"][0]["rules"][-1]["annotations"]
    assert notes["dashboard"].startswith("/d/staging-monitoring?viewPanel=")
    assert notes["dashboard_url"] == f"https://grafana.example.com{notes['dashboard']}"
    assert "dashboard_url" not in RULES[0]["annotations"]


def test_every_alert_has_the_owner_of_its_subject():
    bundle = our_bundle(Settings(owners=Owners(inference="llm", gpu="hardware", monitoring="sre")))
    owners = {
        file: {rule["labels"]["owner"] for rule in content["groups"][0]["rules"]}
        for file, content in bundle.alerts.items()
    }
    assert owners.pop("inference-gpu.yaml") == {"hardware"}
    assert owners.pop("monitoring.yaml") == {"sre"}
    assert set(map(frozenset, owners.values())) == {frozenset({"llm"})}
