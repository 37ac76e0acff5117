"""A dashboard of ours that somebody saved in schema v2, where Grafana returns it so: an edit like any other, told in one difference."""

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
