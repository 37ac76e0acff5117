"""Going back over a change of the folder of alert rules."""

from dataclasses import replace

import pytest

from glassbox.deploying.backups import all_backups
from glassbox.deploying.change import Action
from glassbox.deploying.plan_words import remarks
from glassbox.deploying.rollback import going_back
from glassbox.errors import GlassboxError
from tests.support.kept_pushes import applied, content, gone_back
from tests.support.pushing import pending, planned
from tests.support.rules_folders import APART, TOGETHER
from tests.support.small_bundle import board, bundle, grafana_of, group, in_folder, settings_of

FIRST = (group("engine", "Down", "Slow"), group("queue", "Long"))
SECOND = (group("engine", "Down", "New", expr="up == 2"), group("added", "Late"))
BOARDS = [board("a")]
IN_ONE = [bundle(BOARDS, groups) for groups in (FIRST, SECOND)]
IN_TWO = [bundle(BOARDS, in_folder("rules", *groups)) for groups in (FIRST, SECOND)]
SWITCHES = {"on": (TOGETHER, IN_ONE, APART, IN_TWO), "off": (APART, IN_TWO, TOGETHER, IN_ONE)}


@pytest.mark.parametrize("today", [TOGETHER, APART], ids=["together today", "apart today"])
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_rollback_over_the_switch_restores_exactly_what_was(servers, tmp_path, switch, today):
    server, grafana = servers
    before, were, after, are = SWITCHES[switch]
    applied(grafana, were[0], tmp_path, before)
    server.state.rules["glassbox-Slow"].body["isPaused"] = True
    held, number = content(server), server.state.rules["glassbox-Down"].id
    applied(grafana, are[1], tmp_path, after)
    assert content(server) != held
    gone_back(grafana, tmp_path, settings=today)
    assert content(server) == held
    assert server.state.rules["glassbox-Down"].id == number
    assert planned(grafana, before, were[0]).pending == ()


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_rollback_over_the_switch_can_be_rolled_back(servers, tmp_path, switch):
    server, grafana = servers
    before, were, after, are = SWITCHES[switch]
    applied(grafana, were[0], tmp_path, before)
    applied(grafana, are[1], tmp_path, after)
    held = content(server)
    gone_back(grafana, tmp_path, settings=after)
    gone_back(grafana, tmp_path, settings=before)
    assert content(server) == held


def test_going_back_through_both_switches_undoes_both(servers, tmp_path):
    server, grafana = servers
    applied(grafana, IN_ONE[0], tmp_path, TOGETHER)
    held = content(server)
    applied(grafana, IN_TWO[1], tmp_path, APART)
    first_switch = all_backups(tmp_path)[0].identity
    applied(grafana, IN_ONE[1], tmp_path, TOGETHER)
    applied(grafana, IN_TWO[0], tmp_path, APART)
    gone_back(grafana, tmp_path, first_switch, settings=APART)
    assert content(server) == held


def test_going_back_before_the_first_push_takes_both_folders(servers, tmp_path):
    server, grafana = servers
    applied(grafana, IN_TWO[0], tmp_path, APART)
    made = gone_back(grafana, tmp_path, settings=APART)
    assert content(server) == [{}, {}, {}]
    removed = [name for kind, name, action in pending(made.changes) if kind == "folder" and action is Action.DELETE]
    assert removed == ["Glassbox", "Glassbox alerts"]


TITLED = settings_of(rules_folder_uid="rules", rules_folder_title="On call")


def test_a_folder_of_rules_that_was_deleted_after_the_switch_is_created_again_under_its_title(servers, tmp_path):
    server, grafana = servers
    applied(grafana, IN_TWO[0], tmp_path, TITLED)
    held = content(server)
    applied(grafana, IN_ONE[1], tmp_path, TOGETHER)
    grafana.delete_folder("rules")
    after = content(server)
    made = gone_back(grafana, tmp_path)
    assert pending(made.changes)[0] == ("folder", "On call", Action.CREATE)
    assert content(server) == held
    gone_back(grafana, tmp_path)
    assert content(server) == after


def test_a_folder_whose_title_is_not_known_ends_a_rollback_before_its_first_write(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_TWO[0], tmp_path, TITLED)
        applied(grafana, IN_ONE[0], tmp_path, TOGETHER)
        grafana.delete_folder("rules")
        newest = replace(all_backups(tmp_path)[0], folders=())
        before = len(server.writes)
        with pytest.raises(GlassboxError, match=r"come back to the folder 'rules', which Grafana does not have, .* name it with grafana\.rules_folder_uid"):  # fmt: skip  # one sentence
            going_back(grafana, TOGETHER.grafana, [newest])
        assert len(server.writes) == before
        made = going_back(grafana, TITLED.grafana, [newest]).plan
        assert pending(made.changes)[0] == ("folder", "On call", Action.CREATE)


def test_our_own_folder_that_was_deleted_comes_back_inside_the_one_around_it(servers, tmp_path):
    server, grafana = servers
    grafana.create_folder("team", "Team")
    settings = settings_of(parent_folder_uid="team")
    applied(grafana, IN_ONE[0], tmp_path, settings)
    held = content(server)
    applied(grafana, bundle([board("a", refresh="1m")], (group("engine", "Down", "Slow", expr="up == 3"), FIRST[1])), tmp_path, settings)  # fmt: skip  # one push
    (newest, _) = all_backups(tmp_path)
    assert [each["kind"] for each in newest.objects] == ["dashboard", "rule group"]
    grafana.delete_dashboard("glassbox-a")
    del server.state.folders["glassbox"]
    gone_back(grafana, tmp_path)
    assert content(server) == held
    assert server.state.folders["glassbox"].parent_uid == "team"


def test_a_folder_that_nothing_comes_back_to_is_not_created_again(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_ONE[0], tmp_path, TOGETHER)
        applied(grafana, IN_TWO[0], tmp_path, APART)
        switch = all_backups(tmp_path)[0].identity
        gone_back(grafana, tmp_path, settings=APART)
        assert list(server.state.folders) == ["glassbox"]
        assert going_back(grafana, APART.grafana, all_backups(tmp_path), switch).plan.pending == ()


def test_a_folder_that_holds_something_of_others_stays_and_the_plan_says_so(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_ONE[0], tmp_path, TOGETHER)
        applied(grafana, IN_TWO[0], tmp_path, APART)
        theirs = in_folder("rules", group("theirs", "Theirs"))[0]
        grafana.put_rule_group(theirs | {"rules": [theirs["rules"][0] | {"uid": "theirs"}]}, editable=True)
        made = going_back(grafana, APART.grafana, all_backups(tmp_path)).plan
        stays, anew = remarks(made, made.pending)
        assert stays == "Folder 'Glassbox alerts' stays, since it holds more than what is deleted."
        assert anew.startswith("Grafana evaluates rules anew that move to another folder")
        gone_back(grafana, tmp_path, settings=APART)
        assert {uid: each.folder_uid for uid, each in server.state.rules.items()} == {
            "theirs": "rules", "glassbox-Down": "glassbox", "glassbox-Slow": "glassbox", "glassbox-Long": "glassbox",
        }  # fmt: skip  # a row is a rule
