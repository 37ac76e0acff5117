"""Titles that Grafana allows once in a folder, of dashboards before 11.3 and of alert rules before 12: seen by the plan, and not only by the write."""

import pytest

from glassbox.deploying.backups import all_backups
from glassbox.deploying.change import Action
from glassbox.deploying.rollback import going_back
from glassbox.errors import GlassboxError
from tests.support.kept_pushes import applied, gone_back
from tests.support.pushing import pending, planned, push
from tests.support.small_bundle import VERSIONS, board, bundle, grafana_of, group, rule, settings_of

SETTINGS = settings_of()
OLD = bundle([board("old", title="Latency"), board("b")])
NEW = bundle([board("new", title="Latency"), board("b")])


def save_another(grafana, folder="glassbox", **fields):
    theirs = {"uid": "theirs", "title": "A", "panels": [], "tags": []} | fields
    grafana.save_dashboard(theirs, folder_uid=folder, message="", overwrite=False)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("content", [bundle([board("a")]), bundle([board("b", title="A")])])
def test_a_dashboard_of_somebody_else_with_a_title_of_ours_ends_the_plan(version, content):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, bundle([board("b")]))
        save_another(grafana)
        writes = len(server.writes)
        if version >= "11.3":
            assert planned(grafana, SETTINGS, content).pending
            return
        with pytest.raises(GlassboxError) as refused:
            planned(grafana, SETTINGS, content)
        assert str(refused.value) == "The folder holds another dashboard titled 'A' (theirs), and Grafana before 11.3 allows each title once in a folder: rename, move or delete that one, then run again."  # fmt: skip  # one sentence
        assert len(server.writes) == writes


def test_a_dashboard_of_that_title_in_another_folder_is_fine():
    with grafana_of("10.4.0") as (_, grafana):
        grafana.create_folder("other", "Other")
        save_another(grafana, "other")
        push(grafana, SETTINGS, bundle([board("a")]))
        assert planned(grafana, SETTINGS, bundle([board("a")])).pending == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dashboard_with_another_slug_and_the_same_title_takes_the_place_of_the_old_one(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, OLD, tmp_path)
        changes = [("dashboard", "Latency", Action.CREATE), ("dashboard", "Latency", Action.DELETE)]
        made = planned(grafana, SETTINGS, NEW)
        assert pending(made.changes) == (changes if version >= "11.3" else changes[::-1])
        applied(grafana, NEW, tmp_path)
        assert sorted(server.state.dashboards) == ["glassbox-b", "glassbox-new"]
        gone_back(grafana, tmp_path)
        assert sorted(server.state.dashboards) == ["glassbox-b", "glassbox-old"]


def test_without_deletions_the_old_one_of_ours_ends_the_plan():
    with grafana_of("10.4.0") as (_, grafana):
        push(grafana, SETTINGS, OLD)
        with pytest.raises(GlassboxError, match=r"another dashboard titled 'Latency' \(glassbox-old\)"):
            planned(grafana, SETTINGS, NEW, prune=False)


def test_a_title_that_goes_from_one_dashboard_of_ours_to_another_is_no_finding():
    with grafana_of("10.4.0") as (server, grafana):
        push(grafana, SETTINGS, bundle([board("a"), board("b")]))
        push(grafana, SETTINGS, bundle([board("a", title="B"), board("b", title="C")]))
        assert {uid: each.title for uid, each in server.state.dashboards.items()} == {"glassbox-a": "B", "glassbox-b": "C"}  # fmt: skip  # one thing is one line


def test_a_rollback_to_a_title_that_somebody_took_ends_before_its_first_write(tmp_path):
    with grafana_of("10.4.0") as (server, grafana):
        applied(grafana, bundle([board("a"), board("b")]), tmp_path)
        applied(grafana, bundle([board("b")]), tmp_path)
        save_another(grafana)
        writes = len(server.writes)
        with pytest.raises(GlassboxError, match=r"another dashboard titled 'A' \(theirs\)"):
            going_back(grafana, SETTINGS.grafana, all_backups(tmp_path))
        assert len(server.writes) == writes


@pytest.mark.parametrize("version", VERSIONS)
def test_an_alert_rule_of_somebody_else_with_a_title_of_ours_ends_the_plan(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, bundle())
        theirs = rule("A", "theirs") | {"uid": "theirs"}
        grafana.put_rule_group({"title": "theirs", "folderUid": "glassbox", "interval": 60, "rules": [theirs]}, editable=True)  # fmt: skip  # a call
        writes, ours = len(server.writes), bundle([board("a")], [group("g", "A")])
        if version >= "12":
            push(grafana, SETTINGS, ours)
            assert planned(grafana, SETTINGS, ours).pending == ()
            return
        with pytest.raises(
            GlassboxError, match=r"another alert rule titled 'A' \(theirs\), and Grafana before 12 allows"
        ):
            planned(grafana, SETTINGS, ours)
        assert len(server.writes) == writes
