"""Sentences about a plan that text and Markdown share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glassbox.deploying.change import Action, ToldChange
from glassbox.deploying.plan import PushPlan
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.kinds.kind import Edit

MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.KEEP: "="}
FORCED = {Action.UPDATE: "overwritten, since --force is given", Action.DELETE: "deleted, since --force is given"}
"""What becomes of edits of others."""
NOT_REPORTED = "somebody (Grafana does not report who)"


def heading(plan: PushPlan) -> str:
    """Which server, version, organisation and folder the plan is for."""
    version = plan.server.version or "of a hidden version"
    return (
        f"Grafana {version} at {plan.server.url}, organisation {plan.server.organisation!r}, folder {plan.folder_uid!r}"
    )


def count_line(plan: PushPlan) -> str:
    """How many objects of each action; the last line of every plan."""
    count = plan.count
    if not plan.pending:
        return f"Nothing to do: all {count[Action.KEEP]} objects are up to date."
    return f"Plan: {counted_actions(count)}."


def counted_actions(count: Mapping[Action, int]) -> str:
    """How many objects of each action, without the last full stop."""
    told = f"{count[Action.CREATE]} to create, {count[Action.UPDATE]} to update, {count[Action.DELETE]} to delete"
    return f"{told}, {count[Action.KEEP]} unchanged"


def by_part(differences: Iterable[Difference]) -> dict[str, list[str]]:
    """The differences in words by the panel or rule that they are of, "" for the object itself."""
    parts: dict[str, list[str]] = {}
    for difference in differences:
        parts.setdefault(difference.part, []).append(difference.text)
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
