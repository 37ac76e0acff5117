"""Every fault at every write of an apply: what is reported is true, nothing is lost or doubled, and a second run ends in an empty plan."""

import threading
import time
from dataclasses import replace

import pytest

from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.http.retries import Patience
from glassbox.standin.server import GrafanaStandIn
from tests.support.fault_proxy import HTML, Answer, FaultProxy, ProxyFault, says
from tests.support.pushing import planned, push
from tests.support.small_bundle import TOKENS, board, bundle, edited, group, settings_of

WRITES = ("folder", "board changed", "board new", "group changed", "group new", "rule deleted", "board deleted")
# A busy machine answers within it.
TIMEOUT_SECONDS = 2.5
AFTER, BEFORE = True, False


def late(answer):
    """Longer than the client waits."""
    time.sleep(TIMEOUT_SECONDS + 0.5)
    return answer


def slow(answer):
    """Shorter than the client waits."""
    time.sleep(TIMEOUT_SECONDS / 10)
    return answer


def cut(answer):
    """Half of the body, and the length of the whole."""
    return replace(answer, status=200, body=answer.body[: len(answer.body) // 2] or b"{", announced_bytes=999)


def half(answer):
    """Half of the body, as if it were whole."""
    return replace(answer, status=200, body=answer.body[: len(answer.body) // 2] or b"{")


def page(status):
    return Answer(status, HTML, "text/html")


SURVIVED = {
    "reset before": ProxyFault(BEFORE, None),
    "reset after": ProxyFault(AFTER, None),
    "time-out after": ProxyFault(AFTER, late),
    "429": ProxyFault(BEFORE, says(429)),
    "429 with Retry-After": ProxyFault(BEFORE, says(429, **{"Retry-After": "2"})),
    "500 before": ProxyFault(BEFORE, says(500, "database is locked")),
    "500 after": ProxyFault(AFTER, says(500, "database is locked")),
    "502 before": ProxyFault(BEFORE, page(502)),
    "503 before": ProxyFault(BEFORE, page(503)),
    "504 after": ProxyFault(AFTER, page(504)),
    "409 before": ProxyFault(BEFORE, says(409)),
    "412 before": ProxyFault(BEFORE, says(412)),
    "412 after": ProxyFault(AFTER, says(412)),
    "slow": ProxyFault(AFTER, slow),
    "cut": ProxyFault(AFTER, cut),
    "half": ProxyFault(AFTER, half),
}
REPORTED = {
    "401": ProxyFault(BEFORE, says(401)),
    "403": ProxyFault(BEFORE, says(403)),
    "429 for an hour": ProxyFault(BEFORE, says(429, **{"Retry-After": "3600"})),
    "gone before": ProxyFault(BEFORE, None, down_after=True),
    "gone after": ProxyFault(AFTER, None, down_after=True),
}


@pytest.fixture(scope="module")
def server():
    with GrafanaStandIn(tokens=TOKENS, search_lag_seconds=0) as running:
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


class Installation:
    """A folder of its own on the shared server, with a first state, and a second one that needs each sort of write."""

    def __init__(self, proxy, folder, server):
        self.proxy, self.folder, self.server = proxy, folder, server
        self.settings = settings_of(folder, title=f"{folder} renamed")
        first = settings_of(folder, title=folder)
        boards = [board(slug, folder=folder) for slug in ("kept", "gone")]
        with self.grafana() as grafana:
            groups = [group("one", "A", folder=folder), group("old", "O", folder=folder)]
            push(grafana, first, bundle(boards, groups))
        self.id_of_kept_rule = server.state.rules[f"{folder}-A"].id
        boards = [board("kept", folder=folder, refresh="1m"), board("new", folder=folder)]
        groups = [group("one", "A", folder=folder, expr="up == 2"), group("two", "B", folder=folder)]
        self.wanted = bundle(boards, groups)

    def grafana(self):
        return Grafana(self.proxy.url, Token("admin"), timeout_seconds=TIMEOUT_SECONDS)

    def push(self, *, force=True):
        """The names of what was reported as done, and the error or None."""
        done = []
        with self.grafana() as grafana:
            try:
                push(grafana, self.settings, self.wanted, force=force, done=done.append)
            except GlassboxError as error:
                return done, error
        return done, None

    def refuse_false_report(self, done):
        """What was reported as done stands."""
        with self.grafana() as grafana:
            left = {change.name for change in planned(grafana, self.settings, self.wanted).pending}
        assert not {change.name for change in done} & left

    def refuse_unsettled(self):
        """Another push ends with the wanted state, once, and with an empty plan."""
        self.proxy.heal()
        assert self.push()[1] is None
        with self.grafana() as grafana:
            assert planned(grafana, self.settings, self.wanted).pending == ()
        state = self.server.state
        assert {uid for uid, each in state.dashboards.items() if each.folder_uid == self.folder} == {f"{self.folder}-kept", f"{self.folder}-new"}  # fmt: skip  # one thing is one line
        rules = {uid: each.group for uid, each in state.rules.items() if each.folder_uid == self.folder}
        assert rules == {f"{self.folder}-A": "one", f"{self.folder}-B": "two"}
        assert state.rules[f"{self.folder}-A"].id == self.id_of_kept_rule


def installation(server, proxy, *name):
    proxy.heal()
    return Installation(proxy, "-".join("".join(sign for sign in str(part) if sign.isalnum()) for part in name), server)


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", SURVIVED)
def test_a_push_goes_on_where_reading_again_settles_it(server, proxy, name, at):
    ours = installation(server, proxy, name, at)
    proxy.arm(SURVIVED[name], at)
    done, error = ours.push()
    assert proxy.met.is_set()
    assert (error, len(done)) == (None, 6 + 1)
    ours.refuse_unsettled()


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", REPORTED)
def test_a_push_stops_and_reports_only_what_stands(server, proxy, pauses, name, at):
    ours = installation(server, proxy, name, at)
    proxy.arm(REPORTED[name], at)
    done, error = ours.push()
    assert proxy.met.is_set() and isinstance(error, GlassboxError)
    assert sum(pauses) < 30
    proxy.heal()
    ours.refuse_false_report(done)
    ours.refuse_unsettled()


@pytest.mark.parametrize("at", [1, 3, 5, 6])
def test_what_somebody_saves_between_plan_and_apply_is_not_overwritten(server, proxy, at):
    """At the first write the plan is made; the object that is written or deleted later is then changed."""
    ours = installation(server, proxy, "meanwhile", at)
    slug = {1: "kept", 6: "gone"}.get(at)
    name = {3: "A", 5: "O"}.get(at)

    def somebody_saves():
        if slug:
            edited(server, f"{ours.folder}-{slug}", title="Mine")
        else:
            server.state.rules[f"{ours.folder}-{name}"].body["labels"] = {"severity": "mine"}

    proxy.arm(ProxyFault(AFTER, lambda answer: answer, before=somebody_saves), 0)
    done, error = ours.push()
    assert "chang" in str(error)
    assert len(done) == at
    state = server.state
    assert (state.dashboards[f"{ours.folder}-{slug}"].title == "Mine") if slug else (
        state.rules[f"{ours.folder}-{name}"].body["labels"] == {"severity": "mine"})  # fmt: skip  # one of the two
    ours.refuse_unsettled()


@pytest.mark.parametrize("at", range(1, len(WRITES)), ids=WRITES[1:])
def test_a_folder_that_is_deleted_meanwhile_is_told_and_made_again(server, proxy, at):
    ours = installation(server, proxy, "folder", at)

    def somebody_deletes():
        state = server.state
        del state.folders[ours.folder]
        for uid in [uid for uid, each in state.dashboards.items() if each.folder_uid == ours.folder]:
            del state.dashboards[uid]

    proxy.arm(ProxyFault(AFTER, lambda answer: answer, before=somebody_deletes), at)
    _, error = ours.push()
    proxy.heal()
    if at < 5:
        assert "folder" in str(error)
    ours.id_of_kept_rule = server.state.rules[f"{ours.folder}-A"].id
    ours.refuse_unsettled()


@pytest.mark.parametrize("same", [True, False])
def test_two_pushes_at_once_leave_each_object_as_one_of_them_wants_it(server, proxy, same):
    ours = installation(server, proxy, "two", same)
    other = Installation.__new__(Installation)
    other.__dict__.update(ours.__dict__)
    if not same:
        boards = [board("kept", folder=ours.folder, refresh="5m"), board("new", folder=ours.folder, refresh="5m")]
        other.wanted = bundle(boards, ours.wanted.grafana_groups)
    errors = []
    threads = [threading.Thread(target=lambda each=each: errors.append(each.push()[1])) for each in (ours, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [str(error) for error in errors if error]
    assert all("run again" in text.lower() or "changed" in text for text in told)
    for uid in (f"{ours.folder}-kept", f"{ours.folder}-new"):
        assert server.state.dashboards[uid].spec["refresh"] in {"30s", "1m", "5m"}
    ours.refuse_unsettled()
