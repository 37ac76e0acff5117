"""A folder's content put in place at once, without a client: what the command `preview` shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from glassbox.standin.accounts import Role
from glassbox.standin.calls import Instance, keep
from glassbox.standin.provenance import API
from glassbox.standin.rule_model import receive
from glassbox.standin.saving import with_version
from glassbox.standin.search import index_dashboard, index_folder
from glassbox.standin.single_rules import changed_rule, content_of
from glassbox.standin.state import Folder, Json, Rule, State, StoredDashboard

AUTHOR = f"sa-{Role.Admin.name.lower()}"


@dataclass(frozen=True)
class FolderContent:
    """What one folder holds: dashboards (each with its uid and title), and rule groups as the provisioning API takes them."""

    folder_uid: str
    folder_title: str
    dashboards: Sequence[Json]
    rule_groups: Sequence[Json] = ()


def install(instance: Instance, content: FolderContent) -> None:
    """Make the folder hold exactly this, and notify open pages.

    A new state takes the place of the old one at once: the server's thread may be reading.
    """
    before = instance.state
    boards = _dashboards(before, content)
    rules = _rules(instance, before, content)
    folder = before.folders.get(content.folder_uid) or Folder(
        content.folder_uid, content.folder_title, "", next(before.dashboard_ids), AUTHOR, AUTHOR
    )
    folder = replace(folder, title=content.folder_title)
    folders = before.folders | {folder.uid: folder}
    instance.state = replace(before, folders=folders, dashboards=boards, rules=rules)
    for uid in before.dashboards.keys() - boards.keys():
        instance.index.remove(uid)
    index_folder(instance, folder)
    for board in boards.values():
        index_dashboard(instance, board)
    instance.index.refresh()
    keep(instance)


def _dashboards(state: State, content: FolderContent) -> dict[str, StoredDashboard]:
    elsewhere = {uid: board for uid, board in state.dashboards.items() if board.folder_uid != content.folder_uid}
    return elsewhere | {spec["uid"]: _dashboard(state, content.folder_uid, spec) for spec in content.dashboards}


def _dashboard(state: State, folder_uid: str, spec: Json) -> StoredDashboard:
    known = state.dashboards.get(spec["uid"])
    board = StoredDashboard(
        spec["uid"], known.id if known else next(state.dashboard_ids), folder_uid, list(known.versions) if known else []
    )
    return with_version(board, spec, message="", author=AUTHOR)


def _rules(instance: Instance, state: State, content: FolderContent) -> dict[str, Rule]:
    elsewhere = {uid: rule for uid, rule in state.rules.items() if rule.folder_uid != content.folder_uid}
    written = [rule for group in content.rule_groups for rule in _group(instance, content.folder_uid, group)]
    return elsewhere | {rule.uid: rule for rule in written}


def _group(instance: Instance, folder_uid: str, group: Json) -> Iterator[Rule]:
    place, interval_seconds = (folder_uid, group["title"]), group["interval"]
    for index, raw in enumerate(group["rules"]):
        body = receive(raw, instance.behaviour)
        if known := instance.state.rules.get(raw["uid"]):
            yield changed_rule(known, body, place, index, interval_seconds)
        else:
            number = next(instance.state.ids)
            yield Rule(raw["uid"], number, *place, index, interval_seconds, API, content_of(body))
