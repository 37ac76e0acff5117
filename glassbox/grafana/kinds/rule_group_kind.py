"""Groups of alert rules that Grafana evaluates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.differences.rule_differences import group_differences
from glassbox.grafana.failures import NotVisibleError
from glassbox.grafana.kinds.folder_kind import EVALUATED_ANEW
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind, Version
from glassbox.grafana.kinds.provisioned import left_to_provisioner
from glassbox.grafana.kinds.rule_edits import (
    WITHOUT_MARK,
    adopted_rules,
    all_rules,
    edited_rules,
    interval_of,
    told_rule,
    without_mark,
)
from glassbox.grafana.kinds.rules_between import refuse_changed, refuse_changed_elsewhere, refuse_changed_rule
from glassbox.grafana.kinds.unique_titles import refuse_taken_rule_titles
from glassbox.grafana.managers import manager_word, provisioner_of
from glassbox.grafana.ownership import begins_as_ours, left_alone, owner_of_rule
from glassbox.grafana.rule_marks import (
    KEPT_FIELDS,
    comparable,
    is_where_pushed,
    marked,
    unmarked,
    with_pushed_interval,
)

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey

# Older servers drop these fields silently, and every push would find a difference.
_RULE_FIELDS_SINCE: dict[str, Version] = {"keep_firing_for": (12, 0, 0), "missingSeriesEvalsToResolve": (12, 0, 0)}
_KEEP_LAST_SINCE: Version = (10, 4, 1)
_EDITABLE = ("locked", "editable")


class RuleGroupKind(ObjectKind):
    """{"title", "folderUid", "interval" in seconds, "rules"}; live the same.

    Content has two keys more: "editable" (in Grafana's page) and "leaving" (the groups that rules of the live group go to,
    by uid). Live has "elsewhere": the wanted rules that other groups hold, with "intervals": those of these groups in seconds,
    by the uid of the rule. A leftover has these of its rules, and "former": it is in another folder than rules go to.
    Writing a group deletes the rules that it does not list, and moves here those that another group holds.
    """

    name = "rule group"
    # The second since Grafana 11, the third is what 12 asks for beside the rights on rules of the page.
    needs_one_of = frozenset({"alert.provisioning:write", "alert.rules.provisioning:write", "alert.provisioning.provenance:write"})  # fmt: skip  # one set

    def is_readable(self, survey: Survey) -> bool:
        try:
            _ = survey.rules
        except NotVisibleError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return False
        return True

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        target = deployment.target
        for group in deployment.bundle.grafana_groups:
            fit = fitted(group, deployment.version)
            rules = [marked(rule, target.folder_uid, group["interval"]) for rule in fit["rules"]]
            yield group | {"rules": rules, "editable": target.rules == "editable", "leaving": {}}

    def identity(self, found: Json) -> str:
        return place_key(found["folderUid"], found["title"]) if found.get("former") else str(found["title"])

    def title(self, found: Json) -> str:
        return place_name(found["folderUid"], found["title"]) if found.get("former") else str(found["title"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        """The group with the wanted rules that other groups hold; None where there is neither.

        Raises GlassboxError where Grafana refuses rules in that folder, or a title of them.
        """
        name, folder_uid = content["title"], content["folderUid"]
        if title := survey.synced(folder_uid):
            raise GlassboxError(f"Folder {title!r} is owned by Git Sync, and Grafana refuses alert rules in it: set grafana.rules_folder_uid to another folder in the settings.")  # fmt: skip  # a refusal is one line
        refuse_taken_rule_titles(survey, content)
        uids = {rule["uid"] for rule in content["rules"]}
        here = {rule["uid"] for rule in survey.rules_in(folder_uid, name)}
        elsewhere = [survey.rules[uid] for uid in sorted(uids - here) if uid in survey.rules]
        group = survey.grafana.rule_group(folder_uid, name) if here else None
        if here and group is None:
            raise GlassboxError(f"Grafana lists rules of the group {name!r} and says that there is no such group: run again.")  # fmt: skip  # a refusal is one line
        if group is None and not elsewhere:
            return None
        empty = {"title": name, "folderUid": folder_uid, "interval": None, "rules": []}
        intervals = {rule["uid"]: survey.interval_around(rule) for rule in elsewhere}
        return (group or empty) | {"elsewhere": elsewhere, "intervals": intervals}

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.rule_group(content["folderUid"], content["title"])

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        """A group without rules, which only takes those of others, is not there."""
        planned = {key: value for key, value in (live or {}).items() if key not in ("elsewhere", "intervals")}
        return now == (planned if planned.get("rules") else None)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """Groups that are not wanted, each with those of its rules that are ours and that no wanted group takes."""
        contents = list(wanted)
        taken = {rule["uid"] for content in contents for rule in content["rules"]}
        places = {_place(content) for content in contents}
        groups: dict[tuple[str, str], list[Json]] = {}
        for rule in survey.rules.values():
            place = rule["folderUID"], rule["ruleGroup"]
            if place not in places and rule["uid"] not in taken and survey.is_in_place(rule):
                groups.setdefault(place, []).append(rule)
        for (folder_uid, name), rules in sorted(groups.items()):
            former = {} if folder_uid == survey.rules_folder_uid else {"former": True}
            intervals = {rule["uid"]: survey.interval_around(rule) for rule in rules}
            yield {"title": name, "folderUid": folder_uid, "interval": None, "intervals": intervals, "rules": sorted(rules, key=lambda r: r["uid"]), **former}  # fmt: skip  # one thing is one line

    def check_ours(self, live: Json, folder_uid: str) -> None:
        for rule in all_rules(live):
            _check_rule(rule, live, folder_uid)

    def left_out(self, content: Json | None, live: Json) -> str:
        """Grafana writes a group as a whole, or not at all."""
        for rule in all_rules(live):
            if by := provisioner_of(rule):
                what = f"Rule group {self.title(live)!r} with rule {rule['title']!r}"
                return left_to_provisioner(what, by, "change" if content else "delete")
        return ""

    def merged(self, content: Json, live: Json, deployment: Deployment) -> Json:
        folder_uid = deployment.target.folder_uid
        known = {rule["uid"]: rule for rule in (*live["rules"], *live["elsewhere"])}
        rules = [self.with_kept_fields(rule, known.get(rule["uid"], {})) for rule in content["rules"]]
        placed = {rule["uid"]: _place(group) for group in deployment.bundle.grafana_groups for rule in group["rules"]}
        here = _place(content)
        leaving = {uid: _seen_from(here, placed[uid]) for uid in known if placed.get(uid, here) != here}
        # Without our mark a rule may be somebody's own, whatever its uid.
        staying = [
            rule for uid, rule in known.items()
            if uid not in placed and not (deployment.prune and owner_of_rule(rule) == folder_uid)
        ]  # fmt: skip  # one thing is one line
        return content | {"rules": [*rules, *staying], "leaving": leaving}

    def with_kept_fields(self, rule: Json, live: Json) -> Json:
        """The rule with what people set on the live one."""
        return rule | {key: live[key] for key in KEPT_FIELDS if live.get(key)}

    def is_as_wanted(self, content: Json, live: Json) -> bool:
        return self._has_rules(content, live, _same_unmarked_rule)

    def equal(self, content: Json, live: Json) -> bool:
        is_locked_otherwise = any(_is_editable(rule) != content["editable"] for rule in _staying(content, live))
        return not is_locked_otherwise and self._has_rules(content, live, _same_rule)

    def _has_rules(self, content: Json, live: Json, same: Callable[[Json, Json], bool]) -> bool:
        rules = _staying(content, live)
        if content["interval"] != live["interval"] or len(content["rules"]) != len(rules) or live.get("elsewhere"):
            return False
        return all(same(*pair) for pair in zip(content["rules"], rules, strict=True))

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        before = live | {"rules": [*map(told_rule, live["rules"]), *map(told_rule, live["elsewhere"])]}
        told = [*group_differences(before, content | {"rules": [told_rule(rule) for rule in content["rules"]]}, content["leaving"])]  # fmt: skip  # one thing is one line
        if any(_is_editable(rule) != content["editable"] for rule in live["rules"]):
            told.append(changed("", "in Grafana's page", *_EDITABLE[:: 1 if content["editable"] else -1]))
        yield from told or [Difference("", "notes what is pushed")]

    def adopted(self, content: Json, live: Json) -> Iterable[Difference]:
        """Of the rules that somebody edited, and the interval."""
        yield from adopted_rules(content, live)

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Which rules are not what we pushed; Grafana reports when that was, and not by whom."""
        edited, unmarked = edited_rules(live, content), _unmarked_elsewhere(survey, live)
        disowned = without_mark(survey, live, content) if content else []
        if not edited and not unmarked and not disowned:
            return None
        told = [Difference(str(rule["title"]), "edited in Grafana") for rule in edited]
        told += [Difference(str(rule["title"]), WITHOUT_MARK) for rule in disowned]
        latest = max(str(rule.get("updated") or "") for rule in (*edited, *unmarked, *disowned))
        return Edit("", latest, tuple(told), of_others=bool(unmarked))

    def lost(self, content: Json | None, live: Json) -> tuple[str, ...]:
        kept = {rule["uid"] for rule in content["rules"]} | content["leaving"].keys() if content else set()
        return tuple(str(rule["title"]) for rule in live["rules"] if rule["uid"] not in kept)

    def owned(self, live: Json, folder_uid: str) -> Json | None:
        rules = [rule for rule in live["rules"] if owner_of_rule(rule) == folder_uid]
        return live | {"rules": rules} if rules else None

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterator[str]:
        """Sentences about rules that stay since they are not ours."""
        wanted = {rule["uid"] for rule in content["rules"] if owner_of_rule(rule)} if content else set()
        for rule in live["rules"]:
            if owner_of_rule(rule) != folder_uid and rule["uid"] not in wanted:
                yield left_alone(
                    "Rule", rule["title"], rule["uid"], owner_of_rule(rule), manager_word(provisioner_of(rule))
                )

    def consequences(self, content: Json, live: Json) -> Iterator[str]:
        if any(rule["folderUID"] != content["folderUid"] for rule in live.get("elsewhere", ())):
            yield f"Grafana evaluates rules anew that move to another folder: {EVALUATED_ANEW}"

    def taken_from(self, content: Json | None, live: Json, folder_uid: str) -> Iterator[str]:
        """Folders of rules alone."""
        rules = live.get("elsewhere", ()) if content else live["rules"] if live.get("former") else ()
        here = content["folderUid"] if content else None
        for rule in rules:
            if is_where_pushed(rule, folder_uid) and rule["folderUID"] not in (folder_uid, here):
                yield rule["folderUID"]

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Write the group, with the rules that are still here and that another group will take: otherwise they would be deleted."""
        now = self.now(grafana, content)
        refuse_changed(now, live, content["leaving"])
        refuse_changed_elsewhere(grafana, live)
        there = now or {"rules": (), "interval": None}
        waiting = [
            with_pushed_interval(rule, there["interval"], content["interval"])
            for rule in there["rules"] if rule["uid"] in content["leaving"]
        ]  # fmt: skip  # a clause is one line
        body = {key: content[key] for key in ("title", "folderUid", "interval")}
        grafana.put_rule_group(body | {"rules": [*content["rules"], *waiting]}, editable=content["editable"])

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        """Delete the rules one by one: a rule that somebody adds to the group meanwhile survives."""
        self.check_ours(live, folder_uid)
        now = self.now(grafana, live) or {"rules": (), "interval": None}
        there = {rule["uid"]: rule for rule in now["rules"]}
        rules = [rule for rule in live["rules"] if rule["uid"] in there]
        for rule in rules:
            refuse_changed_rule(rule, there[rule["uid"]], interval_of(rule, live), now["interval"])
        for rule in rules:
            grafana.delete_rule(rule["uid"], editable=_is_editable(rule))


def fitted(group: Json, version: Version | None) -> Json:
    """The group without the fields that this server does not know; an unknown version counts as the newest."""
    if version is None:
        return group
    unknown = [name for name, since in _RULE_FIELDS_SINCE.items() if version < since]
    rules = [{key: value for key, value in rule.items() if key not in unknown} for rule in group["rules"]]
    if version < _KEEP_LAST_SINCE:
        rules = [rule | {"execErrState": "OK"} for rule in rules]
    return group | {"rules": rules}


def place_key(folder_uid: str, group: str) -> str:
    """What distinguishes a group from those of other folders that have its title."""
    return f"{folder_uid}/{group}"


def place_name(folder_uid: str, group: str) -> str:
    """What reports call a group of another folder than the one that they are about."""
    return f"{group} in folder {folder_uid}"


def _place(group: Json) -> tuple[str, str]:
    return group["folderUid"], group["title"]


def _seen_from(here: tuple[str, str], place: tuple[str, str]) -> str:
    return place[1] if place[0] == here[0] else place_name(*place)


def _check_rule(rule: Json, group: Json, folder_uid: str) -> None:
    if by := provisioner_of(rule):
        setting = "folder_uid" if group["folderUid"] == folder_uid else "rules_folder_uid"
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group['title']!r} is managed by {by!r}: "
            f"remove it there, or set another folder (grafana.{setting}) in the settings."
        )
    if not begins_as_ours(rule["uid"], folder_uid) or owner_of_rule(rule) not in (None, folder_uid):
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group['title']!r} is not ours and would be deleted: move it to another group."
        )


def _unmarked_elsewhere(survey: Survey, live: Json) -> list[Json]:
    """Rules with a uid of ours that nothing shows to be ours, neither a mark nor their folder."""
    ours = (survey.folder_uid, survey.rules_folder_uid)
    return [rule for rule in live.get("elsewhere", ()) if owner_of_rule(rule) is None and rule["folderUID"] not in ours]


def _is_editable(rule: Json) -> bool:
    return not rule.get("provenance")


def _staying(content: Json, live: Json) -> list[Json]:
    """The rules of a live group that no other group is to take."""
    return [rule for rule in live["rules"] if rule["uid"] not in content["leaving"]]


def _same_unmarked_rule(ours: Json, live: Json) -> bool:
    return _same_rule(unmarked(ours), unmarked(live))


def _same_rule(ours: Json, live: Json) -> bool:
    # A server that hides its version may be one that drops these fields.
    known = {key: value for key, value in ours.items() if key in live or key not in _RULE_FIELDS_SINCE}
    return comparable(known) == comparable(live)
