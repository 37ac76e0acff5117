"""Every fault at every write of an apply: what is reported is true, nothing is lost or doubled, and a second run ends in an empty plan."""

import threading

import pytest

from glassbox.http.retries import Patience
from glassbox.standin.server import GrafanaStandIn
from tests.support.fault_proxy import FaultProxy, ProxyFault
from tests.support.push_faults import AFTER, REPORTED, SURVIVED, FaultedPush
from tests.support.pushing import push
from tests.support.small_bundle import TOKENS, board, bundle, edited, group, settings_of

WRITES = ("folder", "board changed", "board new", "group changed", "group new", "rule deleted", "board deleted")


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


class Installation(FaultedPush):
    """A folder of its own on the shared server, with a first state, and a second one that needs each sort of write."""

    def __init__(self, proxy, folder, server):
        super().__init__(proxy, server, folder)
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

    def refuse_other_state(self):
        state = self.server.state
        assert {uid for uid, each in state.dashboards.items() if each.folder_uid == self.folder} == {f"{self.folder}-kept", f"{self.folder}-new"}  # fmt: skip  # one thing is one line
        rules = {uid: each.group for uid, each in state.rules.items() if each.folder_uid == self.folder}
        assert rules == {f"{self.folder}-A": "one", f"{self.folder}-B": "two"}
        assert state.rules[f"{self.folder}-A"].id == self.id_of_kept_rule


def installation(server, proxy, *name):
    return Installation(proxy, "-".join("".join(sign for sign in str(part) if sign.isalnum()) for part in name), server)


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", SURVIVED)
def test_a_push_goes_on_where_reading_again_settles_it(server, proxy, name, at):
    ours = installation(server, proxy, name, at)
    ours.goes_on(name, at, 6 + 1)


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("name", REPORTED)
def test_a_push_stops_and_reports_only_what_stands(server, proxy, pauses, name, at):
    ours = installation(server, proxy, name, at)
    ours.stops(name, at, pauses)


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
