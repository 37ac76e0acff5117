"""What an installation leaves out or changes about our content, and what goes or changes with it."""

import json
import re

import pytest

from glassbox.compile.left_out import without_links
from glassbox.errors import GlassboxError
from glassbox.lint.linting import judged
from glassbox.lint.of_bundle import corpus_of
from glassbox.query.rules import Severity
from glassbox.settings.model import AlertChange, Exclude, GrafanaTarget, Settings
from tests.support.ours import our_bundle

USUAL = our_bundle()


def alerts_of(bundle):
    return {
        rule["alert"]: rule for file in bundle.alerts.values() for group in file["groups"] for rule in group["rules"]
    }


def records_of(bundle):
    return {
        rule["record"] for file in bundle.recording_rules.values() for group in file["groups"] for rule in group["rules"]
    }  # fmt: skip  # a row is a case


def findings(bundle):
    return judged(corpus_of(bundle), select=("runbook", "unused-record", "unexplained-panels", "dead-end"))


def without(*, dashboards=(), alerts=(), **settings):
    return our_bundle(Settings(exclude=Exclude(tuple(dashboards), tuple(alerts)), **settings))


def test_nothing_left_out_is_everything():
    assert without() == USUAL


def test_an_alert_that_is_left_out_is_in_no_output_and_lint_does_not_miss_it():
    bundle = without(alerts=["InferenceQPSLow"], runbook_base_url="https://e.org/r")
    assert alerts_of(USUAL).keys() - alerts_of(bundle).keys() == {"InferenceQPSLow"}
    assert "InferenceQPSLow" not in {rule["title"] for group in bundle.grafana_groups for rule in group["rules"]}
    assert "Runbook InferenceQPSLow" not in json.dumps(bundle.dashboards)
    assert "InferenceQPSLow.md" not in json.dumps(bundle.dashboards)
    assert findings(bundle) == []


def test_a_text_that_links_the_runbook_of_an_alert_left_out_keeps_its_words():
    def text(bundle):
        return next(p["description"] for p in bundle.dashboards["glassbox-cost-and-energy"]["panels"] if p["title"] == "GPUs")  # fmt: skip  # one thing is one line

    assert "[GPUIdleButPaid](https://e.org/r/GPUIdleButPaid.md)" in text(without(runbook_base_url="https://e.org/r"))
    bundle = without(alerts=["GPUIdleButPaid"], runbook_base_url="https://e.org/r")
    assert "GPUIdleButPaid" in text(bundle) and "https://e.org" not in text(bundle)


def test_a_group_without_alerts_is_no_group():
    bundle = without(
        alerts=["PrometheusRuleFailures", "Watchdog", "MonitoringJobUnlisted", "MonitoringJobSpansTenants"]
    )
    assert USUAL.alerts.keys() - bundle.alerts.keys() == {"monitoring.yaml"}
    assert "monitoring" not in {group["title"] for group in bundle.grafana_groups}


def test_links_to_a_dashboard_left_out_are_gone_and_all_others_stay():
    bundle = without(dashboards=["gpu"], grafana=GrafanaTarget(folder_uid="staging"))
    whole = our_bundle(Settings(grafana=GrafanaTarget(folder_uid="staging")))
    assert whole.dashboards.keys() - bundle.dashboards.keys() == {"staging-gpu"}

    def links(boards):
        return re.findall(r'"/d/([\w-]+)\?', json.dumps(boards))

    expected = [uid for uid in links([b for uid, b in whole.dashboards.items() if uid != "staging-gpu"]) if uid != "staging-gpu"]  # fmt: skip  # one thing is one line
    assert links(list(bundle.dashboards.values())) == expected
    assert '"links": []' not in json.dumps([board["panels"] for board in bundle.dashboards.values()])


def test_a_board_whose_next_one_is_left_out_is_no_finding_but_another_dead_end_is():
    bundle = without(dashboards=["gpu"])
    assert bundle.left_out.dead_ends == {"glassbox-replicas", "glassbox-cost-and-energy"}
    assert findings(bundle) == []
    first = bundle.dashboards["glassbox-slo"]
    first["panels"] = [{key: value for key, value in panel.items() if key != "links"} for panel in first["panels"]]
    assert [finding.location.object for finding in findings(bundle)] == ["SLO"]


def test_an_alert_whose_dashboard_is_left_out_leads_nowhere():
    rule = alerts_of(without(dashboards=["gpu"], grafana=GrafanaTarget(url="https://g.org")))["GPULost"]
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    grafana = [r for g in without(dashboards=["gpu"]).grafana_groups for r in g["rules"] if r["title"] == "GPULost"]
    assert not any(key.startswith("__") for key in grafana[0]["annotations"])


def test_a_record_that_nothing_reads_any_more_goes_and_what_only_it_read_goes_too():
    bundle = without(alerts=["InferenceErrorBudgetBurnFast", "InferenceErrorBudgetBurnSlow"], dashboards=["slo"])
    gone = records_of(USUAL) - records_of(bundle)
    assert {"model:slo_burn:ratio1h", "model:slo_events:rate", "slo:error_budget:ratio"} <= gone
    assert all(name.split(":")[1].startswith(("slo_", "error_budget")) for name in gone)
    assert USUAL.recording_rules.keys() - bundle.recording_rules.keys() == {"slo-period.yaml"}
    assert findings(bundle) == []


def test_what_says_that_nothing_is_recorded_stays_as_long_as_a_dashboard_reads_it():
    bundle = without(alerts=["InferenceErrorBudgetBurnFast", "InferenceErrorBudgetBurnSlow"], dashboards=["slo"])
    (group,) = bundle.recording_rules["slo.yaml"]["groups"]
    assert {rule["record"] for rule in group["rules"]} == {USUAL.content.always_recorded}


def test_baselines_keep_what_they_measure():
    slugs = [uid.removeprefix("glassbox-") for uid in USUAL.dashboards]
    bundle = without(dashboards=slugs, alerts=alerts_of(USUAL))
    assert bundle.dashboards == {} and bundle.alerts == {}
    assert "model:inference_request_duration_seconds_bucket:rate5m" in records_of(bundle)
    assert "model:diagnosis_verdict:code" not in records_of(bundle)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exclude": Exclude(dashboards=("cost-energy",))}, "Setting exclude.dashboards: no dashboard is called 'cost-energy'; the nearest is 'cost-and-energy'."),
        ({"exclude": Exclude(alerts=("InferenceQpsLow",))}, "Setting exclude.alerts: no alert is called 'InferenceQpsLow'; the nearest is 'InferenceQPSLow'."),
        ({"alerts": {"GPUGone": AlertChange(for_="5m")}}, "Setting alerts: no alert is called 'GPUGone'; the nearest is 'GPULost'."),
        ({"alerts": {"Watchdog": AlertChange(severity=Severity.PAGE)}}, "Setting alerts.Watchdog.severity: this alert always fires"),
        ({"alerts": {"InferenceQPSLow": AlertChange(labels={"job": "x"})}}, "Setting alerts.InferenceQPSLow.labels: 'job' is a label of the series that the alert is about; choose another name."),
    ],
)  # fmt: skip  # a row is a case
def test_what_a_setting_cannot_mean_is_refused(settings, message):
    with pytest.raises(GlassboxError) as caught:
        our_bundle(Settings(**settings))
    assert str(caught.value).startswith(message)


def test_an_alert_is_changed_in_every_output_and_no_other_one():
    change = AlertChange(for_="5m", severity=Severity.PAGE, labels={"team": "search"})
    bundle = our_bundle(Settings(alerts={"InferenceQPSLow": change}))
    before, after = alerts_of(USUAL), alerts_of(bundle)
    changed = {"for": "5m", "labels": {"severity": "page", "owner": "inference", "team": "search"}}
    assert after.pop("InferenceQPSLow") == before.pop("InferenceQPSLow") | changed
    assert after == before
    (rule,) = (r for g in bundle.grafana_groups for r in g["rules"] if r["title"] == "InferenceQPSLow")
    assert (rule["for"], rule["labels"]) == ("5m", changed["labels"])
    assert bundle.dashboards == USUAL.dashboards


def test_a_column_whose_only_link_is_gone_is_a_column_still():
    def board(url):
        width = {"id": "custom.width", "value": 90}
        linked = {"matcher": {"id": "byName", "options": "GPU"}, "properties": [width, {"id": "links", "value": [{"url": url}]}]}  # fmt: skip  # one thing is one line
        bare = {"matcher": {"id": "byName", "options": "Host"}, "properties": [{"id": "links", "value": [{"url": url}]}]}  # fmt: skip  # one thing is one line
        return {"panels": [{"title": "T", "links": [{"url": url}], "fieldConfig": {"overrides": [linked, bare]}}]}

    (panel,) = without_links({"a": board("/d/b?x=1")}, {"b"}, ())["a"]["panels"]
    assert "links" not in panel
    assert panel["fieldConfig"]["overrides"] == [
        {"matcher": {"id": "byName", "options": "GPU"}, "properties": [{"id": "custom.width", "value": 90}]}
    ]
    kept = board("/d/bb?x=1")
    assert without_links({"a": kept}, {"b"}, ())["a"] == kept
