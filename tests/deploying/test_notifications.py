"""Contact points, mute timings, templates and our route: pushed, compared, kept, removed, brought back; those of others untouched."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from glassbox.cli import main as command_line
from glassbox.compile.grafana_notifications import FOLDER_LABEL
from glassbox.deploying import plan_json
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups, keep
from glassbox.deploying.change import Action
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import going_back
from glassbox.errors import GlassboxError
from glassbox.grafana.notification_marks import is_our_mute_timing, mark_of_route, mute_timing_name, owner_of_template
from glassbox.settings.notifications import (
    ContactPoint,
    Integration,
    Interval,
    MuteTiming,
    NotificationTemplate,
    PolicyRoute,
)
from glassbox.standin.server import prometheus_source
from tests.support.pushing import pending, planned, push
from tests.support.small_bundle import VERSIONS, bundle, grafana_of, group, settings_of
from tests.support.small_content import PRODUCT
from tests.support.small_notifications import TEXT, declared, is_ours, notifying, of_others, others

SCHEMA = Path(plan_json.__file__).with_name("plan.schema.json")
SETTINGS, WHOLE = notifying()
NOTHING = bundle()
WEEKEND = mute_timing_name("glassbox", "Weekend")
KINDS = ["template", "contact point", "contact point", "contact point", "mute timing", "route"]


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")


@pytest.fixture(params=VERSIONS)
def servers(request):
    with grafana_of(request.param) as (server, grafana):
        others(grafana)
        yield server, grafana


@pytest.fixture
def one():
    with grafana_of() as (server, grafana):
        others(grafana)
        yield server, grafana


def state(server):
    """All notifications of the server."""
    found = server.state
    return json.loads(json.dumps([found.contact_points, found.mute_timings, found.templates, found.policies]))


def texts(made):
    return {change.name: [f"{each.part}: {each.text}" for each in change.differences] for change in made.pending}


def ours_in(server):
    (route,) = [each for each in server.state.policies["routes"] if is_ours(each)]
    return route


def test_everything_is_pushed_in_order_and_a_second_plan_is_empty(servers):
    server, grafana = servers
    before = of_others(server)
    made = push(grafana, SETTINGS, WHOLE)
    assert [change.kind.name for change in made] == ["folder", *KINDS]
    assert {change.action for change in made} == {Action.CREATE}
    again = planned(grafana, SETTINGS, WHOLE)
    assert (again.pending, again.remarks) == ((), ())
    assert of_others(server) == before
    slack = next(each for each in server.state.contact_points.values() if each["type"] == "slack")
    assert slack["settings"] == {"recipient": "#llm", "url": "https://hooks.example/s3cret"}
    assert server.state.mute_timings[WEEKEND]["time_intervals"][1] == {"months": ["12"]}
    assert "s3cret" not in json.dumps(server.state.policies)


def test_our_route_is_first_takes_our_folder_only_and_has_the_pace_of_each_severity(one):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    route = server.state.policies["routes"][0]
    assert [FOLDER_LABEL, "=", "glassbox"] in route["object_matchers"]
    assert mark_of_route(route).folder_uid == "glassbox"
    assert (route["receiver"], route["repeat_interval"]) == ("LLM tickets", "4h")
    page, ticket, report = route["routes"]
    platform = {"object_matchers": [["owner", "=", "platform"]], "receiver": "LLM tickets"}
    assert page == {
        "object_matchers": [["severity", "=", "page"]], "receiver": "LLM on call", "group_wait": "10s", "repeat_interval": "1h",
        "routes": [platform],
    }  # fmt: skip  # one route
    assert (ticket["mute_time_intervals"], ticket["repeat_interval"]) == ([WEEKEND], "12h")
    assert ticket["routes"] == [platform | {"mute_time_intervals": [WEEKEND]}]
    assert (report["repeat_interval"], "mute_time_intervals" in report) == ("4d", False)


def test_differences_are_told_in_words(servers):
    _, grafana = servers
    push(grafana, SETTINGS, WHOLE)
    hook = Integration(type="webhook", settings={"url": "http://127.0.0.1:7/", "maxAlerts": 5}, send_resolved=False)
    slack = declared().contact_points[1].integrations[0]
    settings, changed = notifying(
        declared(
            receiver="LLM on call",
            routes=(PolicyRoute(severity="page", receiver="Their pager", mute_timings=("Nights",)),),
            contact_points=(ContactPoint(name="LLM on call", integrations=(hook,)), ContactPoint(name="LLM tickets", integrations=(slack,))),
            mute_timings=(MuteTiming(name="Weekend", intervals=(Interval(weekdays=("sunday",)),)),),
            templates=(NotificationTemplate(name="LLM", text=TEXT.replace("severity", "owner")),),
        )
    )  # fmt: skip  # one thing is one line
    made = planned(grafana, settings, changed)
    assert texts(made) == {
        "template LLM": [": text changed (1 lines removed, 1 added)"],
        "contact point LLM on call (webhook)": [
            ": the end of alerts is not sent any more", ": setting url http://127.0.0.1:9/ -> http://127.0.0.1:7/",
        ],
        f"mute timing {WEEKEND}": [
            ": muted saturday:sunday 00:00-24:00 (Europe/Berlin) removed", ": muted months 12 (UTC) removed", ": muted sunday (UTC) added",
        ],
        "route glassbox": [
            ": contact point LLM tickets -> LLM on call", "severity=page: muted by Nights added",
            "severity=page: contact point LLM on call -> Their pager", "severity=page, owner=platform: route removed",
            f"severity=ticket: muted by {WEEKEND} removed", "severity=ticket, owner=platform: route removed",
            "severity=report, owner=platform: route removed",
        ],
        "contact point LLM tickets (webhook)": [],
    }  # fmt: skip  # a table
    push(grafana, settings, changed)
    assert planned(grafana, settings, changed).pending == ()


def test_what_is_no_longer_declared_is_deleted_after_the_route_that_used_it(servers):
    server, grafana = servers
    before = state(server)
    push(grafana, SETTINGS, WHOLE)
    made = push(grafana, settings_of(), NOTHING)
    assert [name for name, _, _ in pending(made)] == KINDS[::-1]
    assert state(server) == before


def test_nothing_is_touched_where_nothing_is_declared(servers):
    server, grafana = servers
    before, sent = state(server), len(server.writes)
    made = push(grafana, settings_of(), bundle([], [group("one", "A")]))
    assert [change.kind.name for change in made] == ["folder", "rule group"]
    assert (state(server), len(server.writes)) == (before, sent + 2)


def test_two_installations_that_begin_alike_do_not_see_each_others_notifications(servers):
    _, grafana = servers
    names = {"LLM on call": "Two on call", "LLM tickets": "Two tickets"}
    whole = declared()
    two = declared(
        receiver="Two tickets",
        routes=tuple(replace(each, receiver=names.get(each.receiver, "")) for each in whole.routes),
        contact_points=tuple(replace(each, name=names[each.name]) for each in whole.contact_points),
        templates=(NotificationTemplate(name="Two", text=TEXT),),
    )
    other, content = notifying(two, folder="glassbox-two")
    push(grafana, SETTINGS, WHOLE)
    push(grafana, other, content)
    assert planned(grafana, SETTINGS, WHOLE).pending == planned(grafana, other, content).pending == ()
    push(grafana, settings_of(), NOTHING)
    assert planned(grafana, other, content).pending == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_those_of_others_survive_push_prune_force_destroy_and_rollback(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        others(grafana)
        before = of_others(server)
        made = planned(grafana, SETTINGS, WHOLE)
        keep(grafana, made, made.pending, tmp_path)
        push(grafana, SETTINGS, WHOLE, force=True)
        assert of_others(server) == before
        push(grafana, settings_of(), NOTHING, force=True)
        assert of_others(server) == before
        push(grafana, SETTINGS, WHOLE)
        destroyed = destroy_plan(grafana, SETTINGS.grafana)
        keep(grafana, destroyed, destroyed.pending, tmp_path)
        apply(grafana, destroyed, destroyed.pending, lambda _change: None)
        assert of_others(server) == before
        back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path), declared=SETTINGS.notifications).plan
        apply(grafana, back, back.pending, lambda _change: None)
        assert of_others(server) == before
        assert planned(grafana, SETTINGS, WHOLE).pending == ()


def test_what_others_change_in_the_tree_while_we_push_stays(one):
    """The tree is read again right before it is written."""
    server, grafana = one
    made = planned(grafana, SETTINGS, WHOLE)
    theirs = {"receiver": "Their pager", "object_matchers": [["team", "=", "new"]]}
    server.state.policies["routes"].insert(1, theirs)
    apply(grafana, made, made.pending, lambda _change: None)
    assert [is_ours(each) for each in server.state.policies["routes"]] == [True, False, False, False]
    assert server.state.policies["routes"][2] == theirs


def test_a_route_that_somebody_took_our_mark_from_is_told_before_ours_goes_in_front_of_it(servers):
    server, grafana = servers
    push(grafana, SETTINGS, WHOLE)
    assert planned(grafana, SETTINGS, WHOLE).remarks == ()
    theirs = next(each for each in server.state.policies["routes"] if is_ours(each))
    theirs["object_matchers"] = [each for each in theirs["object_matchers"] if each[0] != "__glassbox__"]
    made = planned(grafana, SETTINGS, WHOLE)
    assert [remark.partition(":")[0] for remark in made.remarks] == ["A route of the notification policies takes the alerts of our folder and lacks our mark, so it may be somebody's own"]  # fmt: skip  # one sentence
    push(grafana, SETTINGS, WHOLE, force=True)
    assert theirs in server.state.policies["routes"][1:]


def test_our_route_keeps_the_place_that_somebody_gave_it(one):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    routes = server.state.policies["routes"]
    routes.append(routes.pop(0))
    assert planned(grafana, SETTINGS, WHOLE).pending == ()
    settings, changed = notifying(declared(receiver="LLM on call"))
    push(grafana, settings, changed)
    assert [is_ours(each) for each in server.state.policies["routes"]] == [False, False, True]


def change_something(server, kind):
    """Somebody changes one object of ours in Grafana's page."""
    found = server.state
    if kind == "template":
        found.templates["LLM"]["template"] += "{{/* mine */}}"
    elif kind == "contact point":
        next(each for each in found.contact_points.values() if each["type"] == "slack")["settings"]["recipient"] = (
            "#mine"
        )
    elif kind == "mute timing":
        found.mute_timings[WEEKEND]["time_intervals"] = []
    else:
        ours_in(server)["receiver"] = "Their pager"


@pytest.mark.parametrize("kind", ["template", "contact point", "mute timing", "route"])
def test_what_somebody_edited_is_told_and_kept_until_force(servers, kind):
    server, grafana = servers
    push(grafana, SETTINGS, WHOLE)
    before = state(server)
    change_something(server, kind)
    edited = state(server)
    made = planned(grafana, SETTINGS, WHOLE)
    assert [(change.kind.name, change.edit is not None) for change in made.pending] == [(kind, True)]
    push(grafana, SETTINGS, WHOLE, force=False)
    assert state(server) == edited
    push(grafana, SETTINGS, WHOLE)
    assert state(server) == before
    assert planned(grafana, SETTINGS, WHOLE).pending == ()


@pytest.mark.parametrize("kind", ["template", "contact point", "mute timing"])
def test_an_edited_object_that_is_no_longer_declared_is_kept_by_the_second_push_too(one, kind):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    change_something(server, kind)
    slack = declared().contact_points[1].integrations[0]
    kept = {
        "template": {"templates": ()},
        "contact point": {"contact_points": tuple(replace(each, integrations=tuple(i for i in each.integrations if i != slack)) for each in declared().contact_points)},
        "mute timing": {"mute_timings": (), "routes": declared().routes[:1]},
    }[kind]  # fmt: skip  # a table
    settings, content = notifying(declared(**kept))
    for _ in range(2):
        push(grafana, settings, content, force=False)
        (left,) = planned(grafana, settings, content).pending
        assert (left.kind.name, left.action, left.edit is not None) == (kind, Action.DELETE, True)
    push(grafana, settings, content)
    assert planned(grafana, settings, content).pending == ()


def test_a_secret_that_grafana_hides_is_no_change_and_another_variable_sends_it_again(one, monkeypatch):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/other")
    assert planned(grafana, SETTINGS, WHOLE).pending == ()
    monkeypatch.delenv("CHAT_URL")
    assert planned(grafana, SETTINGS, WHOLE).pending == ()
    monkeypatch.setenv("CHAT_URL_2", "https://hooks.example/new")
    points = declared().contact_points
    slack = replace(points[1].integrations[0], secrets={"url": "CHAT_URL_2"})
    settings, content = notifying(declared(contact_points=(points[0], replace(points[1], integrations=(slack, points[1].integrations[1])))))  # fmt: skip  # one thing is one line
    assert texts(planned(grafana, settings, content)) == {
        "contact point LLM tickets (slack)": [": secret url sent again"], "route glassbox": [": notes what is pushed beside it"],
    }  # fmt: skip  # a table
    push(grafana, settings, content)
    assert next(each for each in server.state.contact_points.values() if each["type"] == "slack")["settings"]["url"] == "https://hooks.example/new"  # fmt: skip  # one thing is one line
    assert planned(grafana, settings, content).pending == ()


def test_a_missing_secret_ends_a_push_before_its_first_write(one, monkeypatch):
    server, grafana = one
    monkeypatch.delenv("CHAT_URL")
    sent = len(server.writes)
    with pytest.raises(GlassboxError, match="Contact point 'LLM tickets' needs its secret 'url', and the environment variable CHAT_URL is not set: set it and run again"):  # fmt: skip  # one sentence
        push(grafana, SETTINGS, WHOLE)
    assert len(server.writes) == sent


def test_a_setting_from_the_environment_that_grafana_shows_is_in_no_plan_and_no_backup(one, monkeypatch, tmp_path):
    _, grafana = one
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/?token=s3cret")
    hook = Integration(type="webhook", settings={"maxAlerts": 1}, secrets={"url": "HOOK"})
    only = declared(receiver="Hook", routes=(), contact_points=(ContactPoint(name="Hook", integrations=(hook,)),))
    settings, content = notifying(only)
    push(grafana, settings, content)
    assert planned(grafana, settings, content).pending == ()
    made = planned(grafana, settings_of(), NOTHING)
    assert [change.edit for change in made.pending if change.edit] == []
    keep(grafana, made, made.pending, tmp_path)
    assert "s3cret" not in next(tmp_path.iterdir()).read_text()


def test_a_contact_point_that_others_use_stays_and_the_plan_says_why(one):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    server.state.policies["routes"].append({"receiver": "LLM on call", "object_matchers": [["team", "=", "x"]]})
    server.state.policies["routes"][1]["mute_time_intervals"] = [WEEKEND]
    made = planned(grafana, settings_of(), NOTHING)
    assert [change.title for change in made.pending] == [
        "glassbox",
        "LLM tickets (webhook)",
        "LLM tickets (slack)",
        "LLM",
    ]
    assert made.remarks == (
        "Contact point 'LLM on call' stays, since a route of the notification policies uses it: choose another there, then push again.",
        f"Mute timing {WEEKEND!r} stays, since a route of the notification policies uses it: choose another there, then push again.",
    )  # fmt: skip  # a row is a remark
    push(grafana, settings_of(), NOTHING)
    assert planned(grafana, settings_of(), NOTHING).pending == ()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"contact_points": (ContactPoint(name="Their pager", integrations=(Integration(type="email", settings={"addresses": "a@b"}),)),), "receiver": "Their pager", "routes": ()}, "Grafana has a contact point 'Their pager' that is not ours"),
        ({"templates": (NotificationTemplate(name="theirs", text=TEXT),)}, "Grafana has a template 'theirs' that is not ours"),
        ({"receiver": "Nobody"}, "Grafana has no contact point 'Nobody': declare it"),
        ({"routes": (PolicyRoute(severity="page", mute_timings=("Never",)),)}, "Grafana has no mute timing 'Never': declare it"),
    ],
)  # fmt: skip  # a row is a case
def test_what_would_meet_others_or_nobody_is_refused_before_anything_is_written(one, changes, sentence):
    server, grafana = one
    sent = len(server.writes)
    settings, content = notifying(declared(**changes))
    with pytest.raises(GlassboxError, match=sentence):
        push(grafana, settings, content)
    assert len(server.writes) == sent


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("rules", ["editable", "locked"])
def test_what_exists_keeps_what_grafanas_page_may_do_with_it(version, rules):
    with grafana_of(version) as (server, grafana):
        others(grafana)
        settings, content = notifying(rules=rules)
        push(grafana, settings, content)
        provenance = "api" if rules == "locked" else ""
        assert {each.get("provenance", "") for each in server.state.contact_points.values() if each["uid"].startswith("gb-")} == {provenance}  # fmt: skip  # one thing is one line
        other = "editable" if rules == "locked" else "locked"
        assert planned(grafana, *notifying(rules=other)).pending == ()
        push(
            grafana, *notifying(declared(templates=(), mute_timings=(), routes=(), receiver="LLM on call"), rules=other)
        )
        assert (WEEKEND in server.state.mute_timings, "LLM" in server.state.templates) == (False, False)


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ({"object_matchers": "x"}, "routes[0].object_matchers is not an array"),
        ({"object_matchers": [None]}, "routes[0].object_matchers[0] is not an array"),
        ({"routes": ["x"]}, "routes[0].routes[0] is not an object"),
        ({"routes": [{"routes": [{"object_matchers": [[1]]}]}]}, "routes[0].routes[0].routes[0].object_matchers[0][0] is not text"),
        ({"object_matchers": [["a"], []]}, ""),
    ],
)  # fmt: skip  # a row is a tree
def test_a_tree_of_another_shape_is_one_sentence(one, route, problem):
    server, grafana = one
    server.state.policies["routes"] = [{"receiver": "Their pager", **route}]
    if not problem:
        assert pending(planned(grafana, SETTINGS, WHOLE).changes)[-1][0] == "route"
        return
    with pytest.raises(GlassboxError) as caught:
        planned(grafana, SETTINGS, WHOLE)
    assert f"answered with JSON that is not Grafana's ({problem})" in str(caught.value)


def test_the_provenance_of_the_tree_stays_as_it_is(servers):
    server, grafana = servers
    server.state.policies["provenance"] = "api"
    push(grafana, SETTINGS, WHOLE)
    assert server.state.policies["provenance"] == "api"


def test_a_rollback_restores_exactly_what_was_changed_created_and_deleted(servers, tmp_path):
    server, grafana = servers

    def applied(settings, content):
        made = planned(grafana, settings, content)
        keep(grafana, made, made.pending, tmp_path)
        push(grafana, settings, content)

    applied(SETTINGS, WHOLE)
    before = state(server)
    hook = Integration(type="email", settings={"addresses": "a@example.org"})
    points = (*declared().contact_points[1:], ContactPoint(name="New", integrations=(hook,)))
    applied(*notifying(declared(receiver="New", routes=(), contact_points=points, mute_timings=(), templates=())))
    assert state(server) != before
    back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path), declared=SETTINGS.notifications).plan
    apply(grafana, back, back.pending, lambda _change: None)
    after = state(server)
    assert [sorted(after[0]), *after[1:]] == [sorted(before[0]), *before[1:]]
    assert {uid: after[0][uid] for uid in before[0]} == before[0]
    assert planned(grafana, SETTINGS, WHOLE).pending == ()


def test_a_rollback_says_which_secrets_it_does_not_bring_back(one, tmp_path, monkeypatch):
    _, grafana = one
    push(grafana, SETTINGS, WHOLE)
    monkeypatch.setenv("OTHER_URL", "https://hooks.example/0ther")
    renewed = declared()
    slack = replace(renewed.contact_points[1].integrations[0], secrets={"url": "OTHER_URL"})
    points = (renewed.contact_points[0], replace(renewed.contact_points[1], integrations=(slack, *renewed.contact_points[1].integrations[1:])))  # fmt: skip  # one thing is one line
    settings, content = notifying(replace(renewed, contact_points=points))
    made = planned(grafana, settings, content)
    keep(grafana, made, made.pending, tmp_path)
    apply(grafana, made, made.pending, lambda _change: None)
    back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path), declared=SETTINGS.notifications).plan
    assert "Contact point 'LLM tickets (slack)' does not get back its secret 'url', which no backup holds: send what it is to have with a push." in back.remarks  # fmt: skip  # one sentence


def test_a_deleted_contact_point_comes_back_only_with_its_secret(one, tmp_path, monkeypatch):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    made = planned(grafana, settings_of(), NOTHING)
    keep(grafana, made, made.pending, tmp_path)
    apply(grafana, made, made.pending, lambda _change: None)
    assert "s3cret" not in next(tmp_path.iterdir()).read_text()
    back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
    sent = len(server.writes)
    with pytest.raises(
        GlassboxError, match="needs its secret 'url', which no backup holds, since Grafana does not return it: declare"
    ):
        apply(grafana, back, back.pending, lambda _change: None)
    assert len(server.writes) == sent
    back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path), declared=SETTINGS.notifications).plan
    apply(grafana, back, back.pending, lambda _change: None)
    assert planned(grafana, SETTINGS, WHOLE).pending == ()


def test_marks_are_whole_and_copies_are_nobodys():
    assert is_our_mute_timing(WEEKEND, "glassbox")
    assert not is_our_mute_timing(WEEKEND, "glassbox-two")
    assert not is_our_mute_timing(f"{WEEKEND} (copy)", "glassbox")
    assert not is_our_mute_timing(WEEKEND.replace("Weekend", "Weekends"), "glassbox")
    _, content = notifying()
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, content)
        template = server.state.templates["LLM"]
        assert owner_of_template(template) == "glassbox"
        assert owner_of_template(template | {"name": "LLM (copy)"}) is None


def test_a_token_that_may_not_read_notifications_pushes_the_rest_where_none_are_declared():
    with grafana_of(token="editor") as (server, grafana):
        for path in ("contact-points", "mute-timings", "templates", "policies"):
            server.faults.answer(f"/api/v1/provisioning/{path}", status=403, body={"message": "no"}, times=99)
        push(grafana, settings_of(), bundle([], [group("one", "A")]))
        assert list(server.state.rules) == ["glassbox-A"]
        with pytest.raises(GlassboxError, match="403"):
            planned(grafana, SETTINGS, WHOLE)


FILE = """
notifications:
  receiver: LLM tickets
  routes: [{severity: page, receiver: Their pager}]
  contact_points: [{name: LLM tickets, integrations: [{type: slack, settings: {recipient: "#llm"}, secrets: {url: CHAT_URL}}]}]
"""


def test_the_command_line_pushes_what_a_settings_file_declares(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    file = tmp_path / "settings.yaml"
    file.write_text(FILE)
    with grafana_of(data_sources=[prometheus_source("http://127.0.0.1:9")]) as (server, grafana):
        others(grafana)

        def run(*arguments):
            command = ["--settings", str(file), *arguments, "--grafana", server.url]
            return command_line.main(PRODUCT, command), *capsys.readouterr()

        code, out, _ = run("plan")
        assert (code, out.splitlines()[1:-1]) == (2, [
            "  + folder        Glassbox", "  + dashboard     Queue", "  + contact point LLM tickets (slack)",
            "  + rule group    queue", "  + route         glassbox",
        ])  # fmt: skip  # a row is a line
        plan = json.loads(run("plan", "--json")[1])
        jsonschema.validate(plan, json.loads(SCHEMA.read_text(encoding="utf-8")), jsonschema.Draft202012Validator)
        assert "- **create** contact point **LLM tickets \\(slack\\)**" in run("plan", "--markdown")[1]
        backups = ("--backups", str(tmp_path / "kept"))
        assert run(*backups)[0] == 0
        assert run("plan")[0] == 0
        assert run("plan", "--only", "contact-point/*")[1].endswith("Nothing to do: all 2 objects are up to date.\n")
        file.write_text(FILE.replace("#llm", "#new"))
        code, out, _ = run("plan")
        assert (code, "  ~ contact point LLM tickets (slack)\n      setting recipient #llm -> #new\n" in out) == (
            2,
            True,
        )
        file.write_text("{}")
        assert "  - route         glassbox\n  - contact point LLM tickets (slack)\n" in run("plan")[1]
        assert run(*backups, "--yes")[0] == 0
        file.write_text(FILE)
        assert run("rollback", *backups, "--yes")[0] == 0
        assert run("plan")[0] == 0
        assert run("destroy", *backups, "--yes")[0] == 0
        assert [each["name"] for each in server.state.contact_points.values()] == [
            "grafana-default-email",
            "Their pager",
        ]


def test_what_our_edited_route_still_uses_is_not_deleted_and_the_error_says_so(one):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    ours_in(server)["continue"] = True
    with pytest.raises(GlassboxError, match="a route or a rule uses it, so choose another there"):
        push(grafana, settings_of(), NOTHING, force=False)
    assert any(is_ours(route) for route in server.state.policies["routes"])
    assert WEEKEND in server.state.mute_timings
