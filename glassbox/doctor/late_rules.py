"""Whether the groups of our rules are evaluated as often as they should be."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.compile.bundle import Bundle
from glassbox.doctor.listing import roughly, some
from glassbox.doctor.loaded_rules import names_of_rules
from glassbox.doctor.obstacles import Obstacle
from glassbox.http.json_text import objects_in
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.rules_api import NEVER, moment
from glassbox.query.wording import span

# Ours: an evaluation may just be at work, and clocks may differ by a little; those that differ by more are said elsewhere.
_LATE_SECONDS = 60
_MISSED = "prometheus_rule_group_iterations_missed_total"
_FASTER = "give what evaluates them more processor time, or set a longer evaluation_interval_seconds"
_ABOUT = "Our rules"


def late_rules(prometheus: Prometheus, bundle: Bundle, listed: Any, held: frozenset[str]) -> Iterator[Obstacle]:
    """Groups with rules of ours that take too long, were not evaluated lately, or missed evaluations; raises GlassboxError.

    `listed` is what the server reports about its rules, and `held` are the names of its series.
    """
    ours = names_of_rules(bundle)
    groups = [
        group
        for group in objects_in(listed, "groups")
        if isinstance(group.get("name"), str) and any(rule.get("name") in ours for rule in objects_in(group, "rules"))
    ]
    yield from _slow(groups)
    yield from _old(groups, time.time())
    if groups and _MISSED in held:
        yield from _missed(prometheus, groups)


def _slow(groups: list[Mapping[str, Any]]) -> Iterator[Obstacle]:
    """Those whose last evaluation took longer than they have."""
    found = {
        group["name"]: (taken, interval)
        for group in groups
        if 0 < (interval := _number(group, "interval")) < (taken := _number(group, "evaluationTime"))
    }
    if found:
        (taken, interval) = next(iter(found.values()))
        yield Obstacle(
            _ABOUT,
            f"take longer than their interval in {_groups(list(found))} ({taken:.2g} s of {interval:g} s)",
            _FASTER,
        )


def _old(groups: list[Mapping[str, Any]], now: float) -> Iterator[Obstacle]:
    """Those whose last evaluation is longer ago than two intervals."""
    ages = {group["name"]: _age(group, now) for group in groups}
    old = {
        group["name"]: ages[group["name"]]
        for group in groups
        if ages[group["name"]] > 2 * _number(group, "interval") + _LATE_SECONDS
    }
    if old:
        yield Obstacle(
            _ABOUT,
            f"have not been evaluated for {roughly(max(old.values()))} in {_groups(list(old))}",
            "the log of what evaluates them says why; alerts are late by as much",
        )


def _missed(prometheus: Prometheus, groups: list[Mapping[str, Any]]) -> Iterator[Obstacle]:
    """Those that were left out within the last hour, as the server counts them about itself."""
    names = "|".join(re.escape(group["name"]) for group in groups)
    pattern = json.dumps(f"(?:.*;)?(?:{names})", ensure_ascii=False)
    rows = prometheus.now(f"sum by (rule_group) (increase({_MISSED}{{rule_group=~{pattern}}}[1h])) >= 1")
    if rows:
        number = round(max(each.value for each in rows))
        missed = "an evaluation" if number == 1 else f"up to {number} evaluations"
        names_of_rows = sorted({each.labels.get("rule_group", "").rpartition(";")[2] for each in rows})
        yield Obstacle(_ABOUT, f"missed {missed} within {span(3600)} in {_groups(names_of_rows)}", _FASTER)


def _groups(names: list[str]) -> str:
    return f"the group {names[0]}" if len(names) == 1 else f"the groups {some(names)}"


def _age(group: Mapping[str, Any], now: float) -> float:
    """Of the last evaluation; 0 where there was none yet, or no time is said."""
    try:
        evaluated = moment(group.get("lastEvaluation"))
    except ValueError:
        return 0.0
    return now - evaluated.timestamp() if evaluated.year > NEVER.year else 0.0


def _number(group: Mapping[str, Any], key: str) -> float:
    value = group.get(key)
    return float(value) if isinstance(value, int | float) else 0.0
