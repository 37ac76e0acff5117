"""What a push would change: the bundle compared with what Grafana has. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Action, Change
from glassbox.deploying.left_installation import left_installations
from glassbox.deploying.needed_by_kept import without_what_kept_needs
from glassbox.deploying.order_of_changes import in_order
from glassbox.deploying.rights import within_rights
from glassbox.deploying.selection import ALWAYS, EVERYTHING, Selection
from glassbox.grafana.at_once import at_once
from glassbox.grafana.client import Grafana
from glassbox.grafana.dashboard_metadata import METADATA_SINCE
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.kind import Deployment, ObjectKind
from glassbox.grafana.managers import manager_of_folder
from glassbox.grafana.organisation import Organisation
from glassbox.grafana.paths import not_served_is_fine
from glassbox.grafana.survey import Survey


@dataclass(frozen=True)
class GrafanaServer:
    """The Grafana that a plan is for; `version` is "" where the server hides it."""

    url: str
    version: str
    organisation: Organisation


class LeftFolder(NamedTuple):
    """A folder that changes take rules of ours from for good: how many objects it holds, and what manages it, "" for nothing."""

    held: int
    manager: str


@dataclass(frozen=True)
class PushPlan:
    """Every object with its change, in the order of carrying out. `remarks` are sentences to read.

    `left_out` are those of them that say what is not compared, such as what the credential may not read or what Terraform manages. `left_folders`
    are by uid.
    """

    server: GrafanaServer
    folder_uid: str
    rules_folder_uid: str
    changes: tuple[Change, ...]
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    left_folders: Mapping[str, LeftFolder] = field(default_factory=dict)

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that change anything."""
        return tuple(change for change in self.changes if change.action is not Action.KEEP)

    def allowed(self, *, force: bool) -> list[Change]:
        """The changes that are carried out: without `force` those that overwrite nothing of others and delete nothing that it needs."""
        wanted = [change for change in self.pending if force or not change.edit]
        return wanted if force else without_what_kept_needs(wanted, self.changes)

    @property
    def count(self) -> Counter[Action]:
        """How many objects of each action."""
        return Counter(change.action for change in self.changes)


def plan(
    grafana: Grafana, deployment: Deployment, selection: Selection = EVERYTHING, kinds: Iterable[ObjectKind] = KINDS
) -> PushPlan:
    """Compare everything that `selection` takes.

    All objects are read and checked first, so that one that may not be written stops a push before it starts.
    """
    survey = Survey(grafana, deployment)
    server = GrafanaServer(grafana.url, grafana.version_text(), grafana.organisation())
    compared: list[Change | str] = []
    removals: list[Change | str] = []
    remarks: list[str] = []
    possible = within_rights(survey, (kind for kind in kinds if selection.has_kind(kind.name)))
    names = [kind.name for kind in possible.kinds]
    for kind in possible.kinds:
        contents = [content for content in kind.wanted(deployment) if kind.is_needed(content, names)]
        chosen = [content for content in contents if selection.takes(kind.name, kind.title(content), kind.identity(content))]  # fmt: skip  # one thing is one line
        compared += at_once(kind.read_at_once, partial(_change, survey, kind), chosen)
        for leftover in kind.leftovers(survey, contents):
            if selection.takes(kind.name, kind.title(leftover), kind.identity(leftover)):
                remarks += kind.remarks(None, leftover, survey.folder_uid)
                removals += _removal(survey, kind, leftover)
    found, removed = ([each for each in some if isinstance(each, Change)] for some in (compared, reversed(removals)))
    changes = in_order(deployment.version, found, removed)
    sentences = (each for each in (*compared, *removals) if isinstance(each, str))
    left_out = (*possible.left_out, *sentences, *survey.not_compared.values())
    if not left_out:
        selection.refuse_nothing([change for change in changes if change.kind.name != ALWAYS])
    # Several objects may say the same, as of a folder that all of them leave.
    of_changes = (remark for change in changes for remark in change.remarks)
    told = dict.fromkeys(
        [
            *left_out,
            *of_changes,
            *remarks,
            *survey.not_known.values(),
            *_on_metadata(survey),
            *left_installations(survey, changes),
        ]
    )
    return PushPlan(server, survey.folder_uid, survey.rules_folder_uid, tuple(changes), tuple(told), left_out, _left_folders(survey, changes))  # fmt: skip  # one object


def _change(survey: Survey, kind: ObjectKind, content: Json) -> Change | str:
    """What happens to one object, or the sentence about one that is left out."""
    live = kind.live(survey, content)
    if live is None:
        return Change(Action.CREATE, kind, content)
    merged = kind.merged(content, live, survey.deployment)
    if sentence := kind.left_out(content, live):
        return Change(Action.KEEP, kind, merged, live) if kind.is_as_wanted(merged, live) else sentence
    kind.check_ours(live, survey.folder_uid)
    remarks = tuple(kind.remarks(merged, live, survey.folder_uid))
    if kind.equal(merged, live) or kind.is_what_we_pushed(survey.grafana, merged, live):
        return Change(Action.KEEP, kind, merged, live, remarks=remarks)
    told = tuple(kind.differences(merged, live)) or (Difference("", "content changed"),)
    edit, consequences = kind.edit(survey, live, merged), tuple(kind.consequences(merged, live))
    return Change(Action.UPDATE, kind, merged, live, told, kind.lost(merged, live), edit, remarks, consequences)


def _removal(survey: Survey, kind: ObjectKind, leftover: Json) -> Iterator[Change | str]:
    owned = kind.owned(leftover, survey.folder_uid)
    if owned is not None and survey.deployment.prune:
        yield kind.left_out(None, owned) or _deletion(survey, kind, owned)


def _deletion(survey: Survey, kind: ObjectKind, owned: Json) -> Change:
    kind.check_ours(owned, survey.folder_uid)
    lost = kind.lost(None, owned)
    return Change(Action.DELETE, kind, None, owned, lost=lost, edit=kind.edit(survey, owned, None))


def _on_metadata(survey: Survey) -> Iterator[str]:
    """That managers and schemas of dashboards are not known, where Grafana has them; an unknown version counts as the newest."""
    refusal, version = survey.grafana.dashboard_metadata.refusal, survey.deployment.version
    if refusal and (version is None or version >= METADATA_SINCE):
        yield f"What manages our dashboards, and in which schema they are stored, is not known: {refusal}"


def _left_folders(survey: Survey, changes: Iterable[Change]) -> dict[str, LeftFolder]:
    """Without a folder that is gone, or that the credential may not see."""
    left: dict[str, LeftFolder] = {}
    for uid in sorted({uid for change in changes for uid in change.leaves(survey.folder_uid)}):
        with not_served_is_fine():
            if folder := survey.folder(uid):
                held = sum(survey.grafana.folder_counts(uid).values())
                left[uid] = LeftFolder(held, manager_of_folder(folder))
    return left
