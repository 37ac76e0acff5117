"""Dashboards of ours that something else manages: left alone with a sentence, whatever the command, where Grafana says so."""

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.plan import plan
from glassbox.deploying.rollback import going_back
from glassbox.deploying.selection import Selection
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied
from tests.support.pushing import deployment, planned, push
from tests.support.small_bundle import TOKENS, board, bundle, edited, grafana_of, panel, settings_of
from tests.support.small_content import PRODUCT

SETTINGS = settings_of()
OURS = bundle([board("a", panel("Latency")), board("b")])
CHANGED = bundle([board("a", panel("Time to first token")), board("b", refresh="5m")])
GROUP = "/apis/dashboard.grafana.app"
KNOWING = ["12.4.0", "13.2.0"]
NO_RIGHT = {"kind": "Status", "status": "Failure", "message": "no", "reason": "Forbidden", "code": 403}


def manager(kind="terraform", edits=""):
    allows = {"grafana.app/managerAllowsEdits": edits} if edits else {}
    return {"grafana.app/managedBy": kind, "grafana.app/managerId": "ops"} | allows


def managed(server, uid="glassbox-a", **annotations):
    server.state.dashboards[uid].manager = manager(**annotations)


def told(by, what="change"):
    return f"Dashboard 'A' (glassbox-a) is left out, since {by} manages it: {what} it there, or release it there and run again."


def knows(grafana):
    return grafana.version() >= (12, 0, 0)


@pytest.mark.parametrize(
    ("annotations", "by"),
    [
        ({}, "Terraform ('ops')"),
        ({"edits": "false"}, "Terraform ('ops')"),
        ({"kind": "kubectl"}, "kubectl ('ops')"),
        ({"kind": "operator"}, "operator ('ops')"),
        ({"kind": ""}, "something else ('ops')"),
        ({"kind": "repo", "edits": "true"}, "Git Sync ('ops')"),
        ({"kind": "classic-file-provisioning"}, "a file on the Grafana server ('ops')"),
    ],
)
def test_what_others_manage_is_left_out_with_a_sentence_and_the_rest_is_pushed(servers, annotations, by):
    server, grafana = servers
    push(grafana, SETTINGS, OURS)
    managed(server, **annotations)
    made = planned(grafana, SETTINGS, CHANGED)
    if not knows(grafana):
        assert (made.left_out, [change.title for change in made.pending]) == ((), ["A", "B"])
        return
    assert made.left_out == made.remarks == (told(by),)
    for force in (False, True):
        assert [change.title for change in made.allowed(force=force)] == ["B"]
    before = server.state.dashboards["glassbox-a"].version
    push(grafana, SETTINGS, CHANGED, force=True)
    again = planned(grafana, SETTINGS, CHANGED)
    assert (again.pending, again.left_out) == ((), (told(by),))
    assert (server.state.dashboards["glassbox-a"].version, server.state.dashboards["glassbox-b"].version) == (before, 2)


@pytest.mark.parametrize("has_mark", [True, False])
@pytest.mark.parametrize("version", KNOWING)
def test_one_that_is_as_wanted_is_no_finding(version, has_mark):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, OURS)
        managed(server)
        if not has_mark:
            edited(server, "glassbox-a", tags=["glassbox"])
        made = planned(grafana, SETTINGS, OURS)
        assert (made.pending, made.left_out) == ((), ())


@pytest.mark.parametrize("version", KNOWING)
def test_what_allows_edits_is_pushed_and_the_plan_says_what_that_means(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, OURS)
        managed(server, edits="true")
        made = planned(grafana, SETTINGS, CHANGED)
        consequence = "Dashboard 'A' is managed by Terraform ('ops') too, which allows edits: a push takes that mark away, and it may overwrite the dashboard again."
        assert made.left_out == ()
        assert [list(change.consequences) for change in made.pending] == [[consequence], []]
        push(grafana, SETTINGS, CHANGED)
        assert planned(grafana, SETTINGS, CHANGED).pending == ()


@pytest.mark.parametrize("path", [GROUP, f"{GROUP}/v0alpha1/"])
@pytest.mark.parametrize("status", [403, 404])
def test_without_the_right_to_ask_all_is_compared_as_in_earlier_versions(path, status):
    with grafana_of("12.4.0") as (server, grafana):
        push(grafana, SETTINGS, OURS)
        managed(server)
        with Grafana(server.url, Token("admin")) as anew:
            server.faults.answer(path, status=status, body=NO_RIGHT, times=2)
            made = planned(anew, SETTINGS, CHANGED)
        assert (made.left_out, [change.title for change in made.pending]) == ((), ["A", "B"])


def test_a_plan_sends_reads_only_and_one_more_for_each_live_dashboard(servers):
    server, grafana = servers
    push(grafana, SETTINGS, OURS)
    sent = len(server.requests)
    with Grafana(server.url, Token("viewer"), read_only=True) as reading:
        assert plan(reading, deployment(reading, SETTINGS, bundle([*OURS.dashboards.values(), board("c")]))).pending
    requests = server.requests[sent:]
    asked = [request.path.rpartition("/")[2] for request in requests if request.path.startswith(f"{GROUP}/")]
    assert {request.method for request in requests} == {"GET"}
    assert sorted(asked) == (["glassbox-a", "glassbox-b"] if knows(grafana) else [])


@pytest.mark.parametrize("version", KNOWING)
def test_prune_and_destroy_leave_it_and_its_folder(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, OURS, tmp_path)
        managed(server)
        pruned = planned(grafana, SETTINGS, bundle())
        assert (pruned.left_out, [change.title for change in pruned.pending]) == ((told("Terraform ('ops')", "delete"),), ["B"])  # fmt: skip  # one thing is one line
        assert planned(grafana, SETTINGS, bundle(), prune=False).left_out == ()
        made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
        assert made.left_out == (told("Terraform ('ops')", "delete"),)
        assert "Folder 'Glassbox' stays, since it holds more than what is deleted." in made.remarks
        apply(grafana, made, made.allowed(force=True), lambda _change: None)
        assert (list(server.state.dashboards), list(server.state.folders)) == (["glassbox-a"], ["glassbox"])


@pytest.mark.parametrize("version", KNOWING)
@pytest.mark.parametrize(("pushes", "what"), [((OURS, CHANGED), "change"), ((OURS,), "delete")])
def test_a_rollback_leaves_it(version, pushes, what, tmp_path):
    with grafana_of(version) as (server, grafana):
        for content in pushes:
            applied(grafana, content, tmp_path)
        managed(server)
        made = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
        assert made.left_out == (told("Terraform ('ops')", what),)
        assert [change.title for change in made.pending] == ["B"]


def test_a_selection_of_it_alone_says_so(tmp_path):
    with grafana_of("13.2.0") as (server, grafana):
        push(grafana, SETTINGS, OURS)
        managed(server)
        made = plan(grafana, deployment(grafana, SETTINGS, CHANGED), Selection("dashboard/A"))
        assert (made.pending, made.left_out) == ((), (told("Terraform ('ops')"),))


@pytest.mark.parametrize("arguments", [["plan"], ["--yes", "--force"], ["destroy", "--yes", "--force"]])
def test_the_commands_say_it_and_end_with_2(monkeypatch, capsys, arguments):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(version="13.2.0", tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
        edited(server, "glassbox-queue", title="Mine")
        managed(server, "glassbox-queue")
        capsys.readouterr()
        assert command_line.main(PRODUCT, [*arguments, "--grafana", server.url]) == 2
        assert (
            "Dashboard 'Mine' (glassbox-queue) is left out, since Terraform ('ops') manages it"
            in capsys.readouterr().out
        )
        assert server.state.dashboards["glassbox-queue"].title == "Mine"


@pytest.mark.parametrize("uid", [[], ["glassbox-queue"]])
def test_adopt_says_that_it_is_not_compared(monkeypatch, capsys, uid):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(version="13.2.0", tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
        managed(server, "glassbox-queue")
        assert command_line.main(PRODUCT, ["adopt", "--grafana", server.url, *uid]) == 0
        edited(server, "glassbox-queue", refresh="1h")
        capsys.readouterr()
        assert command_line.main(PRODUCT, ["adopt", "--grafana", server.url, *uid]) == 2
        sentence = told("Terraform ('ops')").replace("'A' (glassbox-a)", "'Queue' (glassbox-queue)")
        assert capsys.readouterr().out == f"{sentence}\n"
