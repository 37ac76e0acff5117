"""Addresses that a proxy or a right keeps from us: a plan goes on without what it can do without, and says what it does not know."""

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.plan import plan
from glassbox.deploying.rollback import going_back
from glassbox.deploying.selection import Selection
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied
from tests.support.pushing import deployment, pending, push
from tests.support.small_bundle import TOKENS, VERSIONS, board, bundle, edited, grafana_of, group, panel, settings_of
from tests.support.small_content import PRODUCT
from tests.support.small_notifications import notifying

SETTINGS = settings_of()
OURS = bundle([board("a", panel("Latency")), board("b")], [group("g", "A")])
CHANGED = bundle([board("a", panel("Delay")), board("b")], [group("g", "A", interval=120)])
PENDING = ["A", "g"]
STATUSES = [302, 403, 404, 405, 406, 410, 415, 422, 451]
OPTIONAL = [
    "/api/health",
    "/api/access-control/user/permissions",
    "/api/frontend/settings",
    "/api/v1/provisioning/contact-points",
    "/api/v1/provisioning/mute-timings",
    "/api/v1/provisioning/templates",
    "/api/v1/provisioning/policies",
    "/apis/dashboard.grafana.app",
    "/apis/dashboard.grafana.app/",
]
METADATA = "What manages our dashboards, and in which schema they are stored, is not known: "
NOTIFICATIONS = "Whether there are notifications of ours is not known: "
VERSIONS_REFUSED = "Whether others edited dashboards that differ is not known: "


def refusing(server, path, status, body="<html>no</html>"):
    server.faults.answer(path, status=status, body=body, times=1000, method="GET")


def planned_anew(server, content=CHANGED, settings=SETTINGS, selection=None, **options):
    with Grafana(server.url, Token("admin"), **options) as grafana:
        return plan(grafana, deployment(grafana, settings, content), *([selection] if selection else []))


@pytest.mark.parametrize("version", ["11.6.0", "13.2.0"])
@pytest.mark.parametrize("path", OPTIONAL)
def test_a_plan_and_a_push_go_on_whatever_a_proxy_answers(version, path):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, OURS)
        for status in STATUSES:
            server.faults.armed.clear()
            refusing(server, path, status, None if status == 302 else "<html>no</html>")
            made = planned_anew(server)
            assert ([change.title for change in made.pending], made.left_out) == (PENDING, ()), status
        with Grafana(server.url, Token("admin")) as anew:
            apply(anew, made, made.pending, lambda _change: None)
        assert planned_anew(server).pending == ()


@pytest.mark.parametrize(("path", "told"), [(path, NOTIFICATIONS) for path in OPTIONAL[3:7]] + [(path, METADATA) for path in OPTIONAL[7:]])  # fmt: skip  # a row is an address
@pytest.mark.parametrize("status", [403, 406])
def test_what_is_not_known_is_said(path, told, status):
    with grafana_of("13.2.0") as (server, grafana):
        push(grafana, SETTINGS, OURS)
        refusing(server, path, status)
        for made in (planned_anew(server), destroy_plan(grafana, SETTINGS.grafana)):
            (remark,) = [each for each in made.remarks if each.startswith(told)]
            assert f" answered {status} with HTML" in remark


@pytest.mark.parametrize("version", ["10.4.0", "11.6.0"])
def test_a_grafana_without_the_newer_api_lacks_nothing(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, OURS)
        assert planned_anew(server).remarks == ()


@pytest.mark.parametrize("path", ["/api/org", "/api/folders/glassbox", "/api/v1/provisioning/alert-rules"])
@pytest.mark.parametrize("status", [405, 406, 451])
def test_without_what_is_compared_nothing_is_planned(path, status):
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, OURS)
        refusing(server, path, status)
        with pytest.raises(GlassboxError, match=f"GET {path} answered {status} with HTML, not JSON"):
            planned_anew(server)


@pytest.mark.parametrize("status", [404, 405, 406, 451, 500])
def test_declared_notifications_that_cannot_be_read_end_a_plan(status, monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")
    settings, content = notifying()
    with grafana_of() as (server, _):
        refusing(server, "/api/v1/provisioning/contact-points", status)
        with pytest.raises(GlassboxError, match=f"contact-points answered {status}"):
            planned_anew(server, content, settings)


@pytest.mark.parametrize("path", OPTIONAL)
@pytest.mark.parametrize("status", [401, 500])
def test_a_server_that_fails_is_an_error(path, status):
    with grafana_of("13.2.0") as (server, grafana):
        push(grafana, SETTINGS, OURS)
        refusing(server, path, status, {"message": "database is locked"})
        if path == "/api/access-control/user/permissions":
            with pytest.raises(GlassboxError, match=f"answered {status}"), Grafana(server.url, Token("admin")) as anew:
                anew.permissions()
            return
        with pytest.raises(GlassboxError, match=f"GET {path}.* answered {status}"):
            planned_anew(server)


def test_dashboards_alone_need_no_rules():
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, OURS)
        refusing(server, "/api/v1/provisioning", 406)
        made = planned_anew(server, selection=Selection("dashboard/*"))
        assert ([change.title for change in made.pending], made.left_out) == (["A"], ())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plan_of_a_viewer_says_that_it_does_not_know_who_edited_what(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, OURS, tmp_path)
        edited(server, "glassbox-a", refresh="9m")
        with Grafana(server.url, Token("viewer"), read_only=True) as reading:
            made = plan(reading, deployment(reading, SETTINGS, CHANGED), Selection("dashboard/*"))
            back = going_back(reading, SETTINGS.grafana, all_backups(tmp_path)).plan
        assert [(change.title, change.edit) for change in made.pending] == [("A", None)]
        for each in (made, back):
            (told,) = [sentence for sentence in each.left_out if sentence.startswith(VERSIONS_REFUSED)]
            assert told.endswith("give the service account of this token the Editor role.")


def test_a_push_that_may_not_read_versions_writes_nothing():
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, OURS)
        refusing(server, "/api/dashboards/uid/glassbox-a/versions", 403, {"message": "no"})
        before = len(server.writes)
        with pytest.raises(GlassboxError, match=r"versions.* answered 403"):
            push(grafana, SETTINGS, CHANGED)
        assert len(server.writes) == before


UNREADABLE = {"message": "dashboard api version not supported, use the apis endpoint"}


@pytest.mark.parametrize("force", [False, True])
def test_a_dashboard_that_the_api_does_not_return_is_left_out_and_the_rest_is_pushed(force, tmp_path):
    with grafana_of("13.2.0") as (server, grafana):
        applied(grafana, OURS, tmp_path)
        refusing(server, "/api/dashboards/uid/glassbox-a", 406, UNREADABLE)
        changed = bundle([board("a", panel("Delay")), board("b", refresh="9m")], [group("g", "A")])
        made = planned_anew(server, changed)
        (told,) = made.left_out
        assert told.startswith("Dashboard glassbox-a is left out: dashboard glassbox-a: GET ")
        assert [change.title for change in made.allowed(force=force)] == ["B"]
        for each in (planned_anew(server, bundle()), destroy_plan(grafana, SETTINGS.grafana), going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan):  # fmt: skip  # three plans
            assert (told in each.left_out, "A" in [title for _, title, _ in pending(each.changes)]) == (True, False)
        assert "glassbox-a" in server.state.dashboards


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"panels": "nonsense"}, "panels is not an array"),
        ({"panels": [None]}, "panels[0] is not an object"),
        ({"panels": [{"targets": [1]}]}, "panels[0].targets[0] is not an object"),
        ({"templating": {"list": ["job"]}}, "templating.list[0] is not an object"),
    ],
)
def test_a_dashboard_that_somebody_made_into_something_else_is_left_out(fields, problem, tmp_path):
    sentence = f"Dashboard glassbox-a is left out: its JSON is not a dashboard's ({problem}), so correct or delete it in Grafana, then run again."
    with grafana_of("13.2.0") as (server, grafana):
        applied(grafana, OURS, tmp_path)
        edited(server, "glassbox-a", **fields)
        for each in (planned_anew(server), planned_anew(server, bundle()), destroy_plan(grafana, SETTINGS.grafana), going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan):  # fmt: skip  # four plans
            assert (each.left_out, "A" in [title for _, title, _ in pending(each.changes)]) == ((sentence,), False)
        applied(grafana, CHANGED, tmp_path)
        assert len(all_backups(tmp_path)) == 2
        assert server.state.rules["glassbox-A"].interval_seconds == 120


@pytest.mark.parametrize("status", [403, 406])
def test_a_folder_whose_content_is_not_known_stays_and_what_is_ours_in_it_goes(status, tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, OURS, tmp_path)
        refusing(server, "/api/folders/glassbox/counts", status)
        made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
        (told,) = made.remarks
        assert told.startswith(
            f"Folder 'Glassbox' stays, since it is not known what it holds (folder glassbox: GET /api/folders/glassbox/counts answered {status} "
        )
        apply(grafana, made, made.pending, lambda _change: None)
        assert (list(server.state.folders), server.state.dashboards, server.state.rules) == (["glassbox"], {}, {})


def test_a_viewers_adopt_does_not_say_that_nobody_edited_anything(monkeypatch, capsys):
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        monkeypatch.setenv("GRAFANA_TOKEN", "admin")
        assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
        edited(server, "glassbox-queue", title="Mine")
        monkeypatch.setenv("GRAFANA_TOKEN", "viewer")
        capsys.readouterr()
        assert command_line.main(PRODUCT, ["adopt", "--grafana", server.url]) == 2
        assert "Whether others edited dashboards that differ is not known" in capsys.readouterr().out
