"""Whether a Prometheus evaluates our rules, as we have them, and without errors."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import promql_parser as ast

from glassbox.compile.bundle import Bundle
from glassbox.doctor.obstacles import Obstacle
from glassbox.http.sentences import on_one_line
from glassbox.prometheus.api import Prometheus

# A rule of ours: the series that it records or the alert that it raises, and its query as Prometheus writes it.
Rule = tuple[str, str]
_ABOUT = "Our rules"
_LISTED = 3


def rules_in_the_way(prometheus: Prometheus, bundle: Bundle) -> Iterator[Obstacle]:
    """Which of our rules are not loaded, loaded in another version, or fail; nothing of a server that lists no rules.

    Servers that leave evaluation to others, such as VictoriaMetrics to vmalert, list none.
    """
    answer = prometheus.about("rules")
    loaded = list(_loaded(answer)) if isinstance(answer, dict) else []
    wanted = dict.fromkeys(_wanted(bundle))
    names = {name for name, _ in wanted}
    found = {_written(each) for each in loaded if each.get("name") in names}
    if not found:
        return
    if missing := sorted(names - {name for name, _ in found}):
        yield Obstacle(_ABOUT, f"lack {_some(missing)} in this Prometheus", "load the newest build")
    if other := sorted({name for name, query in found if (name, query) not in wanted} - set(missing)):
        yield Obstacle(_ABOUT, f"are loaded in another version ({_some(other)})", "build with the settings that were used, and load that")  # fmt: skip
    failing = {str(each["name"]): str(each.get("lastError")) for each in loaded if each.get("health") == "err"}
    for name in sorted(set(failing) & names):
        yield Obstacle(_ABOUT, f"fail in {name} ({on_one_line(failing[name])})", "see the runbook of failing rules")


def _loaded(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in answer.get("groups") or ():
        rules = group.get("rules") if isinstance(group, dict) else None
        yield from (rule for rule in rules or () if isinstance(rule, dict) and isinstance(rule.get("query"), str))


def _wanted(bundle: Bundle) -> Iterator[Rule]:
    for file in (*bundle.recording_rules.values(), *bundle.alerts.values()):
        for group in file["groups"]:
            yield from ((rule.get("record") or rule["alert"], _normal(rule["expr"])) for rule in group["rules"])


def _written(rule: Mapping[str, Any]) -> Rule:
    return str(rule["name"]), _normal(str(rule["query"]))


def _normal(query: str) -> str:
    """The query without what only its writing differs in."""
    try:
        return str(ast.parse(query))
    except ValueError:
        return query


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    rest = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + rest
