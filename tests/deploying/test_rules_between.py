"""What people do to rules between a plan and its write: never overwritten without a word, wherever the rules go."""

import pytest

from glassbox.deploying.apply import apply
from glassbox.errors import GlassboxError
from tests.support.pushing import planned, push
from tests.support.rules_folders import APART, IN_ONE, IN_THIRD, IN_TWO, OTHER, TOGETHER
from tests.support.small_bundle import board, bundle, grafana_of, group

LONG = group("queue", "Long")
CHANGED = bundle([board("a")], [group("engine", "Down", "Slow", expr="up == 2"), LONG])
RENAMED = bundle([board("a")], [group("machines", "Down", "Slow"), LONG])
ONE_MOVES = bundle([board("a")], [group("engine", "Down"), group("queue", "Long", "Slow")])
GONE = bundle([board("a")], [LONG])
PUSHES = {
    "stays": (TOGETHER, IN_ONE, TOGETHER, CHANGED),
    "on": (TOGETHER, IN_ONE, APART, IN_TWO),
    "off": (APART, IN_TWO, TOGETHER, IN_ONE),
    "to another": (APART, IN_TWO, OTHER, IN_THIRD),
    "renamed": (TOGETHER, IN_ONE, TOGETHER, RENAMED),
    "one rule moves": (TOGETHER, IN_ONE, TOGETHER, ONE_MOVES),
    "removed": (TOGETHER, IN_ONE, TOGETHER, GONE),
}


def labelled(server):
    server.state.rules["glassbox-Slow"].body["labels"] = {"severity": "mine"}


def paused(server):
    server.state.rules["glassbox-Slow"].body["isPaused"] = True


def slowed(server):
    for name in ("Down", "Slow"):
        server.state.rules[f"glassbox-{name}"].interval_seconds = 300


def moved_away(server):
    server.state.rules["glassbox-Slow"].group = "theirs"


def stored(server):
    return {uid: (each.folder_uid, each.group, each.interval_seconds, dict(each.body)) for uid, each in server.state.rules.items()}  # fmt: skip  # one thing is one line


@pytest.mark.parametrize("edit", [labelled, paused, slowed, moved_away])
@pytest.mark.parametrize("name", PUSHES)
def test_an_edit_after_the_plan_stops_the_write(name, edit):
    before, content_before, after, content_after = PUSHES[name]
    with grafana_of() as (server, grafana):
        push(grafana, before, content_before)
        made = planned(grafana, after, content_after)
        edit(server)
        held = stored(server)["glassbox-Slow"]
        if edit is moved_away and name == "removed":
            # A rule that is not there any more need not be deleted.
            apply(grafana, made, made.allowed(force=False), lambda _change: None)
        else:
            with pytest.raises(GlassboxError, match="was changed after the plan was made: run again"):
                apply(grafana, made, made.allowed(force=False), lambda _change: None)
        assert stored(server)["glassbox-Slow"] == held


@pytest.mark.parametrize("name", PUSHES)
def test_with_force_too_only_what_the_plan_showed_is_overwritten(servers, name):
    server, grafana = servers
    before, content_before, after, content_after = PUSHES[name]
    push(grafana, before, content_before)
    labelled(server)
    slowed(server)
    made = planned(grafana, after, content_after)
    paused(server)
    with pytest.raises(GlassboxError, match="was changed after the plan was made: run again"):
        apply(grafana, made, made.allowed(force=True), lambda _change: None)
    assert server.state.rules["glassbox-Slow"].body["isPaused"]
    push(grafana, after, content_after)
    assert planned(grafana, after, content_after).pending == ()


def test_rules_that_change_places_are_taken_while_a_push_gives_their_groups_other_intervals(servers):
    server, grafana = servers
    push(grafana, TOGETHER, bundle([], [group("first", "A"), group("second", "B")]))
    swapped = bundle([], [group("first", "B", interval=30), group("second", "A", interval=90)])
    push(grafana, TOGETHER, swapped, force=False)
    assert {uid: (each.group, each.interval_seconds) for uid, each in server.state.rules.items()} == {"glassbox-B": ("first", 30), "glassbox-A": ("second", 90)}  # fmt: skip  # one thing is one line
    assert planned(grafana, TOGETHER, swapped).pending == ()
