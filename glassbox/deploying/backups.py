"""What an apply is about to change, kept in files: one readable JSON for each apply, written before its first write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.deploying.backup_shape import problem
from glassbox.deploying.backup_writing import backup_files, prepared, written_once
from glassbox.deploying.change import Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_json import json_of
from glassbox.errors import GlassboxError
from glassbox.files import MOST_BYTES_OF_OURS, content_of
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.rule_group_kind import place_key
from glassbox.grafana.organisation import Organisation
from glassbox.grafana.ownership import owner_of_rule
from glassbox.http.sentences import on_one_line

SCHEMA = "glassbox-backup/1"
NO_ORGANISATION = Organisation(0, "")


@dataclass(frozen=True)
class Installation:
    """Where an installation is: the Grafana, its organisation, and the uid of the folder.

    Without a Grafana, `url` is "" and `organisation` is NO_ORGANISATION.
    """

    url: str
    organisation: Organisation
    folder_uid: str

    def is_same_as(self, other: Installation) -> bool:
        """Whether the two are one, however its organisation was called."""
        is_same_place = (self.url, self.folder_uid) == (other.url, other.folder_uid)
        return is_same_place and self.organisation.is_same_as(other.organisation)

    def __str__(self) -> str:
        where = f"at {self.url}, organisation {self.organisation.name!r}" if self.url else "without a Grafana"
        return f"the folder {self.folder_uid!r} {where}"


@dataclass(frozen=True)
class Backup:
    """What an apply found: `objects` have "kind", "uid", "title", "before" (None: it was created) and "edited" (by others).

    One of a folder that was created has "created": what Grafana said of it then.

    `folders` are those around the dashboards and rule groups of before: "uid", "title" and "parentUid".
    `places` are those of rules beside Grafana: "title", "origin", which distinguishes one from all others and is empty in
    backups of earlier versions, and "before", which has each part that the apply touched (None: it was created).
    `goes_back_to` is the backup whose state the apply brings back, "" for one that is not a rollback; `is_unfinished` says
    that the rollback did not do all of it.
    """

    identity: str
    installation: Installation
    objects: tuple[Json, ...]
    folders: tuple[Json, ...] = ()
    places: tuple[Json, ...] = ()
    goes_back_to: str = ""
    is_unfinished: bool = False


def keep(
    grafana: Grafana,
    plan: PushPlan,
    changes: Iterable[Change],
    folder: Path,
    places: Sequence[Json] = (),
    *,
    goes_back_to: str = "",
    in_parts: str = "",
) -> str:
    """Write the present state of all that the changes touch, with that of `places` of rules; returns its id.

    A rollback names the backup that it goes back to, and calls `finish` once it has done all of it.
    GlassboxError where it cannot be written: then nothing may be changed. `in_parts` is how the command can change less.
    """
    found = [_object(grafana, plan, change) for change in changes]
    objects = [*found, *_groups_that_rules_leave(grafana, plan, found)]
    number, name = plan.server.organisation.number, plan.server.organisation.name
    server = {"server": {"url": plan.server.url, "organisation": name, "organisation_id": number}}
    around = {"folders": _folders_around(grafana, objects)}
    parts = {"folder_uid": plan.folder_uid, "objects": objects, **around}
    return _kept(folder, server, parts, places, goes_back_to, in_parts)


def keep_places(folder_uid: str, places: Sequence[Json], folder: Path, *, goes_back_to: str = "") -> str:
    """The same of an apply that changes places of rules alone, without a Grafana; its folder has this uid in the settings."""
    return _kept(folder, {}, {"folder_uid": folder_uid, "objects": []}, places, goes_back_to)


def _kept(  # noqa: PLR0917  # the parts of one file, by its two writers
    folder: Path, server: Json, parts: Json, places: Sequence[Json], goes_back_to: str, in_parts: str = ""
) -> str:
    kept = {
        "schema": SCHEMA,
        **server,
        **parts,
        **({"places": list(places)} if places else {}),
        **({"rollback": {"to": goes_back_to, "finished": False}} if goes_back_to else {}),
    }
    text = json_of(kept) + "\n"
    if len(text.encode()) > MOST_BYTES_OF_OURS:
        advice = _about_places(places) if len(json_of(parts)) < len(json_of({"places": list(places)})) else in_parts
        raise GlassboxError(f"The backup would exceed the {MOST_BYTES_OF_OURS // 2**20} MiB that a rollback reads, so nothing was changed: {advice}.")  # fmt: skip  # a refusal is one line
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return written_once(folder, text)
    except OSError as error:
        raise GlassboxError(
            f"The backup cannot be written to {folder} ({error.strerror}), so nothing was changed: "
            "make room there, or name another folder with --backups DIR."
        ) from None


def _about_places(places: Sequence[Json]) -> str:
    """What to do about rules, which a push brings all together."""
    largest = max(places, key=lambda place: len(json_of(place["before"])))
    return f"delete what is not needed of the rules in {largest['title']}" + ", or name one place of rules at a time" * (len(places) > 1)  # fmt: skip  # one clause


def finish(identity: str, folder: Path) -> None:
    """Note in the backup of a rollback that it did all of it; GlassboxError where that cannot be written."""
    try:
        _change(identity, folder, lambda kept: kept["rollback"].update(finished=True))
    except OSError as error:
        raise GlassboxError(
            f"All was rolled back, and {folder / identity}.json cannot be written to say so ({error.strerror}): "
            "where something of it is changed by hand, the next rollback goes on with this one; name what you want with --to ID."
        ) from None


def note_creation(identity: str, folder: Path, uid: str, created: Json) -> None:
    """Note what Grafana says of a folder that the apply of this backup created; GlassboxError where that cannot be written."""

    def note(kept: Json) -> None:
        for each in kept["objects"]:
            if (each["kind"], each["uid"]) == ("folder", uid):
                each["created"] = created

    try:
        _change(identity, folder, note)
    except OSError as error:
        raise GlassboxError(f"{folder / identity}.json cannot be written ({error.strerror}).") from None


def _change(identity: str, folder: Path, change: Callable[[Json], object]) -> None:
    """Write a backup again, as a whole; raises OSError."""
    file = folder / f"{identity}.json"
    kept = json.loads(content_of(file, MOST_BYTES_OF_OURS))
    change(kept)
    with prepared(folder, json_of(kept) + "\n") as whole:
        whole.replace(file)


def all_backups(folder: Path) -> list[Backup]:
    """The backups of a folder, the newest first; GlassboxError for one that cannot be read."""
    try:
        files = backup_files(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GlassboxError(f"The backups in {folder} cannot be read ({error.strerror}).") from None
    return [_read(file) for file in files]


def _object(grafana: Grafana, plan: PushPlan, change: Change) -> Json:
    found = change.content or change.live or {}
    return {
        "kind": change.kind.name,
        "uid": change.identity,
        "title": change.title,
        "edited": change.edit is not None,
        "before": _whole(grafana, plan, change.live and change.kind.kept(change.live, change.content)),
        **_in_folder(plan, found["folderUid"] if change.kind.name == "rule group" else plan.folder_uid),
    }


def _in_folder(plan: PushPlan, folder_uid: str) -> Json:
    """{"folder_uid"} of a rule group in another folder than the installation's own."""
    return {} if folder_uid == plan.folder_uid else {"folder_uid": folder_uid}


def place_of_group(backup: Backup, each: Json) -> str:
    """What distinguishes a rule group of a backup from all others."""
    title = each["before"]["title"] if each["before"] else each["uid"]
    return place_key(each.get("folder_uid", backup.installation.folder_uid), title)


def _whole(grafana: Grafana, plan: PushPlan, live: Json | None) -> Json | None:
    """A group that is deleted is known by the rules that go with it: its interval, and the rules that move, are read here."""
    if live is None or not live.get("rules") or live["interval"] is not None:
        return live
    group = grafana.rule_group(live["folderUid"], live["title"]) or live
    return group | {"rules": [rule for rule in group["rules"] if owner_of_rule(rule) == plan.folder_uid]}


def folder_around(each: Json) -> str:
    """The uid of the folder that an object of a backup was in; "" for none, and for what is in no folder."""
    before = each["before"] or {}
    if each["kind"] == "dashboard":
        return str(before.get("meta", {}).get("folderUid") or "")
    # A group without rules stands for one that only takes those of others.
    return str(before["folderUid"]) if each["kind"] == "rule group" and before.get("rules") else ""


def _folders_around(grafana: Grafana, objects: Iterable[Json]) -> list[Json]:
    """Those that there are: a rollback creates them where they are deleted meanwhile."""
    found = (grafana.folder(uid) for uid in sorted({folder_around(each) for each in objects} - {""}))
    return [
        {"uid": each["uid"], "title": each["title"], "parentUid": each.get("parentUid") or ""} for each in found if each
    ]


def _groups_that_rules_leave(grafana: Grafana, plan: PushPlan, objects: list[Json]) -> list[Json]:
    """The groups that a change takes rules from without being of the plan themselves, as a renamed group."""
    befores = [each["before"] for each in objects if each["kind"] == "rule group" and each["before"]]
    known = {(before["folderUid"], before["title"]) for before in befores}
    places = {
        (rule["folderUID"], rule["ruleGroup"])
        for before in befores
        for rule in before.get("elsewhere", ())
    }  # fmt: skip  # a clause is one line
    return [
        {
            "kind": "rule group", "uid": name, "title": name, "edited": False, "before": grafana.rule_group(uid, name),
            **_in_folder(plan, uid),
        }
        for uid, name in sorted(places - known)
    ]  # fmt: skip  # an object is two lines


def _read(file: Path) -> Backup:
    try:
        kept = _parsed(content_of(file, MOST_BYTES_OF_OURS))
    except (OSError, ValueError, RecursionError) as error:
        raise _no_backup(file, getattr(error, "strerror", "") or "it is not JSON in UTF-8") from None
    if not isinstance(kept, dict) or kept.get("schema") != SCHEMA:
        raise _no_backup(file, "schema is another")
    if wrong := problem(kept):
        raise _no_backup(file, on_one_line(wrong))
    server = kept.get("server") or {"url": "", "organisation": ""}
    organisation = Organisation(server.get("organisation_id") or 0, server["organisation"])
    installation = Installation(server["url"], organisation, kept["folder_uid"])
    folders, places = (tuple(kept.get(part) or ()) for part in ("folders", "places"))
    rollback = kept.get("rollback") or {"to": "", "finished": True}
    return Backup(file.stem, installation, tuple(kept["objects"]), folders, places, rollback["to"], not rollback["finished"])  # fmt: skip  # one object


def _parsed(content: bytes) -> Any:
    """ValueError for what is not JSON, and for halves of characters, which no file or request can hold."""
    kept = json.loads(content)
    if b"\\u" in content:
        json.dumps(kept, ensure_ascii=False).encode()
    return kept


def _no_backup(file: Path, why: str) -> GlassboxError:
    return GlassboxError(f"{file} is not a backup of this version ({SCHEMA}): {why}; move it away.")
