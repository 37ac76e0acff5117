"""A plan in a file: what was reviewed is what is carried out, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import write_file
from glassbox.deploying.plan_json import SCHEMA, json_of
from glassbox.deploying.selection import Selection
from glassbox.errors import GlassboxError
from glassbox.files import MOST_BYTES_OF_OURS, content_of

_COMPARED = ("action", "wanted", "found")


def save(plan: Json, file: Path) -> None:
    """Write the plan; GlassboxError where the file cannot be written."""
    write_file(file, json_of(plan) + "\n", "--out")


def saved(file: Path) -> Json:
    """The plan of a file; GlassboxError for anything else."""
    try:
        plan = json.loads(content_of(file, MOST_BYTES_OF_OURS))
    except OSError as error:
        raise GlassboxError(
            f"--plan {file} cannot be read ({error.strerror}): name a file that `plan --out` wrote."
        ) from None
    except (ValueError, RecursionError):
        plan = None
    if not (isinstance(plan, dict) and plan.get("schema") == SCHEMA and _is_whole(plan)):
        raise GlassboxError(f"--plan {file} is not a plan of this version ({SCHEMA}): make it again with `plan --out`.")
    return plan


def options_of(plan: Json) -> tuple[Selection, bool]:
    """The selection, and whether the plan deletes what the code no longer has."""
    return Selection(str(plan["options"]["only"])), bool(plan["options"]["prune"])


def refuse_other(saved_plan: Json, now: Json, file: Path) -> None:
    """GlassboxError where the server or the content is not what the saved plan compared; it names what differs."""
    for key in ("url", "organisation"):
        if saved_plan["server"][key] != now["server"][key]:
            raise GlassboxError(f"--plan {file} was made for {saved_plan['server'][key]}, and this is {now['server'][key]}: plan again.")  # fmt: skip  # a refusal is one line
    before, after = ({**_by_object(plan), **_by_group(plan)} for plan in (saved_plan, now))
    moved = [" ".join(name) for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    if moved:
        raise GlassboxError(
            f"--plan {file} is out of date, since the server or the content has moved on: {', '.join(moved)}. "
            "Plan again, and review it."
        )


def _by_object(plan: Json) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {(change["kind"], change["uid"]): tuple(change[key] for key in _COMPARED) for change in plan["changes"]}


def _by_group(plan: Json) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The groups of rules beside Grafana by their place."""
    groups = ((place["title"], group) for place in plan["places"] for group in place["groups"])
    return {(f"group of {title}", group["name"]): tuple(group[key] for key in _COMPARED) for title, group in groups}


def _is_whole(plan: Json) -> bool:
    try:
        options_of(plan)
        _by_object(plan)
        _by_group(plan)
        return all(isinstance(plan["server"][key], str) for key in ("url", "organisation"))
    except (LookupError, TypeError):
        return False
