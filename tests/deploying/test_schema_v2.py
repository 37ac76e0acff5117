"""A dashboard of ours that somebody saved in schema v2, whatever form Grafana returns it in: an edit like any other, told in one difference."""

import pytest

from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import going_back
from tests.support.kept_pushes import applied
from tests.support.pushing import planned
from tests.support.small_bundle import board, bundle, edited, grafana_of, panel, settings_of

SETTINGS = settings_of()
BOARDS = bundle([board("a", panel("Latency"), annotations={"list": [{"name": "Restarts"}]}), board("b")])
QUERY = {"kind": "AnnotationQuery", "spec": {"name": "Restarts"}}
V2 = {
    "elements": {"panel-1": {"kind": "Panel", "spec": {"id": 1, "title": "Latency"}}},
    "layout": {"kind": "GridLayout", "spec": {"items": []}}, "variables": [], "annotations": [QUERY], "links": [],
}  # fmt: skip  # one dashboard


@pytest.fixture
def saved(tmp_path):
    with grafana_of("13.2.0") as (server, grafana):
        applied(grafana, BOARDS, tmp_path)
        stored = server.state.dashboards["glassbox-a"]
        edited(server, "glassbox-a", **V2)
        spec = stored.newest.spec
        for key in spec.keys() - V2.keys() - {"uid", "title", "tags", "version", "id"}:
            del spec[key]
        yield server, grafana


def test_it_is_an_edit_whose_content_is_not_compared(saved):
    (change,) = planned(saved[1], SETTINGS, BOARDS).pending
    assert [each.text for each in change.differences] == ["schema v2 -> v1"]
    assert (change.edit.by, [each.text for each in change.edit.differences]) == ("alice", ["schema v1 -> v2"])


def test_with_force_it_is_replaced_and_a_rollback_leaves_it_out_and_says_so(saved, tmp_path):
    server, grafana = saved
    applied(grafana, bundle([board("a", panel("Latency")), board("b", refresh="5m")]), tmp_path)
    assert "elements" not in server.state.dashboards["glassbox-a"].spec
    made = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
    told = (
        "Dashboard 'A' was saved in schema v2 before, and is left as it is: choose that version on its page in Grafana."
    )
    assert (made.left_out, told in made.remarks) == ((told,), True)
    assert [change.title for change in made.pending] == ["B"]


def test_destroy_keeps_it_without_force(saved, tmp_path):
    server, grafana = saved
    made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
    apply(grafana, made, made.allowed(force=False), lambda _change: None)
    assert list(server.state.dashboards) == ["glassbox-a"]


def saved_in_v2(server, uid="glassbox-a", **fields):
    """Somebody saves it in schema v2, and Grafana can convert it."""
    edited(server, uid, **fields)
    server.state.dashboards[uid].stored_version = "v2beta1"


@pytest.fixture(params=["12.4.0", "13.2.0"])
def converted(request, tmp_path):
    with grafana_of(request.param) as (server, grafana):
        applied(grafana, BOARDS, tmp_path)
        saved_in_v2(server, panels=[panel("Converted")])
        yield server, grafana


def test_one_that_grafana_converts_silently_is_an_edit_as_a_whole(converted):
    made = planned(converted[1], SETTINGS, BOARDS)
    (change,) = made.pending
    assert [each.text for each in change.differences] == ["schema v2 -> v1"]
    assert (change.edit.by, [each.text for each in change.edit.differences]) == ("alice", ["schema v1 -> v2"])
    assert [each.text for each in change.kind.adopted(change.content, change.live)] == ["schema v1 -> v2"]
    assert made.allowed(force=False) == []


@pytest.mark.parametrize("version", ["12.4.0", "13.2.0"])
def test_a_converted_form_that_equals_the_code_is_an_edit_all_the_same(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, BOARDS, tmp_path)
        saved_in_v2(server, title="Mine")
        code = bundle([BOARDS.dashboards["glassbox-a"] | {"title": "Mine"}, board("b")])
        (change,) = planned(grafana, SETTINGS, code).pending
        assert (change.edit.by, [each.text for each in change.differences]) == ("alice", ["schema v2 -> v1"])


def test_a_rollback_leaves_the_converted_one_out_and_says_so(converted, tmp_path):
    grafana = converted[1]
    applied(grafana, bundle([board("a", panel("Latency")), board("b", refresh="5m")]), tmp_path)
    assert planned(grafana, SETTINGS, BOARDS).pending[0].edit is None
    made = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
    assert made.left_out == (
        "Dashboard 'A' was saved in schema v2 before, and is left as it is: choose that version on its page in Grafana.",
    )
    assert [change.title for change in made.pending] == ["B"]


def test_destroy_keeps_the_converted_one_without_force_and_deletes_it_with_it(converted, tmp_path):
    server, grafana = converted
    for force, left in ((False, ["glassbox-a"]), (True, [])):
        made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
        apply(grafana, made, made.allowed(force=force), lambda _change: None)
        assert list(server.state.dashboards) == left


def test_what_the_server_alone_stores_in_v2_is_what_we_pushed(tmp_path):
    with grafana_of("13.2.0") as (server, grafana):
        applied(grafana, BOARDS, tmp_path)
        server.state.dashboards["glassbox-a"].stored_version = "v2"
        assert planned(grafana, SETTINGS, BOARDS).pending == ()
        applied(grafana, bundle([board("a", panel("Time to first token")), board("b")]), tmp_path)
        made = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
        assert (made.left_out, [change.title for change in made.pending]) == ((), ["A"])


@pytest.mark.parametrize("version", ["10.4.0", "11.6.0"])
def test_where_grafana_does_not_say_so_the_converted_form_is_compared(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, BOARDS, tmp_path)
        saved_in_v2(server, title="Mine")
        (change,) = planned(grafana, SETTINGS, BOARDS).pending
        assert [each.text for each in change.differences] == ["title Mine -> A"]
