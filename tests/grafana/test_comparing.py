"""What counts as ours and what as a difference, for each kind of object and without a server."""

from dataclasses import replace

import pytest

from glassbox.compile.bundle import Bundle, CompiledContent
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.settings.model import GrafanaTarget

NOTHING = Bundle({}, {}, {}, (), {}, CompiledContent({}, (), ()))
GROUPS, BOARDS, FOLDERS = RuleGroupKind(), DashboardKind(), FolderKind()
WRITTEN = {"editable": True, "leaving": {}, "elsewhere": []}
BOARD = {"uid": "serving", "title": "LLM serving", "tags": ["glassbox"]}


def group_with(*uids, **fields):
    rules = [{"uid": uid, "title": "High", "for": "5m", **fields} for uid in uids]
    return {"title": "group", "folderUid": "glassbox", "interval": 60, "rules": rules, **WRITTEN}


def live_board(meta=None, **fields):
    return {"dashboard": {**BOARD, "id": 7, "version": 3, **fields}, "meta": {"folderUid": "glassbox", **(meta or {})}}


def test_a_prefix_without_its_dash_is_not_ours():
    GROUPS.check_ours(group_with("glassbox-a"), "glassbox")
    for uid in ("glassboxes-a", "glassbox", "glassbox_a"):
        with pytest.raises(GlassboxError, match="is not ours and would be deleted"):
            GROUPS.check_ours(group_with(uid), "glassbox")


@pytest.mark.parametrize("provenance", [None, "", "api"])
def test_rules_that_the_api_wrote_may_be_replaced(provenance):
    GROUPS.check_ours(group_with("glassbox-a", provenance=provenance), "glassbox")


@pytest.mark.parametrize("provenance", ["file", "converted_prometheus", "terraform"])
def test_rules_that_others_manage_may_not(provenance):
    with pytest.raises(GlassboxError, match=f"is managed by '{provenance}'"):
        GROUPS.check_ours(group_with("glassbox-a", provenance=provenance), "glassbox")


@pytest.mark.parametrize(("wanted", "stored"), [("ab", "a"), ("a", "ab"), ("a", "")])
def test_a_group_that_gained_or_lost_a_rule_differs(wanted, stored):
    ours, live = (group_with(*(f"glassbox-{uid}" for uid in uids)) for uids in (wanted, stored))
    assert not GROUPS.equal(ours, live)
    assert GROUPS.equal(ours, ours)


def test_a_group_of_another_interval_or_order_differs():
    ours = group_with("glassbox-a", "glassbox-b")
    assert not GROUPS.equal(ours, ours | {"interval": 30})
    assert not GROUPS.equal(ours, ours | {"rules": ours["rules"][::-1]})


@pytest.mark.parametrize("name", ["for", "keep_firing_for"])
def test_a_duration_is_the_same_however_it_is_written(name):
    ours = group_with("glassbox-a", **{name: "90m"})
    assert GROUPS.equal(ours, group_with("glassbox-a", **{name: "1h30m"}))
    assert not GROUPS.equal(ours, group_with("glassbox-a", **{name: "1h31m"}))


@pytest.mark.parametrize("kept", [{"isPaused": True}, {"notification_settings": {"receiver": "night shift"}}])
@pytest.mark.parametrize("place", ["rules", "elsewhere"])
def test_what_people_set_at_a_rule_stays_whatever_group_it_is_in(kept, place):
    ours, live = group_with("glassbox-a", isPaused=False), group_with("glassbox-a", **kept)
    live = live | {"rules": [], "elsewhere": [], place: live["rules"]}
    merged = GROUPS.merged(ours, live, deployment_of(ours))
    assert merged["rules"] == [ours["rules"][0] | kept]


def deployment_of(*groups):
    return Deployment(replace(NOTHING, grafana_groups=groups), GrafanaTarget(), None)


def test_a_dashboard_is_ours_by_its_tag():
    BOARDS.check_ours(live_board(), "glassbox")
    for tags in (None, [], ["team"]):
        with pytest.raises(GlassboxError, match="does not have our tag 'glassbox'"):
            BOARDS.check_ours(live_board(tags=tags), "glassbox")


def test_a_dashboard_from_a_file_is_left_out():
    sentence = BOARDS.left_out({}, live_board({"provisioned": True}))
    assert "is left out, since a file on the Grafana server manages it" in sentence
    assert BOARDS.left_out({}, live_board()) == ""


def test_a_dashboard_differs_by_content_and_folder_and_not_by_what_the_server_sets():
    ours = {"dashboard": BOARD, "folderUid": "glassbox"}
    assert BOARDS.equal(ours, live_board())
    assert not BOARDS.equal(ours, live_board(title="Mine"))
    assert not BOARDS.equal(ours, live_board({"folderUid": "theirs"}))
    assert not BOARDS.equal(ours, live_board({"folderUid": None}))


def test_a_folder_differs_by_its_title():
    ours = {"uid": "glassbox", "title": "Glassbox"}
    assert FOLDERS.equal(ours, ours | {"version": 4})
    assert not FOLDERS.equal(ours, ours | {"title": "Other"})
