"""Our own push against the server: everything we compile arrives, and a second push writes nothing."""

from dataclasses import replace

import pytest

from glassbox.compile.bundle import Bundle
from glassbox.deploying.change import Action
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import BasicAuth, Token
from glassbox.settings.model import GrafanaTarget, Settings
from tests.support.ours import our_bundle
from tests.support.pushing import compiled_for
from tests.support.pushing import push as push_bundle
from tests.support.waiting import eventually

BUNDLE = our_bundle()
NOTHING = replace(BUNDLE, dashboards={}, grafana_groups=())
BOARDS, GROUPS = len(BUNDLE.dashboards), len(BUNDLE.grafana_groups)


def in_workspace(bundle: Bundle, prefix: str) -> Bundle:
    """The bundle under uids of this test alone, so that a real server keeps what it has."""
    boards = {uid: board | {"uid": uid} for uid, board in zip(
        (f"{prefix}-{number}" for number in range(len(bundle.dashboards))), bundle.dashboards.values(), strict=True
    )}  # fmt: skip  # one mapping, one line for each part
    groups = []
    for number, group in enumerate(bundle.grafana_groups):
        rules = [rule | {"uid": f"{group['folderUid']}-{number}-{at}"} for at, rule in enumerate(group["rules"])]
        groups.append(group | {"rules": rules})
    return replace(bundle, dashboards=boards, grafana_groups=tuple(groups))


@pytest.fixture
def client(target):
    """The product's own client."""
    bearer = target.headers.get("Authorization", "").removeprefix("Bearer ")
    with Grafana(target.url, BasicAuth(*target.auth) if target.auth else Token(bearer)) as client:
        yield client


@pytest.fixture
def push(grafana, client):
    """Push with the product's own code; gives the changes."""
    source = grafana.create_data_source("source")
    folder = grafana.uid("pushed")
    grafana.paths_to_delete.append(f"/api/folders/{folder}?forceDeleteRules=true")
    settings = Settings(grafana=GrafanaTarget(source, folder, f"{grafana.prefix} pushed"))

    def run(*, client_bundle=None, **changes):
        chosen = replace(settings, **changes)
        bundle = in_workspace(compiled_for(client, chosen), folder) if client_bundle is None else client_bundle
        return push_bundle(client, chosen, bundle)

    return run


def actions(changes):
    return [change.action for change in changes]


def test_all_of_it_arrives_and_a_second_push_writes_nothing(push, client):
    first = actions(push())
    assert set(first) == {Action.CREATE}
    assert len(client.writes) == len(first) == 1 + BOARDS + GROUPS
    assert actions(push()) == [Action.KEEP] * len(first)
    assert len(client.writes) == len(first)


def test_a_changed_interval_updates_the_rule_groups_alone(push, client):
    writes = len(push())
    assert actions(push(evaluation_interval_seconds=60)) == [Action.KEEP] * (1 + BOARDS) + [Action.UPDATE] * GROUPS
    assert [method for method, _ in client.writes[writes:]] == ["PUT"] * GROUPS
    assert actions(push(evaluation_interval_seconds=60)) == [Action.KEEP] * (1 + BOARDS + GROUPS)


def test_what_the_code_no_longer_has_is_removed_again(push, client):
    (folder, *_) = push()
    # Search follows writes later.
    assert eventually(lambda: len(client.dashboard_uids(folder.identity, "glassbox")) == BOARDS, 10, poll_seconds=0.1)
    (folder, *removed) = push(client_bundle=NOTHING)
    assert folder.action is Action.KEEP
    assert [change.kind.name for change in removed] == ["rule group"] * GROUPS + ["dashboard"] * BOARDS
    assert [change.kind.now(client, change.live) for change in removed if change.kind.name == "dashboard"] == [
        None
    ] * BOARDS
    assert client.folder_counts(folder.identity)["alertrule"] == 0
