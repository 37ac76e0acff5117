"""Plan and push against the stand-in for Grafana, in every version it speaks."""

import pytest

from glassbox.compile.bundle import DataSource
from glassbox.deploying.change import Action
from glassbox.errors import GlassboxError
from glassbox.grafana.chosen_data_source import choose_data_source
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.kinds.dashboard_kind import fingerprint
from glassbox.grafana.kinds.rule_group_kind import fitted
from glassbox.settings.model import GrafanaTarget, Settings, Thresholds
from glassbox.standin.server import GrafanaStandIn
from tests.support.ours import our_bundle
from tests.support.pushing import compiled_for, push

VERSIONS = ("10.4.0", "10.4.3", "11.6.0", "12.4.0", "13.2.0")
PROMETHEUS = {
    "uid": "p1",
    "name": "Prometheus",
    "type": "prometheus",
    "url": "http://127.0.0.1:9090",
    "isDefault": True,
}
BOARD = "glassbox-llm-serving"
BUNDLE = our_bundle()


@pytest.fixture(params=VERSIONS)
def server(request):
    tokens = {"admin-token": "Admin", "viewer-token": "Viewer"}
    with GrafanaStandIn(
        version=request.param, port=0, admin_password="x", tokens=tokens, data_sources=[PROMETHEUS]
    ) as running:
        yield running


@pytest.fixture
def grafana(server):
    with Grafana(server.url, Token("admin-token")) as client:
        yield client


def deploy(grafana, settings=None):
    """What `deploy.py --grafana` does after its lint."""
    settings = settings or Settings()
    return push(grafana, settings, compiled_for(grafana, settings))


def actions(grafana, settings=None):
    return [(change.kind.name, change.title, change.action) for change in deploy(grafana, settings)]


def test_the_first_push_creates_all_and_the_second_writes_nothing(grafana):
    first = actions(grafana)
    boards, groups = len(BUNDLE.dashboards), len(BUNDLE.grafana_groups)
    assert [kind for kind, _, _ in first] == ["folder", *["dashboard"] * boards, *["rule group"] * groups]
    assert {action for _, _, action in first} == {Action.CREATE}
    writes = list(grafana.writes)
    assert {action for _, _, action in actions(grafana)} == {Action.KEEP}
    assert grafana.writes == writes


def test_what_arrives_is_what_was_compiled(grafana):
    deploy(grafana)
    found = grafana.dashboard(BOARD)
    assert found["meta"]["folderUid"] == "glassbox"
    assert found["dashboard"]["schemaVersion"] == 42
    assert found["dashboard"]["templating"]["list"][0]["current"] == {"text": "Prometheus", "value": "p1"}
    group = grafana.rule_group("glassbox", "inference-engine")
    assert group["interval"] == 30
    assert [rule["title"] for rule in group["rules"]] == [
        "InferenceKVCacheNearlyFull", "InferenceQueueGrowing", "InferenceThroughputLow",
    ]  # fmt: skip  # a row is a case
    assert group["rules"][0]["data"][0]["datasourceUid"] == "p1"
    assert not any("provenance" in rule for rule in group["rules"])


def test_only_what_changed_is_written(grafana):
    deploy(grafana)
    before = len(grafana.writes)
    changed = actions(grafana, Settings(thresholds=Thresholds(down_seconds=120)))
    assert [name for _, name, action in changed if action is Action.UPDATE] == ["inference-service"]
    assert grafana.writes[before:] == [("PUT", "/api/v1/provisioning/folder/glassbox/rule-groups/inference-service")]


def test_an_edited_dashboard_is_brought_back_and_its_version_message_tells_ours(grafana):
    deploy(grafana)
    ours = grafana.dashboard(BOARD)["dashboard"]
    sent = {key: value for key, value in ours.items() if key not in ("id", "version")}
    grafana.save_dashboard(ours | {"title": "Mine"}, folder_uid="glassbox", message="", overwrite=True)
    assert ("dashboard", "LLM serving", Action.UPDATE) in actions(grafana)
    live = grafana.dashboard(BOARD)["dashboard"]
    assert live["title"] == "LLM serving"
    assert grafana.dashboard_version(BOARD, live["version"])["message"] == f"glassbox {fingerprint(sent)}"


def test_a_dashboard_saved_between_reading_and_writing_is_a_conflict(grafana, monkeypatch):
    deploy(grafana)
    read = grafana.dashboard

    def read_then_somebody_saves(uid):
        found = read(uid)
        if uid != BOARD:
            return found
        grafana.save_dashboard(
            found["dashboard"] | {"title": "Mine"}, folder_uid="glassbox", message="", overwrite=True
        )
        return found | {"dashboard": found["dashboard"] | {"description": "stale"}}

    monkeypatch.setattr(grafana, "dashboard", read_then_somebody_saves)
    monkeypatch.setattr(grafana, "dashboard_version", lambda *_: {"message": "glassbox 0", "data": {"uid": BOARD}})
    with pytest.raises(GrafanaError, match="was changed after it was read, so run again") as caught:
        deploy(grafana)
    assert caught.value.status in (409, 412)
    assert read(BOARD)["dashboard"]["title"] == "Mine"


def test_a_board_that_is_not_ours_is_not_replaced(grafana):
    grafana.create_folder("theirs", "Theirs")
    theirs = {"uid": BOARD, "title": "Mine", "panels": []}
    grafana.save_dashboard(theirs, folder_uid="theirs", message="", overwrite=True)
    before = list(grafana.writes)
    with pytest.raises(
        GlassboxError, match=r"Dashboard 'glassbox-llm-serving' \(Mine\) does not have our tag 'glassbox'"
    ):
        deploy(grafana)
    assert grafana.writes == before


def test_a_moved_board_comes_back(grafana):
    deploy(grafana)
    grafana.create_folder("theirs", "Theirs")
    ours = grafana.dashboard(BOARD)["dashboard"]
    grafana.save_dashboard(ours, folder_uid="theirs", message="", overwrite=True)
    assert ("dashboard", "LLM serving", Action.UPDATE) in actions(grafana)
    assert grafana.dashboard(BOARD)["meta"]["folderUid"] == "glassbox"


def test_a_board_provisioned_from_a_file_is_left_out(grafana, monkeypatch):
    deploy(grafana)
    read = grafana.dashboard
    provisioned = lambda uid: (found := read(uid)) | {"dashboard": found["dashboard"] | {"refresh": "1h"}, "meta": found["meta"] | {"provisioned": True}}  # noqa: E731  # fmt: skip  # one line
    monkeypatch.setattr(grafana, "dashboard", provisioned)
    assert {each.kind.name for each in deploy(grafana)} == {"folder", "rule group"}


def test_the_group_of_a_rule_of_another_manager_is_left_out(grafana, monkeypatch):
    deploy(grafana)
    read = grafana.rule_group

    def from_file(*key):
        found = read(*key)
        return found | {"rules": [rule | {"provenance": "file", "for": "9m"} for rule in found["rules"]]}

    monkeypatch.setattr(grafana, "rule_group", from_file)
    assert {each.kind.name for each in deploy(grafana)} == {"folder", "dashboard"}


def test_a_paused_rule_stays_paused(grafana):
    deploy(grafana)
    group = grafana.rule_group("glassbox", "inference-engine")
    group["rules"][0]["isPaused"] = True
    grafana.put_rule_group(group, editable=True)
    assert {action for _, _, action in actions(grafana)} == {Action.KEEP}
    deploy(grafana, Settings(evaluation_interval_seconds=60))
    assert [rule["isPaused"] for rule in grafana.rule_group("glassbox", "inference-engine")["rules"]][:2] == [
        True,
        False,
    ]


def test_a_server_that_hides_its_version_is_not_written_twice(grafana, monkeypatch):
    monkeypatch.setattr(grafana, "version", lambda: None)
    deploy(grafana)
    assert {action for _, _, action in actions(grafana)} == {Action.KEEP}


def test_two_installations_on_one_server_do_not_meet(grafana):
    other = Settings(grafana=GrafanaTarget(folder_uid="staging", folder_title="Staging"))
    deploy(grafana)
    assert {action for _, _, action in actions(grafana, other)} == {Action.CREATE}
    assert {action for _, _, action in actions(grafana)} == {Action.KEEP}
    assert {action for _, _, action in actions(grafana, other)} == {Action.KEEP}


def test_a_folder_title_that_is_taken_says_which_setting_to_change():
    with (
        GrafanaStandIn(
            version="10.4.3", admin_password="x", tokens={"a": "Admin"}, data_sources=[PROMETHEUS]
        ) as server,
        Grafana(server.url, Token("a")) as admin,
    ):
        admin.create_folder("theirs", "Glassbox")
        with pytest.raises(GlassboxError, match=r"another folder titled 'Glassbox'.*set grafana\.folder_title"):
            deploy(admin)


def test_a_renamed_folder_gets_its_title_back(grafana):
    deploy(grafana)
    grafana.rename_folder("glassbox", "Other", grafana.folder("glassbox")["version"])
    assert actions(grafana)[0] == ("folder", "Glassbox", Action.UPDATE)
    assert grafana.folder("glassbox")["title"] == "Glassbox"


def test_somebody_elses_rule_in_our_group_is_not_deleted(grafana):
    deploy(grafana)
    group = grafana.rule_group("glassbox", "inference-engine")
    theirs = group["rules"][0] | {"uid": "theirs", "title": "Theirs"}
    grafana.put_rule_group(group | {"rules": [*group["rules"], theirs]})
    writes = len(grafana.writes)
    with pytest.raises(GlassboxError, match="Rule 'Theirs' in group 'inference-engine' is not ours"):
        deploy(grafana)
    assert len(grafana.writes) == writes


def test_a_token_without_the_right_to_write_names_the_role(server):
    with Grafana(server.url, Token("viewer-token")) as viewer, pytest.raises(GrafanaError, match="role") as caught:
        deploy(viewer)
    assert caught.value.status == 403
    assert "viewer-token" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["p1", "Prometheus"])
def test_a_data_source_is_found_by_uid_or_name(grafana, wanted):
    deploy(grafana, Settings(grafana=GrafanaTarget(data_source=wanted)))
    assert grafana.rule_group("glassbox", "inference-engine")["rules"][0]["data"][0]["datasourceUid"] == "p1"


def test_an_unknown_data_source_is_refused_before_anything_is_written(grafana):
    with pytest.raises(
        GlassboxError, match=r"does not have a Prometheus data source 'nope' \(it has: Prometheus \(p1\)\)"
    ):
        deploy(grafana, Settings(grafana=GrafanaTarget(data_source="nope")))
    assert grafana.writes == []


SOURCES = [
    DataSource("a", "A", "prometheus", False),
    DataSource("b", "B", "prometheus", False),
    DataSource("c", "C", "loki", True),
]


def test_several_data_sources_and_no_default_one_ask_for_a_choice():
    with pytest.raises(
        GlassboxError, match=r"does not have a default Prometheus data source \(it has: A \(a\), B \(b\)\)"
    ):
        choose_data_source(SOURCES, "")
    assert choose_data_source(SOURCES[:1], "").uid == "a"
    with pytest.raises(GlassboxError, match="it has: none"):
        choose_data_source(SOURCES[2:], "")


@pytest.mark.parametrize(
    ("version", "error_state", "resolves_after"),
    [((10, 4, 0), "OK", None), ((10, 4, 1), "KeepLast", None), ((12, 0, 0), "KeepLast", 1), (None, "KeepLast", 1)],
)
def test_a_rule_is_fitted_to_what_the_server_knows(version, error_state, resolves_after):
    group = {"rules": [{"execErrState": "KeepLast", "missingSeriesEvalsToResolve": 1, "keep_firing_for": "0s"}]}
    rule = fitted(group, version)["rules"][0]
    assert rule["execErrState"] == error_state
    assert rule.get("missingSeriesEvalsToResolve") == resolves_after
