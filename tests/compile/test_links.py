"""Where alerts lead: to a panel that exists, narrowed by the labels of the alert, and from panels to runbooks."""

import re
from dataclasses import replace

import pytest

from glassbox.board.assembling import assemble
from glassbox.board.dashboard import dashboard, row
from glassbox.board.grid import stable_id
from glassbox.board.panels import stat
from glassbox.board.variables import Variable
from glassbox.compile.links import PanelLink, panel_link, runbook_links
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.promql import instant, max_by, sum_by
from glassbox.query.rules import Alert, Severity
from glassbox.query.selectors import regex
from glassbox.settings.model import GrafanaTarget, Owners, Settings
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
RULES = [rule for file in BUNDLE.alerts.values() for group in file["groups"] for rule in group["rules"]]
GRAFANA_RULES = [rule for group in BUNDLE.grafana_groups for rule in group["rules"]]
USAGE = Gauge(name="usage", unit=Unit.RATIO, labels=("model_name", "gpu", "note"))
JOB, MODEL, CARD, REPLICA = (
    Variable(name=name, title=name, label=label, values_of=USAGE, **options)
    for name, label, options in (
        ("job", "job", {}),
        ("model", "model_name", {"optional": True}),
        ("card", "gpu", {}),
        ("replica", "instance", {"single": True}),
    )
)
ALERT = Alert(
    name="CacheFull",
    expr=sum_by(("job", "model_name"), instant(USAGE)) > 1,
    for_="1m",
    severity=Severity.TICKET,
    summary="",
    description="",
    panel=("cache", "Usage"),
    also_explained_on=(("cache", "By job"), ("other", "Usage")),
)
UIDS = {"cache": "f-cache", "other": "f-other"}


def board(slug, *panels, variables=(JOB, MODEL, CARD)):
    rows = (row("Row", *panels),)
    return assemble(dashboard(slug, slug.title(), question="q?", variables=variables, rows=rows))


BOARDS = {
    "cache": board(
        "cache",
        stat("Usage", sum_by((), instant(USAGE)), why="w."),
        stat("By job", max_by((), instant(USAGE)), why="w."),
    ),
    "other": board(
        "other",
        stat("Usage", sum_by((), instant(USAGE)), why="CacheFull."),
        stat("Told", instant(USAGE), why="CacheFull."),
    ),
}


def variables_of(rule):
    return dict(re.findall(r"with \$labels\.(\w+) \}\}&var-(\w+)=", rule["annotations"]["dashboard"]))


def test_a_link_sets_the_variables_that_narrow_the_panel_by_a_label_of_the_alert():
    """The panel's cards are chosen as well, of which this alert says nothing."""
    link = panel_link(ALERT, BOARDS, UIDS)
    assert link == PanelLink("f-cache", stable_id("Usage"), (("job", "job"), ("model", "model_name")))
    assert link.path == (
        f"/d/f-cache?viewPanel={stable_id('Usage')}"
        "{{ with $labels.job }}&var-job={{ . | urlquery }}{{ end }}"
        "{{ with $labels.model_name }}&var-model={{ . | urlquery }}{{ end }}"
    )


def test_a_link_sets_a_variable_of_one_value_too():
    alert = replace(ALERT, expr=instant(USAGE))
    boards = {"cache": board("cache", stat("Usage", instant(USAGE), why="w."), variables=(REPLICA,))}
    assert panel_link(alert, boards, UIDS).narrowed == (("replica", "instance"),)


def test_a_label_value_that_reads_like_a_variable_sets_nothing():
    """The text of the query has `job=~"$job"` in a value, and `gpu=~"$job"`, which means something else."""
    query = sum_by((), instant(USAGE, note='job=~"$job"', gpu=regex("$job"), model_name="m"))
    boards = {"cache": board("cache", stat("Usage", query, why="w."), variables=(replace(JOB, narrows=()), MODEL))}
    assert panel_link(replace(ALERT, expr=instant(USAGE)), boards, UIDS).narrowed == ()


def test_a_row_of_the_title_is_no_panel():
    with pytest.raises(GlassboxError, match="leads to the panel 'Row', which the dashboard 'cache' does not have"):
        panel_link(replace(ALERT, panel=("cache", "Row")), BOARDS, UIDS)


NOWHERE = pytest.mark.parametrize(
    ("panel", "message"),
    [
        (("gone", "Usage"), "Alert CacheFull leads to the dashboard 'gone', which does not exist: correct its panel"),
        (("cache", "Gone"), "Alert CacheFull leads to the panel 'Gone', which the dashboard 'cache' does not have"),
    ],
)


@NOWHERE
def test_a_link_to_nothing_is_refused_with_the_names(panel, message):
    with pytest.raises(GlassboxError, match=message):
        panel_link(replace(ALERT, panel=panel), BOARDS, UIDS)


@NOWHERE
@pytest.mark.parametrize("base_url", ["", "https://r.example"])
def test_an_alert_explained_nowhere_is_refused_whether_or_not_runbooks_can_be_read(panel, message, base_url):
    with pytest.raises(GlassboxError, match=message):
        runbook_links([replace(ALERT, also_explained_on=(panel,))], BOARDS, Settings(runbook_base_url=base_url))


def test_a_panel_leads_to_the_runbooks_of_the_alerts_that_say_so():
    """Whatever its text names: `Told` speaks of the alert, and the alert does not know it."""
    longer = replace(ALERT, name="CacheFullForLong", also_explained_on=())
    links = runbook_links([ALERT, longer], BOARDS, Settings(runbook_base_url="https://r.example"))
    usage, by_job = stable_id("Usage"), stable_id("By job")
    titles = {panel: [link["title"] for link in found] for panel, found in links.items()}
    assert titles == {
        ("cache", usage): ["Runbook CacheFullForLong", "Runbook CacheFull"],
        ("cache", by_job): ["Runbook CacheFull"],
        ("other", usage): ["Runbook CacheFull"],
    }
    assert links["other", usage] == [
        {"title": "Runbook CacheFull", "url": "https://r.example/CacheFull.md", "targetBlank": True}
    ]
    assert runbook_links([ALERT], BOARDS, Settings()) == {}


def test_our_panels_lead_to_the_runbook_of_every_alert_that_their_text_names():
    """Each alert says by which panels it is explained, so a text that names it must be one of them."""
    bundle = our_bundle(Settings(runbook_base_url="https://r.example"))
    names = re.compile("|".join(sorted((rule["alert"] for rule in RULES), key=len, reverse=True)))
    named = 0
    for board in bundle.dashboards.values():
        for panel in board["panels"]:
            told = set(names.findall(re.sub(r"\(https?://[^)]*\)", "", panel.get("description", ""))))
            named += len(told)
            titles = {link["title"].removeprefix("Runbook ") for link in panel.get("links", ())}
            assert told <= titles, (board["title"], panel["title"])
    assert named >= 14


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_labels_narrow_what_they_mean(rule):
    """The job of a service is no job of GPU exporters, and the other way round; what knows its job is narrowed by it."""
    about_gpus = rule["alert"].startswith("GPU") and rule["alert"] not in ("GPUIdleWhileQueueing", "GPUExporterDown")
    variables = variables_of(rule)
    if about_gpus:
        assert variables == {"job": "gpu_job", "instance": "gpu_instance", "gpu": "gpu"}
    elif rule["alert"] in ("Watchdog", "MonitoringJobUnlisted"):
        # Nothing chosen narrows the list of jobs that the settings lack: it is short, and each of them matters.
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
