"""What others did to rules of ours in Grafana, as far as the code does not have it.

A mark says what was pushed, and only as a fingerprint. So an edited rule that is as the code wants it is not an edit,
and one that the code has in part is an edit as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.differences.rule_differences import rule_differences
from glassbox.grafana.ownership import owner_of_rule
from glassbox.grafana.rule_marks import (
    comparable,
    has_other_interval,
    is_where_pushed,
    rule_fingerprint,
    unmarked,
    was_edited,
)

if TYPE_CHECKING:
    from glassbox.grafana.survey import Survey

LEFT_THE_CODE = "the code no longer has it, so declare it again to keep it"
WITHOUT_MARK = "without our mark, so what was changed is not known"


def all_rules(live: Json) -> tuple[Json, ...]:
    """The rules of a live group, then those that other groups hold."""
    return (*live["rules"], *live.get("elsewhere", ()))


def told_rule(rule: Json) -> Json:
    """What people care about in a rule."""
    return comparable(unmarked(rule)) | {"uid": rule["uid"], "title": rule["title"]}


def edited_rules(live: Json, content: Json | None) -> list[Json]:
    """The live rules with an edit that writing `content` would overwrite; None deletes them."""
    return [rule for rule in all_rules(live) if _has_own_content(rule, content) or _has_own_interval(rule, live, content)]  # fmt: skip  # one thing is one line


def without_mark(survey: Survey, live: Json, content: Json) -> list[Json]:
    """The live rules in folders of ours that are to get our mark, in an installation whose rules have one: somebody removed theirs, or made them."""
    ours = {rule["uid"] for rule in content["rules"] if owner_of_rule(rule)}
    places = (survey.folder_uid, survey.rules_folder_uid)
    found = [rule for rule in all_rules(live) if rule["uid"] in ours and _is_unmarked(rule) and rule["folderUID"] in places]  # fmt: skip  # one thing is one line
    return found if survey.marks_rules else []


def _is_unmarked(rule: Json) -> bool:
    return owner_of_rule(rule) is None


def adopted_rules(content: Json, live: Json) -> Iterator[Difference]:
    """What the code lacks of these edits. Our own pending move to another folder is none."""
    theirs = (interval_of(rule, live) for rule in all_rules(live) if _has_own_interval(rule, live, content))
    for seconds in dict.fromkeys(theirs):
        yield changed("", "interval", f"{content['interval']} s", f"{seconds} s")
    ours = {rule["uid"]: rule for rule in content["rules"]}
    for rule in all_rules(live):
        wanted = ours.get(rule["uid"])
        if wanted is None and _has_own_content(rule, content):
            yield Difference(str(rule["title"]), LEFT_THE_CODE)
        is_disowned = wanted is not None and _is_unmarked(rule) and not _is_unmarked(wanted)
        if wanted is not None and (is_disowned or _has_own_content(rule, content)):
            told = list(rule_differences(told_rule(_in_place_of(rule, wanted)), told_rule(rule)))
            yield from told or _other_place(wanted, rule)


def _has_own_content(rule: Json, content: Json | None) -> bool:
    """Where a rule only waits for another group to take it, its content is sent back as it is."""
    if not was_edited(rule, None) or (content and rule["uid"] in content["leaving"]):
        return False
    wanted = next((each for each in content["rules"] if each["uid"] == rule["uid"]), None) if content else None
    is_same = wanted is not None and rule_fingerprint(_in_place_of(rule, wanted)) == rule_fingerprint(rule)
    return wanted is None or not is_same or any(True for _ in _other_place(wanted, rule))


def _has_own_interval(rule: Json, live: Json, content: Json | None) -> bool:
    seconds = interval_of(rule, live)
    return has_other_interval(rule, seconds) and (content is None or seconds != content["interval"])


def interval_of(rule: Json, live: Json) -> int | None:
    """That of the group which holds a rule, in seconds."""
    return cast("int | None", live.get("intervals", {}).get(rule["uid"], live["interval"]))


def _in_place_of(rule: Json, wanted: Json) -> Json:
    return wanted | {"folderUID": rule["folderUID"], "ruleGroup": rule["ruleGroup"]}


def _other_place(wanted: Json, rule: Json) -> Iterator[Difference]:
    """Where somebody may have moved an edited rule to: the mark names the folder that we pushed it to, and no group."""
    if rule["ruleGroup"] != wanted["ruleGroup"]:
        yield changed(str(rule["title"]), "group", wanted["ruleGroup"], rule["ruleGroup"])
    if rule["folderUID"] != wanted["folderUID"] and not is_where_pushed(rule, str(owner_of_rule(rule))):
        yield changed(str(rule["title"]), "folder", wanted["folderUID"], rule["folderUID"])
