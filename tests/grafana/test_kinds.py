"""The kinds of Grafana objects on their own: removal, and a kind that plan, push and report have never seen."""

from dataclasses import replace

import pytest

from glassbox.compile.bundle import Bundle, CompiledContent, DataSource
from glassbox.deploying.change import Action
from glassbox.deploying.plan_text import plan_lines
from glassbox.errors import GlassboxError
from glassbox.grafana import client
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.settings.model import Settings
from glassbox.standin.server import GrafanaStandIn
from tests.support.ours import our_bundle
from tests.support.pushing import planned, push

VERSIONS = ("10.4.3", "11.6.0", "12.4.0", "13.2.0")
SETTINGS = Settings()
OURS = {"__glassbox__": "glassbox 0 60"}
NOTHING = Bundle({}, {}, {}, (), {}, CompiledContent({}, (), ()))


@pytest.fixture(scope="module")
def bundle():
    """One dashboard and one rule group of ours."""
    whole = our_bundle(SETTINGS, DataSource("p1", "Prometheus", "prometheus", True))
    uid = "glassbox-llm-serving"
    return replace(whole, dashboards={uid: whole.dashboards[uid]}, grafana_groups=whole.grafana_groups[:1])


@pytest.fixture(params=VERSIONS)
def server(request):
    tokens = {"admin-token": "Admin", "viewer-token": "Viewer"}
    source = {"uid": "p1", "name": "Prometheus", "type": "prometheus", "url": "http://127.0.0.1:9090"}
    with GrafanaStandIn(version=request.param, tokens=tokens, data_sources=[source]) as running:
        yield running


@pytest.fixture
def grafana(server):
    with Grafana(server.url, Token("admin-token")) as client:
        yield client


@pytest.fixture
def pushed(grafana, bundle):
    """The folder, the dashboard and the rule group as Grafana has them after a push."""
    push(grafana, SETTINGS, bundle)
    folder, dashboard, group = planned(grafana, SETTINGS, bundle).changes
    return folder, dashboard, group


def rest(grafana, bundle):
    return [change.live for change in planned(grafana, SETTINGS, bundle).changes]


def test_the_kinds_are_written_with_the_folder_first():
    assert KINDS[0].name == "folder"


def test_a_second_push_writes_nothing(grafana, bundle, pushed):
    writes = list(grafana.writes)
    assert {change.action for change in push(grafana, SETTINGS, bundle)} == {Action.KEEP}
    assert grafana.writes == writes


def test_what_was_pushed_is_removed_in_the_opposite_order(grafana, bundle, pushed):
    writes = len(grafana.writes)
    for change in reversed(pushed):
        assert change.live
        change.kind.remove(grafana, change.live, "glassbox")
    assert rest(grafana, bundle) == [None, None, None]
    rules = pushed[2].content["rules"]
    assert grafana.writes[writes:] == [
        *(("DELETE", f"/api/v1/provisioning/alert-rules/{rule['uid']}") for rule in rules),
        ("DELETE", "/api/dashboards/uid/glassbox-llm-serving"),
        ("DELETE", "/api/folders/glassbox"),
    ]


def test_an_object_that_is_gone_already_is_fine(grafana, bundle, pushed):
    for _ in range(2):
        for change in reversed(pushed):
            change.kind.remove(grafana, change.live, "glassbox")
    assert rest(grafana, bundle) == [None, None, None]


def test_a_folder_that_holds_anything_is_not_removed(grafana, bundle, pushed):
    folder, dashboard, group = pushed
    with pytest.raises(
        GlassboxError,
        match=rf"^Folder 'Glassbox' \(glassbox\) is not empty \(alertrule: {len(group.content['rules'])}, dashboard: 1\): ",
    ):
        folder.kind.remove(grafana, folder.live, "glassbox")
    group.kind.remove(grafana, group.live, "glassbox")
    dashboard.kind.remove(grafana, dashboard.live, "glassbox")
    grafana.save_dashboard({"uid": "theirs", "title": "Theirs"}, folder_uid="glassbox", message="", overwrite=False)
    with pytest.raises(GlassboxError, match=r"is not empty \(dashboard: 1\): move its content"):
        folder.kind.remove(grafana, folder.live, "glassbox")
    assert grafana.dashboard("theirs")
    assert grafana.folder("glassbox")


def test_a_dashboard_without_our_tag_is_not_removed(grafana, pushed):
    dashboard = pushed[1]
    theirs = dashboard.live | {"dashboard": dashboard.live["dashboard"] | {"tags": ["team"]}}
    with pytest.raises(GlassboxError, match="does not have our tag 'glassbox' and may belong to somebody else"):
        dashboard.kind.remove(grafana, theirs, "glassbox")
    assert grafana.dashboard("glassbox-llm-serving")


def test_an_edit_that_was_saved_meanwhile_is_not_overwritten(grafana, pushed):
    dashboard = pushed[1]
    edited = dashboard.live["dashboard"] | {"title": "Mine"}
    grafana.save_dashboard(edited, folder_uid="glassbox", message="", overwrite=True)
    with pytest.raises(GrafanaError, match="was changed after it was read, so run again") as caught:
        dashboard.kind.write(grafana, dashboard.content, dashboard.live)
    assert caught.value.status in (409, 412)
    assert grafana.dashboard("glassbox-llm-serving")["dashboard"]["title"] == "Mine"


def test_a_rule_group_with_somebody_elses_rule_is_not_removed(grafana, pushed):
    group = pushed[2]
    theirs = group.live["rules"][0] | {"uid": "theirs", "title": "Theirs"}
    grafana.put_rule_group(group.live | {"rules": [*group.live["rules"], theirs]})
    live = group.kind.now(grafana, group.content)
    with pytest.raises(
        GlassboxError, match=r"^Rule 'Theirs' in group '[\w-]+' is not ours and would be deleted: move it"
    ):
        group.kind.remove(grafana, live, "glassbox")
    assert group.kind.now(grafana, group.content) == live


def test_only_what_has_our_mark_is_ours_whether_it_is_wanted_or_not(server, grafana, bundle, pushed):
    theirs = {"title": "Their dashboard", "tags": ["glassbox", "glassbox:glassbox"]}
    grafana.create_folder("theirs", "Theirs")
    grafana.save_dashboard(theirs | {"uid": "glassbox-elsewhere"}, folder_uid="theirs", message="", overwrite=False)
    grafana.save_dashboard(theirs | {"uid": "copy"}, folder_uid="glassbox", message="", overwrite=False)
    rule = pushed[2].live["rules"][0] | {"uid": "copy", "title": "Copy"}
    grafana.put_rule_group({"title": "theirs", "folderUid": "glassbox", "interval": 60, "rules": [rule]})
    rule |= {"uid": "glassbox-moved", "title": "Moved", "folderUID": "theirs", "ruleGroup": "theirs"}
    grafana.put_rule_group({"title": "theirs", "folderUid": "theirs", "interval": 60, "rules": [rule]})
    server.index.refresh()
    (folder, *rest) = planned(grafana, SETTINGS, replace(NOTHING, dashboards={}, grafana_groups=())).changes
    assert [change.action for change in (folder, *rest)] == [Action.KEEP, Action.DELETE, Action.DELETE]
    assert [change.identity for change in rest] == [pushed[2].identity, pushed[1].identity]
    assert planned(grafana, SETTINGS, bundle).pending == ()


def test_a_dashboard_that_left_the_folder_is_not_removed_though_the_search_still_has_it(server, grafana, pushed):
    server.index.refresh()
    server.index.lag_seconds = 3600
    grafana.create_folder("theirs", "Theirs")
    grafana.save_dashboard(pushed[1].live["dashboard"], folder_uid="theirs", message="", overwrite=True)
    assert grafana.dashboard_uids("glassbox", "glassbox") == ["glassbox-llm-serving"]
    assert [change.kind.name for change in planned(grafana, SETTINGS, NOTHING).pending] == ["rule group"]


def test_a_long_list_of_dashboards_is_read_page_by_page(server, grafana, pushed, monkeypatch):
    monkeypatch.setattr(client, "SEARCH_PAGE", 2)
    for number in range(3):
        board = {"uid": f"more-{number}", "title": f"More {number}", "tags": ["glassbox"]}
        grafana.save_dashboard(board, folder_uid="glassbox", message="", overwrite=False)
    server.index.refresh()
    assert sorted(grafana.dashboard_uids("glassbox", "glassbox")) == [
        "glassbox-llm-serving", "more-0", "more-1", "more-2",
    ]  # fmt: skip  # a row is a case


def test_who_may_only_read_removes_nothing(server, grafana, bundle, pushed):
    with Grafana(server.url, Token("viewer-token")) as viewer:
        for change in pushed[1:]:
            with pytest.raises(GrafanaError) as caught:
                change.kind.remove(viewer, change.live, "glassbox")
            assert caught.value.status == 403
    assert None not in rest(grafana, bundle)


class Playlist(ObjectKind):
    """A kind of object with a server of its own."""

    name = "playlist"

    def __init__(self, stored):
        self.stored = stored

    def wanted(self, deployment):
        return [
            {"uid": f"{deployment.target.folder_uid}-{title}", "title": title, "every": 5} for title in ("a", "b", "c")
        ]

    def identity(self, found):
        return found["uid"]

    def title(self, found):
        return found["title"]

    def live(self, survey, content):
        return self.stored.get(content["uid"])

    def now(self, grafana, content):
        return self.stored.get(content["uid"])

    def leftovers(self, survey, wanted):
        uids = {content["uid"] for content in wanted}
        return [live for uid, live in self.stored.items() if uid.startswith(survey.folder_uid) and uid not in uids]

    def check_ours(self, live, folder_uid):
        if live.get("owner"):
            raise GlassboxError(f"Playlist {live['title']!r} belongs to {live['owner']}.")

    def merged(self, content, live, deployment):
        return content | {"every": live["every"]}

    def equal(self, content, live):
        return content == live

    def differences(self, content, live):
        return ()

    def write(self, grafana, content, live):
        self.stored[content["uid"]] = content

    def remove(self, grafana, live, folder_uid):
        del self.stored[live["uid"]]


def test_plan_push_and_report_handle_an_unknown_kind(grafana):
    stored = {
        "glassbox-a": {"uid": "glassbox-a", "title": "a", "every": 9},
        "glassbox-b": {"uid": "glassbox-b", "title": "old", "every": 9},
        "glassbox-z": {"uid": "glassbox-z", "title": "gone", "every": 9},
    }
    kinds = [*KINDS, Playlist(stored)]
    made = planned(grafana, SETTINGS, NOTHING, kinds)
    lines = [line.text for line in plan_lines(made, made.pending)]
    assert lines[1:] == [
        "  + folder     Glassbox", "  ~ playlist   b", "      content changed", "  + playlist   c", "  - playlist   gone",
        "Plan: 2 to create, 1 to update, 1 to delete, 1 unchanged.",
    ]  # fmt: skip  # a row is a line
    changes = push(grafana, SETTINGS, NOTHING, kinds)
    assert [change.action.name for change in changes] == ["CREATE", "KEEP", "UPDATE", "CREATE", "DELETE"]
    assert stored == {
        f"glassbox-{title}": {"uid": f"glassbox-{title}", "title": title, "every": every}
        for title, every in (("a", 9), ("b", 9), ("c", 5))
    }


def test_an_object_that_is_not_ours_stops_the_push_before_it_starts(grafana):
    stored = {"glassbox-c": {"uid": "glassbox-c", "title": "c", "every": 5, "owner": "somebody else"}}
    with pytest.raises(GlassboxError, match="Playlist 'c' belongs to somebody else"):
        push(grafana, SETTINGS, NOTHING, [*KINDS, Playlist(stored)])
    assert (list(stored), grafana.writes) == (["glassbox-c"], [])


def test_what_was_written_before_an_error_is_told_and_no_more(grafana):
    class Full(Playlist):
        def write(self, grafana, content, live):
            if content["title"] == "b":
                raise GlassboxError("The disk is full.")
            super().write(grafana, content, live)

    stored, told = {}, []
    with pytest.raises(GlassboxError, match="The disk is full"):
        push(grafana, SETTINGS, NOTHING, [*KINDS, Full(stored)], done=lambda change: told.append(change.title))
    assert (told, list(stored)) == (["Glassbox", "a"], ["glassbox-a"])


@pytest.mark.parametrize(("version", "state"), [("10.4.0", "OK"), ("10.4.1", "KeepLast")])
def test_a_rule_arrives_as_the_release_of_the_server_knows_it(bundle, version, state):
    with GrafanaStandIn(version=version, tokens={"t": "Admin"}) as server, Grafana(server.url, Token("t")) as grafana:
        push(grafana, SETTINGS, bundle)
        (group,) = bundle.grafana_groups
        rules = grafana.rule_group("glassbox", group["title"])["rules"]
    assert {rule["execErrState"] for rule in rules} == {state}


def test_a_push_to_a_group_that_gained_or_lost_a_rule_makes_it_ours_again(grafana, bundle, pushed):
    (group,) = bundle.grafana_groups
    for rules in (
        group["rules"][:-1],
        [*group["rules"], group["rules"][0] | {"uid": "glassbox-more", "title": "More", "annotations": OURS}],
    ):
        grafana.put_rule_group(group | {"rules": rules})
        actions = [change.action for change in push(grafana, SETTINGS, bundle)]
        assert actions == [Action.KEEP, Action.KEEP, Action.UPDATE]
        assert len(grafana.rule_group("glassbox", group["title"])["rules"]) == len(group["rules"])


def test_a_folder_of_version_0_is_renamed(server, grafana, bundle, pushed):
    """Grafana leaves the number out."""
    folder, *_ = pushed
    grafana.rename_folder("glassbox", "Other", folder.live["version"])
    server.state.folders["glassbox"].version = 0
    KINDS[0].write(grafana, folder.content, {"uid": "glassbox", "title": "Other"})
    assert grafana.folder("glassbox")["title"] == folder.content["title"]
