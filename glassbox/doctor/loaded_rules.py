"""Whether a Prometheus evaluates our rules, as we have them, and without errors."""

from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.compile.bundle import Bundle
from glassbox.doctor.listing import some
from glassbox.doctor.obstacles import Obstacle
from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.http.sentences import on_one_line
from glassbox.prometheus.api import Prometheus
from glassbox.syntax.parsing import parsed

# A rule of ours: the series that it records or the alert that it raises, and its query as Prometheus writes it.
Rule = tuple[str, str]
_ABOUT = "Our rules"


def lists_no_rules(listed: Any) -> bool:
    """Whether a server's answer about its rules has none: such as VictoriaMetrics, which leaves them to vmalert."""
    return not any(True for _ in _loaded(listed))


def rules_in_the_way(prometheus: Prometheus, bundle: Bundle, listed: Any) -> Iterator[Obstacle]:
    """Which of our rules are not loaded, loaded in another version, or fail, of those that the server lists.

    Alerts may all be missing where Grafana evaluates them.
    """
    ours = list(_rules(bundle))
    names = {name for name, _ in ours}
    loaded = [rule for rule in _loaded(listed) if rule["name"] in names]
    if not loaded:
        return
    if bundle.grafana_groups and not (alerts := set(_alerts(bundle))) & {rule["name"] for rule in loaded}:
        names -= alerts
    wanted = {(name, _normal(query)) for name, query in ours}
    found = {(rule["name"], _normal(rule["query"])) for rule in loaded}
    if missing := sorted(names - {name for name, _ in found}):
        yield Obstacle(_ABOUT, f"lack {some(missing)} in this Prometheus", "load the newest build")
    if other := sorted({name for name, query in found if (name, query) not in wanted}):
        yield Obstacle(_ABOUT, f"are loaded in another version ({some(other)})", "build with the settings that were used, and load that")  # fmt: skip
    failing = {rule["name"]: rule.get("lastError") for rule in loaded if rule.get("health") == "err"}
    for name, error in sorted(failing.items()):
        said = f" ({on_one_line(prometheus.without_secrets(error))})" if isinstance(error, str) and error else ""
        yield Obstacle(_ABOUT, f"fail in {name}{said}", "see the runbook of failing rules")


def names_of_rules(bundle: Bundle) -> frozenset[str]:
    """The series that our rules record, and our alerts."""
    return frozenset(name for name, _ in _rules(bundle))


def _loaded(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The rules of an answer, without what has no name or no query."""
    for group in objects_in(answer, "groups"):
        for rule in objects_in(group, "rules"):
            if isinstance(rule.get("name"), str) and isinstance(rule.get("query"), str):
                yield rule


def _rules(bundle: Bundle) -> Iterator[Rule]:
    for file in (*bundle.recording_rules.values(), *bundle.alerts.values()):
        for group in file["groups"]:
            yield from ((rule.get("record") or rule["alert"], rule["expr"]) for rule in group["rules"])


def _alerts(bundle: Bundle) -> Iterator[str]:
    for file in bundle.alerts.values():
        yield from (rule["alert"] for group in file["groups"] for rule in group["rules"])


def _normal(query: str) -> str:
    """The query without what only its writing differs in."""
    try:
        return str(parsed(query))
    except (GlassboxError, RecursionError):
        return query
