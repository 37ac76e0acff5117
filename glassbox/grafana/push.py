"""Carry out a plan: folder first, then dashboards, then rule groups. What is equal is not written."""

import hashlib
from collections.abc import Callable, Iterable

from glassbox.compile.bundle import Bundle, DataSource, Json
from glassbox.compile.outputs import json_text
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.plan import Action, Change, plan
from glassbox.settings.model import Settings


def data_source_of(grafana: Grafana, settings: Settings) -> DataSource:
    """The data source of this server that dashboards and rules ask. Proves the credential first."""
    grafana.organisation()
    return choose_data_source(grafana.data_sources(), settings.grafana.data_source)


def push(grafana: Grafana, settings: Settings, bundle: Bundle) -> Iterable[Change]:
    """Plan and write; yields each change once it is done, so that an error shows how far it came."""
    for change in plan(bundle, settings.grafana, grafana, grafana.version()):
        if change.action is not Action.KEEP:
            _WRITERS[change.kind](grafana, change)
        yield change


def choose_data_source(sources: list[DataSource], wanted: str) -> DataSource:
    """The Prometheus data source of this uid or name; without one, the default or the only one."""
    usable = [source for source in sources if source.type == "prometheus"]
    known = ", ".join(f"{source.name} ({source.uid})" for source in usable) or "none"
    if wanted:
        found = [source for source in usable if wanted in (source.uid, source.name)]
        if not found:
            raise GlassboxError(
                f"Grafana has no Prometheus data source {wanted!r} (it has: {known}): correct grafana.data_source in the settings."
            )
        return found[0]
    found = [source for source in usable if source.is_default] or (usable if len(usable) == 1 else [])
    if not found:
        raise GlassboxError(
            f"Grafana has no default Prometheus data source (it has: {known}): add one, or name one as grafana.data_source in the settings."
        )
    return found[0]


def _write_folder(grafana: Grafana, change: Change) -> None:
    if change.live is None:
        grafana.create_folder(change.content["uid"], change.content["title"])
    else:
        grafana.rename_folder(change.content["uid"], change.content["title"], change.live["version"])


def _write_dashboard(grafana: Grafana, change: Change) -> None:
    board = change.content["dashboard"]
    if change.live:
        # The version that was compared: if somebody saves in between, Grafana refuses ours.
        board = board | {"version": change.live["dashboard"]["version"]}
    message = f"glassbox {fingerprint(change.content['dashboard'])}"
    grafana.save_dashboard(board, folder_uid=change.content["folderUid"], message=message, overwrite=False)


def fingerprint(board: Json) -> str:
    """The pushed content in 12 hexadecimal digits: kept in the version's message, it tells our versions from edits."""
    return hashlib.sha256(json_text(board).encode()).hexdigest()[:12]


def _write_group(grafana: Grafana, change: Change) -> None:
    grafana.put_rule_group(change.content)


_WRITERS: dict[str, Callable[[Grafana, Change], None]] = {
    "folder": _write_folder,
    "dashboard": _write_dashboard,
    "rule group": _write_group,
}
