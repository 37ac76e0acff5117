"""Alert rules and notifications of ours that files or another tool provision: left alone with a sentence, and the rest goes on."""

from dataclasses import replace

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups
from glassbox.deploying.change import Action
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import going_back
from glassbox.errors import GlassboxError
from glassbox.grafana.notification_marks import mute_timing_name
from glassbox.grafana.ownership import ANNOTATION
from glassbox.settings.notifications import Interval, NotificationTemplate, PolicyRoute
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied
from tests.support.pushing import pending, planned, push
from tests.support.small_bundle import TOKENS, VERSIONS, board, bundle, grafana_of, group, panel, settings_of
from tests.support.small_content import PRODUCT
from tests.support.small_notifications import TEXT, declared, is_ours, notifying, of_others, others

WEEKEND = mute_timing_name("glassbox", "Weekend")
ROUTE = "Our route in the notification policies"
RULES = bundle([board("a", panel("Latency"))], [group("g", "A", "B"), group("h", "C")])
SLOWER = bundle([board("a", panel("Delay"))], [group("g", "A", "B", interval=120), group("h", "C", interval=120)])
SETTINGS = settings_of()


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")


@pytest.fixture(params=VERSIONS)
def servers(request):
    with grafana_of(request.param) as pair:
        yield pair


@pytest.fixture
def one():
    with grafana_of() as pair:
        yield pair


def told(what, by, to_do="change"):
    return f"{what} is left out, since {by!r} manages it: {to_do} it there, or release it there and run again."


def changed():
    """Other notifications of the same names, so that each object differs."""
    whole = declared(routes=(PolicyRoute(severity="page", receiver="LLM tickets"),))
    points = [
        replace(point, integrations=tuple(replace(each, send_resolved=False) for each in point.integrations))
        for point in whole.contact_points
    ]
    timing = replace(whole.mute_timings[0], intervals=(Interval(months=("july",)),))
    template = replace(whole.templates[0], text=TEXT.replace("severity", "owner"))
    return replace(whole, contact_points=tuple(points), mute_timings=(timing,), templates=(template,))


def ours(server, kind):
    """What the server holds of this kind that is ours."""
    state = server.state
    return {
        "contact point": [each for each in state.contact_points.values() if each["uid"].startswith("gb-")],
        "mute timing": [state.mute_timings[name] for name in (WEEKEND,) if name in state.mute_timings],
        "template": [state.templates[name] for name in ("LLM",) if name in state.templates],
        "route": [each for each in state.policies.get("routes") or () if is_ours(each)],
    }[kind]


def provision(server, kind, by):
    for each in [server.state.policies] if kind == "route" else ours(server, kind):
        each["provenance"] = by


def names(kind, server):
    """What sentences call the objects of this kind."""
    titles = {
        "contact point": [f"Contact point '{each['name']} ({each['type']})'" for each in ours(server, "contact point")],
        "mute timing": [f"Mute timing {WEEKEND!r}"],
        "template": ["Template 'LLM'"],
        "route": [ROUTE],
    }
    return titles[kind]


def push_and_provision(server, grafana, kind, by="file"):
    """Push our notifications beside those of others; afterwards something else provisions ours of this kind."""
    others(grafana)
    push(grafana, *notifying())
    provision(server, kind, by)


@pytest.mark.parametrize("by", ["file", "terraform", "converted_prometheus"])
@pytest.mark.parametrize("kind", ["contact point", "mute timing", "template", "route"])
def test_a_notification_is_left_out_and_the_rest_is_pushed(servers, kind, by):
    server, grafana = servers
    push_and_provision(server, grafana, kind, by)
    kept, left = of_others(server), [told(name, by) for name in names(kind, server)]
    before, rule = repr(ours(server, kind)), len(server.state.rules)
    settings, whole = notifying(changed(), boards=[board("a", panel("Latency"))])
    made = planned(grafana, settings, whole)
    assert sorted(made.left_out) == sorted(left)
    assert ("dashboard", "A", Action.CREATE) in pending(made.changes)
    assert kind not in [each for each, _, _ in pending(made.changes)]
    push(grafana, settings, whole, force=True)
    assert "glassbox-a" in server.state.dashboards
    assert (repr(ours(server, kind)), of_others(server), len(server.state.rules)) == (before, kept, rule)


@pytest.mark.parametrize("kind", ["contact point", "mute timing", "template", "route"])
def test_a_notification_that_is_as_wanted_is_no_finding(servers, kind):
    server, grafana = servers
    push_and_provision(server, grafana, kind)
    made = planned(grafana, *notifying())
    assert (made.pending, made.left_out) == ((), ())


@pytest.mark.parametrize("kind", ["contact point", "mute timing", "template", "route"])
def test_destroy_leaves_a_notification_and_what_it_needs_and_deletes_the_rest(servers, kind):
    server, grafana = servers
    push_and_provision(server, grafana, kind)
    before, kept = repr(ours(server, kind)), of_others(server)
    left = [told(name, "file", "delete") for name in names(kind, server)]
    made = destroy_plan(grafana, notifying()[0].grafana)
    assert sorted(made.left_out) == sorted(left)
    apply(grafana, made, made.allowed(force=True), lambda _change: None)
    assert (repr(ours(server, kind)), of_others(server)) == (before, kept)
    deleted = {"contact point", "mute timing", "template", "route"} - {kind}
    still = {other for other in deleted if ours(server, other)}
    assert still == ({"contact point", "mute timing"} if kind == "route" else set())


def test_policies_that_a_file_provisions_take_no_route_of_ours_and_the_rest_is_pushed(servers):
    server, grafana = servers
    others(grafana)
    server.state.policies["provenance"] = "file"
    before = repr(server.state.policies)
    made = planned(grafana, *notifying())
    assert made.left_out == (told(ROUTE, "file"),)
    push(grafana, *notifying())
    assert (repr(server.state.policies), len(ours(server, "mute timing")), len(ours(server, "template"))) == (before, 1, 1)  # fmt: skip  # one thing is one line


def test_a_provisioned_template_of_somebody_else_with_the_name_of_ours_ends_the_plan(servers):
    server, grafana = servers
    others(grafana)
    server.state.templates["theirs"]["provenance"] = "file"
    settings, content = notifying(declared(templates=(NotificationTemplate(name="theirs", text=TEXT),)))
    with pytest.raises(GlassboxError, match="Template 'theirs' is managed by 'file', which wins, and is left alone"):
        planned(grafana, settings, content)


def test_what_is_provisioned_between_plan_and_write_is_not_written(one):
    server, grafana = one
    made = planned(grafana, *notifying())
    server.state.policies["provenance"] = "file"
    before = repr(server.state.policies)
    with pytest.raises(GlassboxError, match="Notification policy 'of the organisation' is managed by 'file'"):
        apply(grafana, made, made.pending, lambda _change: None)
    assert repr(server.state.policies) == before


@pytest.mark.parametrize("by", ["file", "terraform", "converted_prometheus"])
def test_a_rule_group_is_left_out_and_the_rest_is_pushed(servers, by):
    server, grafana = servers
    push(grafana, SETTINGS, RULES)
    server.state.rules["glassbox-B"].provenance = by
    made = planned(grafana, SETTINGS, SLOWER)
    assert made.left_out == (told("Rule group 'g' with rule 'B'", by),)
    assert [title for _, title, _ in pending(made.changes)] == ["A", "h"]
    push(grafana, SETTINGS, SLOWER, force=True)
    seconds = {uid: rule.interval_seconds for uid, rule in server.state.rules.items()}
    assert seconds == {"glassbox-A": 60, "glassbox-B": 60, "glassbox-C": 120}


@pytest.mark.parametrize("has_mark", [True, False])
def test_a_rule_group_that_is_as_wanted_is_no_finding(servers, has_mark):
    server, grafana = servers
    push(grafana, SETTINGS, RULES)
    for uid in ("glassbox-A", "glassbox-B"):
        rule = server.state.rules[uid]
        rule.provenance = "file"
        if not has_mark:
            del rule.body["annotations"][ANNOTATION]
    made = planned(grafana, SETTINGS, RULES)
    assert (made.pending, made.left_out, made.count[Action.KEEP]) == ((), (), 4)
    server.state.rules["glassbox-B"].body["for"] = "9m"
    assert planned(grafana, SETTINGS, RULES).left_out == (told("Rule group 'g' with rule 'A'", "file"),)


@pytest.mark.parametrize("by", ["file", "converted_prometheus"])
def test_prune_and_destroy_and_rollback_leave_a_rule_group(servers, by, tmp_path):
    server, grafana = servers
    applied(grafana, RULES, tmp_path)
    server.state.rules["glassbox-B"].provenance = by
    sentence = told("Rule group 'g' with rule 'B'", by, "delete")
    pruned = planned(grafana, SETTINGS, bundle())
    back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan
    made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
    for each in (pruned, back, made):
        assert each.left_out == (sentence,)
        assert "g" not in [title for _, title, _ in pending(each.changes)]
    apply(grafana, made, made.allowed(force=True), lambda _change: None)
    assert (sorted(server.state.rules), list(server.state.folders)) == (["glassbox-A", "glassbox-B"], ["glassbox"])


def test_a_rule_that_stays_keeps_the_contact_point_that_it_names(servers):
    server, grafana = servers
    settings, rules = notifying(groups=[group("g", "A")])
    push(grafana, settings, rules)
    point = ours(server, "contact point")[0]["name"]
    rule = server.state.rules["glassbox-A"]
    rule.body["notification_settings"], rule.provenance = {"receiver": point}, "file"
    made = destroy_plan(grafana, settings.grafana)
    assert any(
        remark.startswith(f"Contact point {point!r} stays, since the rule 'A' uses it") for remark in made.remarks
    )
    apply(grafana, made, made.allowed(force=True), lambda _change: None)
    assert {each["name"] for each in ours(server, "contact point")} == {point}


@pytest.mark.parametrize("arguments", [["plan"], ["--yes", "--force"], ["destroy", "--yes", "--force"]])
def test_the_commands_say_it_and_end_with_2(monkeypatch, capsys, arguments):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(version="13.2.0", tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
        rule = next(iter(server.state.rules.values()))
        rule.provenance = "file"
        if arguments[0] != "destroy":
            assert command_line.main(PRODUCT, [*arguments, "--grafana", server.url]) == 0
        rule.body["for"] = "9m"
        capsys.readouterr()
        assert command_line.main(PRODUCT, [*arguments, "--grafana", server.url]) == 2
        assert f"Rule group {rule.group!r} with rule {rule.body['title']!r} is left out" in capsys.readouterr().out
        assert rule.uid in server.state.rules
