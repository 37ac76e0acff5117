"""Notifications of a few objects: declared by settings, and those of other teams on the same Grafana."""

from dataclasses import replace

from glassbox.compile.grafana_notifications import grafana_notifications
from glassbox.settings.notifications import (
    ContactPoint,
    Integration,
    Interval,
    MuteTiming,
    Notifications,
    NotificationTemplate,
    PolicyRoute,
)
from tests.support.small_bundle import bundle, settings_of

WEEKEND = Interval(weekdays=("saturday:sunday",), times=("00:00-24:00",), location="Europe/Berlin")
TEXT = '{{ define "llm.title" }}{{ .CommonLabels.severity }}{{ end }}'


def declared(**changes):
    """Two contact points, a mute timing, a template and routes to them."""
    slack = Integration(type="slack", settings={"recipient": "#llm"}, secrets={"url": "CHAT_URL"})
    hook = Integration(type="webhook", settings={"url": "http://127.0.0.1:9/", "maxAlerts": 5})
    whole = Notifications(
        receiver="LLM tickets",
        routes=(
            PolicyRoute(severity="page", receiver="LLM on call"),
            PolicyRoute(severity="ticket", mute_timings=("Weekend",)),
            PolicyRoute(labels={"owner": "platform"}, receiver="LLM tickets"),
        ),
        contact_points=(
            ContactPoint(name="LLM on call", integrations=(hook,)),
            ContactPoint(name="LLM tickets", integrations=(slack, hook)),
        ),
        mute_timings=(MuteTiming(name="Weekend", intervals=(WEEKEND, Interval(months=("december",)))),),
        templates=(NotificationTemplate(name="LLM", text=TEXT),),
    )
    return replace(whole, **changes)


def notifying(notifications=None, folder="glassbox", boards=(), groups=(), **target):
    """Settings that declare them, and the bundle."""
    settings = replace(settings_of(folder, **target), notifications=declared() if notifications is None else notifications)  # fmt: skip  # one thing is one line
    return settings, replace(bundle(boards, groups), notifications=grafana_notifications(settings))


def others(grafana):
    """What another team has: a contact point, a mute timing, a template and two routes."""
    api = grafana.notifications
    api.create_contact_point(
        {"uid": "theirs", "name": "Their pager", "type": "webhook", "settings": {"url": "http://127.0.0.1:8/"}}, editable=True
    )  # fmt: skip  # a call
    api.create_mute_timing({"name": "Nights", "time_intervals": [{"times": [{"start_time": "20:00", "end_time": "24:00"}]}]}, editable=True)  # fmt: skip  # a call
    api.put_template({"name": "theirs", "template": '{{ define "t" }}x{{ end }}'}, editable=True)
    routes = [
        {"receiver": "Their pager", "object_matchers": [["team", "=", "web"]], "mute_time_intervals": ["Nights"]},
        {"receiver": "Their pager", "object_matchers": [["severity", "=", "page"]], "continue": True},
    ]
    api.put_policies(api.policies() | {"routes": routes})


def of_others(server):
    """Everything on the server that others() made, routes in their order."""
    state = server.state
    return (
        state.contact_points["theirs"], state.mute_timings["Nights"], state.templates["theirs"],
        [route for route in state.policies["routes"] if not is_ours(route)],
        {key: value for key, value in state.policies.items() if key != "routes"},
    )  # fmt: skip  # a tuple


def is_ours(route):
    return any(name == "__glassbox__" for name, _, _ in route.get("object_matchers") or ())
