"""Dashboards that something else manages: Git Sync, Terraform, kubectl, an operator, a file on the server."""

from __future__ import annotations

from glassbox.compile.bundle import Json
from glassbox.grafana.managers import A_FILE, REPOSITORY, manager_word


def manager_of(live: Json) -> str:
    """What manages a dashboard, with its id, for a sentence; "" where nothing does or it is not known."""
    metadata = live.get("metadata") or {}
    kind, identity = metadata.get("managedBy", ""), metadata.get("managerId", "")
    word = manager_word(kind) or ("something else" if identity else "")
    return f"{word} ({identity!r})" if identity else word


def is_locked(live: Json) -> bool:
    """Whether only its manager may change it. Git Sync takes changes of others to its repository, or refuses them."""
    metadata = live.get("metadata") or {}
    allows_edits = metadata.get("managerAllowsEdits") == "true" and metadata.get("managedBy") != REPOSITORY
    return bool(live["meta"].get("provisioned") or (manager_of(live) and not allows_edits))


def locked_by(live: Json) -> str:
    """What alone may change a dashboard, for a sentence; "" where others may."""
    return (manager_of(live) or A_FILE) if is_locked(live) else ""


def left_to_manager(live: Json, what_to_do: str) -> str:
    """The sentence about a locked dashboard; "" for any other. `what_to_do` is what to do there instead."""
    by = locked_by(live)
    if not by:
        return ""
    title, uid = live["dashboard"].get("title"), live["dashboard"]["uid"]
    return f"Dashboard {title!r} ({uid}) is left out, since {by} manages it: {what_to_do} it there, or release it there and run again."
