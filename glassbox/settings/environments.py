"""Environments: what one of them changes in the rest of a settings file, and how its Grafana is reached."""

from collections.abc import Mapping
from typing import Any

from glassbox.settings.model import GrafanaTarget, Settings

# What the client sets, or what the credential and other settings are for.
_SENT_ALREADY = frozenset(
    {
        "authorization",
        "connection",
        "cookie",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-disable-provenance",
        "x-grafana-org-id",
    }
)
_SENT_ALREADY_BEGINNINGS = ("accept", "content-")
_OF_GRAFANA = ("general", "sharedwithme")
"""Uids that stand for no folder that can be created (pkg/services/folder/model.go)."""


def overlaid(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the changes over them: keys of a mapping one by one, anything else as a whole."""
    found = dict(values)
    for key, value in changes.items():
        before = found.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        found[key] = overlaid(before, value) if both else value  # type: ignore[arg-type]  # mypy does not follow `both`
    return found


def about_places(targets: Mapping[str, GrafanaTarget]) -> str:
    """What is wrong with environments together: two of them with one folder would overwrite each other at every push."""
    seen: dict[tuple[str, int, str], str] = {}
    for name, target in targets.items():
        url = (target.api_url or target.url).rstrip("/")
        for key, folder_uid in _folders(target):
            earlier = seen.setdefault((url, target.organisation_id, folder_uid), name)
            if url and earlier != name:
                return f"environments.{name}: goes to the same folder {folder_uid!r} of the same Grafana as environments.{earlier}; give one of them another grafana.{key}."
    return ""


def about_folders(settings: Settings) -> str:
    """What is wrong with the folders: each is one that can be created, and none can be inside itself."""
    target = settings.grafana
    for key, folder_uid in (*_folders(target), ("parent_folder_uid", target.parent_folder_uid)):
        if folder_uid in _OF_GRAFANA:
            return f"grafana.{key}: {folder_uid!r} is a folder of Grafana's own; choose another, or leave it out."
    for key, folder_uid in _folders(target):
        if folder_uid == target.parent_folder_uid:
            return f"grafana.parent_folder_uid: {folder_uid!r} is grafana.{key}, and a folder cannot be inside itself; name the folder around it, or leave it out."
    return ""


def _folders(target: GrafanaTarget) -> list[tuple[str, str]]:
    """The folders that a push writes to, by the setting that names each."""
    own = [("rules_folder_uid", target.rules_folder_uid)] if target.has_rules_folder else []
    return [("folder_uid", target.folder_uid), *own]


def about_entrance(settings: Settings) -> str:
    """What is wrong with what requests to Grafana bring along."""
    target = settings.grafana
    for name in target.headers:
        if name.lower() in _SENT_ALREADY or name.lower().startswith(_SENT_ALREADY_BEGINNINGS):
            return f"grafana.headers: {name!r} is a header that every request has already; leave it out."
    if bool(target.client_certificate) != bool(target.client_key):
        missing = "client_key" if target.client_certificate else "client_certificate"
        return f"grafana.{missing}: is missing; a client certificate needs both files."
    return ""
