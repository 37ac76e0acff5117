"""Our own push against the server: everything we compile arrives, and a second push writes nothing."""

from dataclasses import replace

import pytest

from glassbox.compile.bundle import Bundle
from glassbox.grafana import push as push_module
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import BasicAuth, Token
from glassbox.grafana.plan import Action
from glassbox.settings.model import GrafanaTarget, Settings
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
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

    def run(**changes):
        chosen = replace(settings, **changes)
        bundle = in_workspace(our_bundle(chosen, push_module.data_source_of(client, chosen)), grafana.prefix)
        return list(push_module.push(client, chosen, bundle))

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


def test_all_of_it_can_be_removed_again(push, client):
    push()
    pushed = push()
    groups = [change for change in pushed if change.kind.name == "rule group"]
    listed = list(groups[0].kind.ours(client, pushed[0].content["uid"]))
    assert listed == sorted((change.live for change in groups), key=lambda group: group["title"])
    for change in reversed(pushed):
        change.kind.remove(client, change.live)
    assert [change.kind.live(client, change.content) for change in pushed] == [None] * len(pushed)
