"""Contact points and mute timings that an edited route names stay with it until --force."""

from copy import deepcopy
from dataclasses import replace

import pytest

from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups, keep
from glassbox.deploying.change import Action
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import going_back
from tests.support.pushing import planned, push
from tests.support.small_bundle import bundle, grafana_of, settings_of
from tests.support.small_notifications import declared, notifying

SETTINGS, WHOLE = notifying()
NOTHING = bundle()


@pytest.fixture
def one(monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")
    with grafana_of() as pair:
        yield pair


def test_what_an_edited_route_names_is_deleted_with_it_alone(one, tmp_path):
    """By a push of settings without notifications, by destroy and by a rollback."""
    server, grafana = one
    made = planned(grafana, SETTINGS, WHOLE)
    keep(grafana, made, made.pending, tmp_path)
    push(grafana, SETTINGS, WHOLE)
    server.state.policies["routes"][0]["group_wait"] = "77s"
    # "" is the one that Grafana begins with.
    held, names = deepcopy(server.state.policies), set(server.state.contact_points)
    for made in (
        planned(grafana, settings_of(), NOTHING),
        going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).plan,
        destroy_plan(grafana, SETTINGS.grafana),
    ):
        apply(grafana, made, made.allowed(force=False), lambda _change: None)
        assert (server.state.policies, set(server.state.contact_points), len(server.state.mute_timings)) == (held, names, 1)  # fmt: skip  # one thing is one line
    assert server.state.templates == {}
    made = destroy_plan(grafana, SETTINGS.grafana)
    apply(grafana, made, made.allowed(force=True), lambda _change: None)
    assert (set(server.state.contact_points), server.state.mute_timings) == ({""}, {})


def test_an_integration_that_leaves_a_contact_point_does_not_wait_for_the_edited_route(one):
    server, grafana = one
    push(grafana, SETTINGS, WHOLE)
    server.state.policies["routes"][0]["group_wait"] = "77s"
    point = declared().contact_points[1]
    fewer = (declared().contact_points[0], replace(point, integrations=point.integrations[:1]))
    settings, content = notifying(declared(contact_points=fewer))
    made = planned(grafana, settings, content)
    assert [change.name for change in made.allowed(force=False) if change.action is Action.DELETE] == ["contact point LLM tickets (webhook)"]  # fmt: skip  # one thing is one line
