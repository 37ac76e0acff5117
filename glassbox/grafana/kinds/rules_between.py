"""What people did to alert rules between the plan and its write: Grafana's API of rules has no lock, so each group is read again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.rule_marks import comparable, has_other_interval, unmarked

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana


def refuse_changed(now: Json | None, planned: Json | None, leaving: Iterable[str]) -> None:
    """GlassboxError where a group is not what the plan compared with; rules that leave it may have left already."""
    before, after = ([comparable(r) for r in (group or {"rules": ()})["rules"] if r["uid"] not in leaving] for group in (planned, now))  # fmt: skip  # one thing is one line
    intervals = {group["interval"] for group in (planned, now) if group and group["rules"]}
    if before != after or len(intervals) > 1:
        raise _changed("Rule group", (now or planned or {}).get("title"))


def refuse_changed_elsewhere(grafana: Grafana, planned: Json | None) -> None:
    """The same for the rules that a group takes from others; each of these is read once."""
    rules = (planned or {}).get("elsewhere", ())
    for place in sorted({_place(rule) for rule in rules}):
        group = grafana.rule_group(*place) or {"rules": (), "interval": None}
        there = {rule["uid"]: rule for rule in group["rules"]}
        for rule in rules:
            if _place(rule) == place:
                refuse_changed_rule(rule, there.get(rule["uid"]), (planned or {})["intervals"][rule["uid"]], group["interval"])  # fmt: skip  # one call


def refuse_changed_rule(planned: Json, now: Json | None, planned_seconds: int | None, seconds: int | None) -> None:
    """The same for one rule with the interval of its group. Our own push may have written another interval and mark before."""
    has_their_interval = now is not None and seconds != planned_seconds and has_other_interval(now, seconds)
    if now is None or comparable(unmarked(now)) != comparable(unmarked(planned)) or has_their_interval:
        raise _changed("Rule", planned["title"])


def _place(rule: Json) -> tuple[str, str]:
    return rule["folderUID"], rule["ruleGroup"]


def _changed(word: str, title: str | None) -> GlassboxError:
    return GlassboxError(f"{word} {title!r} was changed after the plan was made: run again to compare with what is there.")  # fmt: skip  # a refusal is one line
