"""Our own push against the server: everything we compile arrives, and a second push writes nothing."""

from dataclasses import replace

import pytest

from glassbox.compile.bundle import Bundle
from glassbox.grafana import push as push_module
from glassbox.grafana.client import BasicAuth, Grafana, Token
from glassbox.grafana.plan import Action
from glassbox.settings.model import GrafanaTarget, Settings
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
BOARDS, GROUPS = len(BUNDLE.dashboards), len(BUNDLE.grafana_groups)


def in_workspace(bundle: Bundle, prefix: str) -> Bundle:
    """The bundle under uids of this test alone, so that a real server keeps what it has."""
    boards = {uid: board | {"uid": uid} for uid, board in zip(
        (f"{prefix}-{number}" for number in range(len(bundle.dashboards))), bundle.dashboards.values(), strict=True
    )}  # fmt: skip
    groups = []
    for number, group in enumerate(bundle.grafana_groups):
        rules = [rule | {"uid": f"{group['folderUid']}-{number}-{at}"} for at, rule in enumerate(group["rules"])]
        groups.append(group | {"rules": rules})
    return replace(bundle, dashboards=boards, grafana_groups=tuple(groups))


@pytest.fixture
def push(grafana, target):
    """Push with the product's own code; gives the changes and the writes."""
    source = grafana.create_data_source("source")
    folder = grafana.uid("pushed")
    grafana.paths_to_delete.append(f"/api/folders/{folder}?forceDeleteRules=true")
    settings = Settings(grafana=GrafanaTarget(source, folder, f"{grafana.prefix} pushed"))
    bearer = target.headers.get("Authorization", "").removeprefix("Bearer ")
    credential = BasicAuth(*target.auth) if target.auth else Token(bearer)

    def run(**changes):
        with Grafana(target.url, credential) as client:
            chosen = replace(settings, **changes)
            bundle = in_workspace(our_bundle(chosen, push_module.data_source_of(client, chosen)), grafana.prefix)
            done = list(push_module.push(client, chosen, bundle))
            return [change.action for change in done], client.writes

    return run


def test_all_of_it_arrives_and_a_second_push_writes_nothing(push):
    actions, writes = push()
    assert set(actions) == {Action.CREATE}
    assert len(writes) == len(actions) == 1 + BOARDS + GROUPS
    assert push() == ([Action.KEEP] * len(actions), [])


def test_a_changed_interval_updates_the_rule_groups_alone(push):
    push()
    actions, writes = push(evaluation_interval_seconds=60)
    assert actions == [Action.KEEP] * (1 + BOARDS) + [Action.UPDATE] * GROUPS
    assert {method for method, _ in writes} == {"PUT"}
    assert push(evaluation_interval_seconds=60)[1] == []
