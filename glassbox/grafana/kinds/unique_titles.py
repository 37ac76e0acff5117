"""Titles that Grafana allows once in a folder: of dashboards before 11.3 (grafana PR 90687), of alert rules before 12 (PR 102067)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.ownership import begins_as_ours, owner_among, owner_of_rule

if TYPE_CHECKING:
    from glassbox.grafana.kinds.kind import Version
    from glassbox.grafana.survey import Survey

_BOARDS_REPEAT_SINCE: Version = (11, 3, 0)
_RULES_REPEAT_SINCE: Version = (12, 0, 0)


def board_titles_may_repeat(version: Version | None) -> bool:
    """Whether a folder takes two dashboards of one title, as an unknown version is taken to do."""
    return version is None or version >= _BOARDS_REPEAT_SINCE


def refuse_taken_board_title(survey: Survey, content: Json, live: Json | None) -> None:
    """GlassboxError where a dashboard of that folder has the title, and a push does not take it from there."""
    title, folder_uid = content["dashboard"]["title"], content["folderUid"]
    is_there = live and (live["dashboard"].get("title"), live["meta"].get("folderUid")) == (title, folder_uid)
    if board_titles_may_repeat(survey.deployment.version) or is_there:
        return
    for hit in survey.boards_in(folder_uid):
        if hit.get("title") == title and hit["uid"] != content["dashboard"]["uid"] and not _makes_room(survey, hit):
            raise _taken("dashboard", title, hit["uid"], "11.3")


def refuse_taken_rule_titles(survey: Survey, content: Json) -> None:
    """GlassboxError where an alert rule of that folder that is not ours has the title of one of the group's."""
    version = survey.deployment.version
    if version is None or version >= _RULES_REPEAT_SINCE:
        return
    place = content["folderUid"]
    there = {uid: (rule["folderUID"], rule["title"]) for uid, rule in survey.rules.items()}
    ours = {rule["title"]: rule["uid"] for rule in content["rules"] if there.get(rule["uid"]) != (place, rule["title"])}
    for rule in survey.rules.values():
        if rule["folderUID"] != place or owner_of_rule(rule) == survey.folder_uid:
            continue
        if ours.get(rule["title"], rule["uid"]) != rule["uid"]:
            raise _taken("alert rule", rule["title"], rule["uid"], "12")


def _makes_room(survey: Survey, hit: Json) -> bool:
    """Whether the push gives a dashboard of ours another title, or deletes it before."""
    is_ours = begins_as_ours(hit["uid"], survey.folder_uid) and owner_among(hit.get("tags") or ()) == survey.folder_uid
    return is_ours and (survey.deployment.prune or hit["uid"] in survey.deployment.bundle.dashboards)


def _taken(word: str, title: str, uid: str, since: str) -> GlassboxError:
    return GlassboxError(f"The folder holds another {word} titled {title!r} ({uid}), and Grafana before {since} allows each title once in a folder: rename, move or delete that one, then run again.")  # fmt: skip  # a refusal is one line
