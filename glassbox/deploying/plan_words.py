"""Sentences about a plan that text and Markdown share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from glassbox.deploying.change import Action, Change, ToldChange
from glassbox.deploying.plan import PushPlan
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.kinds.kind import Edit

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.KEEP: "="}
_PENDING = (Action.CREATE, Action.UPDATE, Action.DELETE)
FORCED = {Action.UPDATE: "overwritten, since --force is given", Action.DELETE: "deleted, since --force is given"}
"""What becomes of edits of others."""
NOT_REPORTED = "somebody (Grafana does not report who)"


def heading(plan: PushPlan) -> str:
    """Which server, version, organisation and folder the plan is for."""
    version = plan.server.version or "of a hidden version"
    folders = f"folder {plan.folder_uid!r}"
    if plan.rules_folder_uid != plan.folder_uid:
        folders += f", rules in {plan.rules_folder_uid!r}"
    return f"Grafana {version} at {plan.server.url}, organisation {plan.server.organisation.name!r}, {folders}"


def remarks(plan: PushPlan, wanted: Sequence[Change]) -> list[str]:
    """The sentences to read where these changes are carried out, each once."""
    consequences = (sentence for change in wanted for sentence in change.consequences)
    return list(dict.fromkeys([*plan.remarks, *consequences, *_on_emptied_folders(plan, wanted)]))


def _on_emptied_folders(plan: PushPlan, wanted: Sequence[Change]) -> Iterator[str]:
    taken = Counter(uid for change in wanted for uid in change.leaves(plan.folder_uid))
    for uid in sorted(taken):
        left = plan.left_folders.get(uid)
        if left and taken[uid] == left.held:
            to_do = f"{left.manager} manages it, so delete it there" if left.manager else "delete it in Grafana"
            yield f"Folder {uid!r} held alert rules of ours, and stays: {to_do} if nobody needs it."


def count_line(plan: PushPlan, wanted: Sequence[Change]) -> str:
    """How many objects of each action, and how many of them are kept; the last line of every plan."""
    count = plan.count
    if not plan.pending:
        there = count[Action.KEEP]
        return f"Nothing to do: all {there} objects are up to date." if there else "Nothing to do."
    kept = Counter(change.action for change in plan.pending if change not in wanted)
    return f"Plan: {counted_actions(count, kept)}."


def counted_actions(count: Mapping[Action, int], kept: Mapping[Action, int] | None = None) -> str:
    """How many objects of each action, and how many of these are `kept` as they are, without the last full stop."""
    told = ", ".join(
        f"{count[action]} to {action.value}{_of_which((kept or {}).get(action, 0))}" for action in _PENDING
    )
    return f"{told}, {count[Action.KEEP]} unchanged"


def _of_which(kept: int) -> str:
    return f" (of which {kept} {'is' if kept == 1 else 'are'} kept)" if kept else ""


def by_part(differences: Iterable[Difference]) -> dict[str, list[str]]:
    """The differences in words by the panel or rule that they are of, "" for the object itself."""
    parts: dict[str, list[str]] = {}
    for each in differences:
        parts.setdefault(each.part, []).append(f"{each.text}: {each.detail}" if each.detail else each.text)
    return parts


def edit_sentence(edit: Edit) -> str:
    """Who changed it since our last push, when, and what; or that nothing shows a push of ours."""
    when = f", {edit.at}" if edit.at else ""
    if edit.of_others:
        return f"may belong to somebody else, since nothing shows that we pushed it: last saved by {edit.by or NOT_REPORTED}{when}"
    what = "; ".join(f"{part}: {', '.join(texts)}" if part else ", ".join(texts) for part, texts in by_part(edit.differences).items())  # fmt: skip  # one thing is one line
    return f"edited since our last push by {edit.by or NOT_REPORTED}{when}{f' ({what})' if what else ''}"


def lost_sentence(change: ToldChange) -> str:
    """What is deleted for good with an object that has parts."""
    noun = "rule" if len(change.lost) == 1 else "rules"
    return f"deletes {len(change.lost)} {noun}: {', '.join(change.lost)}"
