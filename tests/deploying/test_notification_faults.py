"""Every fault at every write of notifications: what is reported is true, nothing of others is lost, and a second run ends in an empty plan."""

from dataclasses import replace

import pytest

from glassbox.compile.grafana_notifications import grafana_notifications
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.notification_marks import mark_of_route, mute_timing_name
from glassbox.http.retries import Patience
from glassbox.settings.notifications import (
    ContactPoint,
    Integration,
    Interval,
    MuteTiming,
    Notifications,
    NotificationTemplate,
    PolicyRoute,
)
from glassbox.standin.server import GrafanaStandIn
from tests.support.fault_proxy import FaultProxy, ProxyFault
from tests.support.push_faults import AFTER, REPORTED, SURVIVED, FaultedPush
from tests.support.pushing import push
from tests.support.small_bundle import TOKENS, bundle, settings_of
from tests.support.small_notifications import of_others, others

WRITES = (
    "template changed", "contact point changed", "contact point new", "mute timing changed", "mute timing new", "route changed",
    "mute timing deleted", "contact point deleted",
)  # fmt: skip  # a table


@pytest.fixture(scope="module", params=["10.4.3", "13.2.0"])
def server(request):
    with GrafanaStandIn(version=request.param, tokens=TOKENS, search_lag_seconds=0) as running:
        with Grafana(running.url, Token("admin")) as grafana:
            others(grafana)
        yield running


@pytest.fixture(scope="module")
def proxy(server):
    with FaultProxy(server.url) as running:
        yield running


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """How long each pause would have been; none is waited for."""
    asked = []
    monkeypatch.setattr(Patience, "pause", staticmethod(asked.append))
    return asked


def point(name, port=1):
    return ContactPoint(name=name, integrations=(Integration(type="webhook", settings={"url": f"http://127.0.0.1:{port}/"}),))  # fmt: skip  # one object


def timing(name, day):
    return MuteTiming(name=name, intervals=(Interval(weekdays=(day,)),))


class Notifying(FaultedPush):
    """A folder of its own on the shared server, with first notifications, and second ones that need each sort of write."""

    def __init__(self, proxy, server, *name):
        super().__init__(proxy, server, "".join(sign for part in name for sign in str(part) if sign.isalnum())[:20])
        first = Notifications(
            receiver=f"{self.folder} a",
            routes=(PolicyRoute(severity="page", receiver=f"{self.folder} gone", mute_timings=("Old", "Kept")),),
            contact_points=(point(f"{self.folder} a"), point(f"{self.folder} gone")),
            mute_timings=(timing("Kept", "sunday"), timing("Old", "monday")),
            templates=(NotificationTemplate(name=self.folder, text='{{ define "a" }}1{{ end }}'),),
        )
        second = replace(
            first,
            routes=(PolicyRoute(severity="page", receiver=f"{self.folder} new", mute_timings=("New",)),),
            contact_points=(point(f"{self.folder} a", 2), point(f"{self.folder} new")),
            mute_timings=(timing("Kept", "saturday"), timing("New", "friday")),
            templates=(NotificationTemplate(name=self.folder, text='{{ define "a" }}2{{ end }}'),),
        )
        self.settings, self.wanted = self.of(second)
        with self.grafana() as grafana:
            push(grafana, *self.of(first))
        self.of_others = of_others(server)
        proxy.heal()

    def of(self, notifications):
        settings = replace(settings_of(self.folder), notifications=notifications)
        return settings, replace(bundle(), notifications=grafana_notifications(settings))

    def refuse_other_state(self):
        """What others have is as it was, too."""
        state = self.server.state
        points = sorted(each["name"] for each in state.contact_points.values() if each["name"].startswith(f"{self.folder} "))  # fmt: skip  # one thing is one line
        assert points == [f"{self.folder} a", f"{self.folder} new"]
        ours = [mute_timing_name(self.folder, name) for name in ("Kept", "New")]
        assert [name for name in state.mute_timings if f"({self.folder} " in name] == ours
        assert len(self.routes()) == 1
        assert of_others(self.server) == self.of_others

    def routes(self):
        found = [(route, mark_of_route(route)) for route in self.server.state.policies["routes"]]
        return [route for route, mark in found if mark and mark.folder_uid == self.folder]


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", SURVIVED)
def test_a_push_of_notifications_goes_on_where_reading_again_settles_it(server, proxy, name, at):
    ours = Notifying(proxy, server, at, name)
    ours.goes_on(name, at, len(WRITES))


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", REPORTED)
def test_a_push_of_notifications_stops_and_reports_only_what_stands(server, proxy, pauses, name, at):
    ours = Notifying(proxy, server, at, name)
    ours.stops(name, at, pauses)


@pytest.mark.parametrize("at", [1, 3, 5, 6, 7], ids=lambda at: WRITES[at])
def test_notifications_that_somebody_saves_between_plan_and_apply_are_not_overwritten(server, proxy, at):
    """At the first write the plan is made; what is written or deleted later is then changed."""
    ours = Notifying(proxy, server, at, "meanwhile")
    state = server.state
    timing_name = mute_timing_name(ours.folder, {3: "Kept", 6: "Old"}.get(at, ""))
    point_name = f"{ours.folder} {({1: 'a', 7: 'gone'}).get(at)}"

    def found():
        if at == 5:
            return ours.routes()[0]
        if timing_name in state.mute_timings:
            return state.mute_timings[timing_name]
        return next(each for each in state.contact_points.values() if each["name"] == point_name)

    mine = {"receiver": "Their pager"} if at == 5 else {"time_intervals": []} if at in (3, 6) else {"settings": {"url": "http://127.0.0.1:3/"}}  # fmt: skip  # a row is a case
    proxy.arm(ProxyFault(AFTER, lambda answer: answer, before=lambda: found().update(mine)), 0)
    done, error = ours.push()
    assert "was changed after the plan was made: run again" in str(error)
    assert len(done) == at
    assert {key: found()[key] for key in mine} == mine
    ours.refuse_unsettled()


def test_a_route_that_others_add_while_we_write_is_in_the_tree_that_we_send(server, proxy):
    ours = Notifying(proxy, server, "tree")
    theirs = {"receiver": "Their pager", "object_matchers": [["team", "=", "late"]]}
    proxy.arm(
        ProxyFault(AFTER, lambda answer: answer, before=lambda: server.state.policies["routes"].append(theirs)), 0
    )
    assert ours.push()[1] is None
    assert server.state.policies["routes"][-1] == theirs
    server.state.policies["routes"].remove(theirs)
    ours.refuse_unsettled()
