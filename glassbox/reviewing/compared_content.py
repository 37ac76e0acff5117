"""Two states of compiled content compared, as the changes that a plan has: dashboards, then groups of rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from glassbox.compile.bundle import Bundle, Json
from glassbox.deploying.change import Action
from glassbox.grafana.differences.board_differences import board_differences
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.rule_differences import group_differences
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.kind import Edit
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.query.promql import duration_seconds
from glassbox.view.revisions import RevisionContent

Groups = Mapping[str, Json]


@dataclass(frozen=True)
class ContentChange:
    """One object of compiled content, and what becomes of it; `lost` are the rules that a removed group takes with it."""

    action: Action
    kind_name: str
    title: str
    differences: tuple[Difference, ...] = ()
    lost: tuple[str, ...] = ()
    edit: Edit | None = None


def content_of(bundle: Bundle) -> RevisionContent:
    """A bundle as if its files had been read."""
    rules = {f"recording_rules/{name}": content for name, content in bundle.recording_rules.items()}
    rules |= {f"alerts/{name}": content for name, content in bundle.alerts.items()}
    files = (file for folder in bundle.runbooks for file in folder.glob("*.md"))
    return RevisionContent(
        boards=_as_read(bundle.dashboards),
        rules=_as_read(rules),
        grafana_groups=_as_read({group["title"]: group for group in bundle.grafana_groups}),
        runbooks={file.stem: file.read_text(encoding="utf-8") for file in files},
    )


def _as_read(value: Mapping[str, Json]) -> dict[str, Json]:
    """Lists for tuples, as JSON and YAML have them."""
    read: dict[str, Json] = json.loads(json.dumps(value))
    return read


def changes(before: RevisionContent, after: RevisionContent) -> Iterator[ContentChange]:
    """Every object of either state.

    Alerts are told as Prometheus evaluates them; where Grafana's differ and those do not, as Grafana does.
    """
    yield from _board_changes(before.boards, after.boards)
    names = _rule_names(before.rules), _rule_names(after.rules)
    single = {name for name in names[0] | names[1] if max(count[name] for count in names) == 1}
    told = list(_group_changes(_prometheus_groups(before.rules, single), _prometheus_groups(after.rules, single)))
    yield from told
    known = {change.title for change in told if change.action is not Action.KEEP}
    for change in _group_changes(before.grafana_groups, after.grafana_groups):
        if change.action is not Action.KEEP and change.title not in known:
            yield change


def _board_changes(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[ContentChange]:
    for uid in [*after, *(uid for uid in before if uid not in after)]:
        title = str((after.get(uid) or before[uid]).get("title"))
        if uid not in before or uid not in after:
            action = Action.DELETE if uid in before else Action.CREATE
            yield ContentChange(action, DashboardKind.name, title)
        else:
            yield _compared(DashboardKind.name, title, tuple(board_differences(before[uid], after[uid])))


def _compared(kind: str, title: str, differences: tuple[Difference, ...]) -> ContentChange:
    return ContentChange(Action.UPDATE if differences else Action.KEEP, kind, title, differences)


def _group_changes(before: Groups, after: Groups) -> Iterator[ContentChange]:
    was, is_now = _groups_of_rules(before), _groups_of_rules(after)
    for title, group in after.items():
        if title not in before:
            yield ContentChange(Action.CREATE, RuleGroupKind.name, title)
            continue
        leaving = {rule["uid"]: is_now[rule["uid"]] for rule in before[title]["rules"] if is_now.get(rule["uid"], title) != title}  # fmt: skip  # one thing is one line
        arriving = [rule for rule in group["rules"] if was.get(rule["uid"], title) != title]
        elsewhere = [_rule(before[was[rule["uid"]]], rule["uid"]) for rule in arriving]
        old = before[title] | {"rules": [*before[title]["rules"], *elsewhere]}
        yield _compared(RuleGroupKind.name, title, tuple(group_differences(old, group, leaving)))
    for title in (title for title in before if title not in after):
        lost = (rule["title"] for rule in before[title]["rules"] if rule["uid"] not in is_now)
        yield ContentChange(Action.DELETE, RuleGroupKind.name, title, lost=tuple(lost))


def _groups_of_rules(groups: Groups) -> dict[str, str]:
    return {rule["uid"]: title for title, group in groups.items() for rule in group["rules"]}


def _rule(group: Json, uid: str) -> Json:
    found: Json = next(rule for rule in group["rules"] if rule["uid"] == uid)
    return found


def _rule_names(files: Mapping[str, Json]) -> Counter[str]:
    return Counter(_name(rule) for group in _listed(files) for rule in group.get("rules") or ())


def _listed(files: Mapping[str, Json]) -> Iterator[Json]:
    for content in files.values():
        yield from (content or {}).get("groups") or ()


def _name(rule: Json) -> str:
    return str(rule.get("alert") or rule.get("record"))


def _prometheus_groups(files: Mapping[str, Json], single: Collection[str]) -> dict[str, Json]:
    """Groups of rule files in the shape that Grafana's have.

    A rule is known again by its name where it is `single`; else, as where several engines record one series, by its group and labels.
    """
    groups: dict[str, Json] = {}
    for group in _listed(files):
        seen: Counter[str] = Counter()
        rules = [_in_grafanas_shape(rule, group["name"], single, seen) for rule in group.get("rules") or ()]
        interval = duration_seconds(group["interval"]) if group.get("interval") else None
        groups[group["name"]] = {"title": group["name"], "interval": interval, "rules": rules}
    return groups


def _in_grafanas_shape(rule: Json, group: str, single: Collection[str], seen: Counter[str]) -> Json:
    name = _name(rule)
    there = f"{group} {name} {sorted((rule.get('labels') or {}).items())}"
    seen[there] += 1
    node = {"refId": "query", "model": {"expr": rule.get("expr")}}
    kept = {key: value for key, value in rule.items() if key not in ("alert", "record", "expr")}
    uid = name if name in single else f"{there} {seen[there]}"
    return {"uid": uid, "title": name, "ruleGroup": group, "data": [node], **kept}
