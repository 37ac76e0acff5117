"""What somebody changed in Grafana is no edit any more once the code has it: the next push goes on from there."""

from dataclasses import replace

import pytest

from glassbox.grafana.differences.taken_over import is_taken_over
from tests.support.pushing import planned, push
from tests.support.rules_folders import APART, TOGETHER, folders_of_rules
from tests.support.small_bundle import board, bundle, edited, grafana_of, group, in_folder, panel
from tests.support.small_notifications import TEXT, declared, is_ours, notifying

QUEUE = group("queue", "Long")


def engine(title="engine", interval=60, **fields):
    """Two rules, and what is said of the first."""
    made = group(title, "Down", "Slow", interval=interval)
    made["rules"][0] |= fields
    return bundle([], [made, QUEUE])


def apart(content):
    return bundle([], in_folder("rules", *content.grafana_groups))


def texts(change):
    return [(each.part, each.text) for each in change.differences]


def adopted(change):
    return [(each.part, each.text) for each in change.kind.adopted(change.content, change.live)]


EDITS = {
    "for": ({"for": "12m"}, {"for": "720s"}),
    "label": ({"labels": {"severity": "ticket"}}, {"labels": {"severity": "ticket"}}),
    "keeps firing": ({"keep_firing_for": "2m"}, {"keep_firing_for": "2m"}),
}


@pytest.fixture
def pushed():
    with grafana_of() as (server, grafana):
        push(grafana, TOGETHER, engine())
        yield server, grafana


@pytest.mark.parametrize("name", EDITS)
def test_a_rule_that_the_code_has_as_they_made_it_only_gets_its_mark(pushed, name):
    _, grafana = pushed
    code, theirs = EDITS[name]
    grafana.put_rule_group(_with(grafana, theirs), editable=True)
    (change,) = planned(grafana, TOGETHER, engine()).pending
    assert change.edit and len(adopted(change)) == 1
    (change,) = planned(grafana, TOGETHER, engine(**code)).pending
    assert (change.edit, texts(change)) == (None, [("", "notes what is pushed")])
    push(grafana, TOGETHER, engine(**code), force=False)
    assert planned(grafana, TOGETHER, engine(**code)).pending == ()
    push(grafana, TOGETHER, engine(**code, noDataState="NoData"), force=False)
    assert planned(grafana, TOGETHER, engine(**code, noDataState="NoData")).pending == ()


def _with(grafana, fields):
    """The group as Grafana's page saves it, with other fields of its first rule."""
    stored = grafana.rule_group("glassbox", "engine")
    first, *rest = stored["rules"]
    return stored | {"rules": [first | fields, *rest]}


def test_a_rule_of_which_the_code_has_a_part_stays_an_edit_and_adopt_says_the_rest(pushed):
    _, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m", "noDataState": "NoData"}), editable=True)
    (change,) = planned(grafana, TOGETHER, engine(**{"for": "12m"})).pending
    assert change.edit
    assert adopted(change) == [("Down", "state without data OK -> NoData")]


def test_an_interval_that_the_code_has_too_is_no_edit(pushed):
    _, grafana = pushed
    grafana.put_rule_group(_with(grafana, {}) | {"interval": 300}, editable=True)
    (change,) = planned(grafana, TOGETHER, engine()).pending
    assert (bool(change.edit), adopted(change)) == (True, [("", "interval 60 s -> 300 s")])
    assert planned(grafana, TOGETHER, engine(interval=300)).pending[0].edit is None
    push(grafana, TOGETHER, engine(interval=300), force=False)
    assert planned(grafana, TOGETHER, engine(interval=300)).pending == ()


def test_an_interval_of_the_code_is_not_told_as_their_edit(pushed):
    _, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m"}), editable=True)
    (change,) = planned(grafana, TOGETHER, engine(interval=30)).pending
    assert (bool(change.edit), adopted(change)) == (True, [("Down", "for 300 s -> 720 s")])


def test_our_own_pending_move_to_another_folder_is_not_told_as_their_edit(pushed):
    server, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m"}) | {"interval": 300}, editable=True)
    (change,) = [each for each in planned(grafana, APART, apart(engine())).pending if each.title == "engine"]
    assert (bool(change.edit), adopted(change)) == (True, [("", "interval 60 s -> 300 s"), ("Down", "for 300 s -> 720 s")])  # fmt: skip  # one thing is one line
    taken = apart(engine(interval=300, **{"for": "12m"}))
    assert {change.edit for change in planned(grafana, APART, taken).pending} == {None}
    push(grafana, APART, taken, force=False)
    assert set(folders_of_rules(server).values()) == {"rules"}


def test_a_rule_that_somebody_moved_stays_an_edit_and_adopt_says_where_it_is(pushed):
    server, grafana = pushed
    grafana.create_folder("theirs", "Theirs")
    server.state.rules["glassbox-Down"].folder_uid = "theirs"
    (change,) = planned(grafana, TOGETHER, engine()).pending
    assert (bool(change.edit), adopted(change)) == (True, [("Down", "folder glassbox -> theirs")])
    server.state.rules["glassbox-Down"].folder_uid = "glassbox"
    server.state.rules["glassbox-Down"].group = "mine"
    (change,) = planned(grafana, TOGETHER, engine()).pending
    assert (bool(change.edit), adopted(change)) == (True, [("Down", "group engine -> mine")])


def test_an_edit_in_a_renamed_group_is_told_without_the_new_name(pushed):
    _, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m"}), editable=True)
    (change,) = planned(grafana, TOGETHER, engine("machines")).pending
    assert (bool(change.edit), adopted(change)) == (True, [("Down", "for 300 s -> 720 s")])


def test_an_edited_rule_that_only_waits_for_another_group_is_told_there_alone(pushed):
    server, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m"}), editable=True)
    moved = bundle([], [group("engine", "Slow", "New"), group("queue", "Long", "Down")])
    changes = {change.title: change for change in planned(grafana, TOGETHER, moved).pending}
    assert {title: bool(change.edit) for title, change in changes.items()} == {"engine": False, "queue": True}
    assert adopted(changes["queue"]) == [("Down", "for 300 s -> 720 s")]
    push(grafana, TOGETHER, moved, force=False)
    assert server.state.rules["glassbox-Down"].body["for"] == grafana.rule_group("glassbox", "engine")["rules"][-1]["for"]  # fmt: skip  # one thing is one line
    assert server.state.rules["glassbox-Down"].group == "engine"


def test_an_edited_rule_that_the_code_no_longer_has_stays_an_edit(pushed):
    _, grafana = pushed
    grafana.put_rule_group(_with(grafana, {"for": "12m"}), editable=True)
    (change,) = planned(grafana, TOGETHER, bundle([], [group("engine", "Slow"), QUEUE])).pending
    assert (bool(change.edit), change.lost) == (True, ("Down",))
    assert adopted(change) == [("Down", "the code no longer has it, so declare it again to keep it")]


def test_a_board_whose_edit_the_code_has_takes_other_changes_of_the_code(servers):
    server, grafana = servers
    push(grafana, TOGETHER, bundle([board("a", panel("One"), panel("Two", 2))]))
    edited(server, "glassbox-a", refresh="5m", panels=[panel("One", threshold=3), panel("Two", 2)])
    half = bundle([board("a", panel("One", threshold=3), panel("Two", 2), tags=["glassbox", "more"])])
    (change,) = planned(grafana, TOGETHER, half).pending
    assert change.edit.by == "alice"
    taken = bundle([board("a", panel("One", threshold=3), panel("2", 2), refresh="5m")])
    (change,) = planned(grafana, TOGETHER, taken).pending
    assert (change.edit, texts(change)) == (None, [("2", "title Two -> 2")])
    push(grafana, TOGETHER, taken, force=False)
    assert planned(grafana, TOGETHER, taken).pending == ()


@pytest.mark.parametrize(
    ("before", "theirs", "ours", "expected"),
    [
        (1, 1, 2, True),
        (1, 2, 2, True),
        (1, 2, 3, False),
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 3}, True),
        ({"a": 1}, {}, {"a": 1}, False),
        ({"a": 1}, {}, {"b": 1}, True),
        ({}, {"a": 1}, {"b": 1}, False),
        ([1, 1], [1, 2], [3, 2], True),
        ([1, 1], [2, 1], [3, 1], False),
        ([1], [1, 2], [2, 1, 2], False),
        ({"a": [1]}, {"a": [2]}, {"a": None}, False),
    ],
)
def test_a_change_is_taken_over_where_each_of_its_values_is(before, theirs, ours, expected):
    assert is_taken_over(before, theirs, ours) is expected


def test_a_route_and_a_template_that_the_settings_have_as_they_made_them_only_get_their_marks(servers, monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")
    server, grafana = servers
    settings, content = notifying(groups=[QUEUE])
    push(grafana, settings, content)
    (route,) = [each for each in server.state.policies["routes"] if is_ours(each)]
    paged = next(each for each in route["routes"] if each["receiver"] == "LLM on call")
    paged["receiver"] = "LLM tickets"
    template = server.state.templates["LLM"]
    template["template"] = template["template"].replace("severity", "owner")
    assert [(change.name, bool(change.edit)) for change in planned(grafana, settings, content).pending] == [
        ("template LLM", True), ("route glassbox", True),
    ]  # fmt: skip  # a row is a change
    first, *others = declared().routes
    routes = replace(first, receiver="LLM tickets"), *others
    text = replace(declared().templates[0], text=TEXT.replace("severity", "owner"))
    settings, content = notifying(declared(routes=routes, templates=(text,)), groups=[QUEUE])
    assert [(change.name, change.edit) for change in planned(grafana, settings, content).pending] == [
        ("template LLM", None), ("route glassbox", None),
    ]  # fmt: skip  # a row is a change
    push(grafana, settings, content, force=False)
    assert planned(grafana, settings, content).pending == ()
