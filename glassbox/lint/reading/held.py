"""What a value of a file holds that lint reads, however it is wrapped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Finding, Location, Severity
from glassbox.lint.reading.boards import board_of, is_board
from glassbox.lint.reading.documents import is_like_ours, values_of
from glassbox.lint.reading.held_texts import HeldText, texts_of
from glassbox.lint.reading.install_files import is_compose, open_ports
from glassbox.lint.reading.located import (
    Flaw,
    LineOf,
    UnreadableTextError,
    line_of,
    object_in,
    text_in,
)
from glassbox.lint.reading.read_alertmanager import inhibitions_of, is_alertmanager, receiver_texts, routes_of
from glassbox.lint.reading.read_rules import (
    group_of,
    group_of_resource,
    groups_by_name,
    is_group,
    is_of_grafana,
    is_rule_file,
    is_rule_resource,
    with_metrics_ql,
)
from glassbox.lint.subjects.alert_routes import Inhibition, NotificationRoute
from glassbox.lint.subjects.exemptions import Exemption
from glassbox.lint.subjects.file_parts import LooseText, OpenPort, TextFlaw
from glassbox.lint.subjects.grouped_rules import RuleGroup
from glassbox.lint.subjects.judged_boards import Board
from glassbox.query.promql import duration_seconds

UNREADABLE = "unreadable"
_MOST_WRAPPINGS = 6
_KINDS_OF_RULES = ("PrometheusRule", "VMRule", "prometheusAlerts", "prometheusRules")
_ELSEWHERE = ("jsonnet", "url", "grafanaCom", "gzipJson", "configMapRef")


@dataclass
class Held:
    """What was found in files so far. `not_read` are files and objects by what they are, which another program has to render."""

    boards: list[Board] = field(default_factory=list)
    groups: list[RuleGroup] = field(default_factory=list)
    routes: list[NotificationRoute] = field(default_factory=list)
    inhibitions: list[Inhibition] = field(default_factory=list)
    texts: list[LooseText] = field(default_factory=list)
    ports: list[OpenPort] = field(default_factory=list)
    flaws: list[TextFlaw] = field(default_factory=list)
    exemptions: list[Exemption] = field(default_factory=list)
    scrape_seconds: list[float] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)
    not_read: dict[str, list[str]] = field(default_factory=dict)

    def take(self, value: Any, file: str) -> bool:
        """Add what a value holds, and say whether it holds anything."""
        found = [self._take_one(each, file, Wrapped()) for each in _unlisted(value)]
        return any(found)

    def values(self, text: str, file: str, name: str = "", line_at: LineOf = int) -> list[Any]:
        """What a text holds, whose flaws are kept; raises UnreadableTextError as `values_of` does."""
        flaws: list[Flaw] = []
        found = values_of(text, line_at, flaws)
        self.flaws += (TextFlaw(each.what, each.is_key, Location(file, each.line, name)) for each in flaws)
        return found

    def refuse(self, error: UnreadableTextError, file: str, name: str = "") -> None:
        """Add that a file, or a text in it, cannot be read."""
        at = Location(file, error.line, name)
        message = f"{error.problem[0].upper()}{error.problem[1:]}."
        self.unreadable.append(Finding(UNREADABLE, Severity.ERROR, at, message, "Correct it, or leave the file out."))

    def leave(self, what: str, name: str) -> None:
        """Add that something is not read, because another program has to render it."""
        self.not_read.setdefault(what, []).append(name)

    def _take_one(self, value: Any, file: str, around: "Wrapped") -> bool:
        if not value or not isinstance(value, dict) or around.depth > _MOST_WRAPPINGS:
            return False
        wrapped = list(_unwrapped(value, around))
        found = [self._take_one(inner, file, outer) for inner, outer in wrapped]
        return any([*found, self._take_texts(value, file), self._take_body(value, file, around)])

    def _take_body(self, value: Mapping[str, Any], file: str, around: "Wrapped") -> bool:
        if is_board(value):
            folder = PurePath(file).parent.as_posix()
            self.boards.append(board_of(value, file, uid=around.name, folder=folder, line=line_of(value)))
        elif is_rule_file(value) or (around.kind in _KINDS_OF_RULES and isinstance(value.get("groups"), list)):
            part = len(self.groups)
            groups = [group_of(each, file, line_of(each), part) for each in objects_in(value, "groups")]
            self.groups += with_metrics_ql(groups, is_of_vmalert=around.kind == "VMRule")
            self._refuse_strange(value, file)
        elif is_group(value):
            line = line_of(value, "name", "rules")
            self.groups += with_metrics_ql([group_of({"name": around.name, **value}, file, line, len(self.groups))])
        elif isinstance(value.get("grafana_rules"), list):
            self.groups += groups_by_name(objects_in(value, "grafana_rules"), file)
        elif is_rule_resource(value):
            self.groups.append(group_of_resource(value, file))
        elif is_alertmanager(value):
            self.routes += routes_of(value, file)
            self.inhibitions += inhibitions_of(value, file)
            self.texts += receiver_texts(value, file)
        elif isinstance(value.get("scrape_configs"), list):
            self.scrape_seconds += _scrape_seconds(value)
        elif is_compose(value):
            self.ports += open_ports(value, file)
        else:
            return False
        return True

    def _refuse_strange(self, value: Mapping[str, Any], file: str) -> None:
        """Groups and rules that are not objects, which Prometheus does not load either."""
        if any(not isinstance(each, dict) for each in value["groups"]):
            self.refuse(UnreadableTextError("one of its groups is not an object", line_of(value, "groups")), file)
        for group in objects_in(value, "groups"):
            rules = group.get("rules") or []
            if not isinstance(rules, list) or any(not isinstance(each, dict) for each in rules):
                problem = "its rules are not a list of objects"
                self.refuse(UnreadableTextError(problem, line_of(group, "rules")), file, text_in(group, "name"))

    def _take_texts(self, value: Mapping[str, Any], file: str) -> bool:
        """Of objects of Kubernetes that hold dashboards, rules or a configuration of Alertmanager as texts."""
        found = [self._take_text(each, file) for each in texts_of(value) if is_like_ours(each.text)]
        spec = object_in(value, "spec")
        if value.get("kind") == "GrafanaDashboard" and not text_in(spec, "json") and any(map(spec.get, _ELSEWHERE)):
            self.leave("reference to a dashboard elsewhere", file)
            found.append(True)
        return any(found)

    def _take_text(self, held: HeldText, file: str) -> bool:
        others = len(self.texts)
        try:
            values = self.values(held.text, file, held.key, held.line_at)
        except UnreadableTextError as error:
            problem = "what it holds is neither YAML nor JSON that is read" if held.is_secret else error.problem
            self.refuse(UnreadableTextError(problem, error.line or held.line), file, held.key)
            return True
        found = [self.take(value, file) for value in values]
        if held.is_secret:
            # Credentials are where they belong there.
            del self.texts[others:]
        return any(found)


@dataclass(frozen=True)
class Wrapped:
    """What is around a value: how many objects, and name and kind of the innermost where it has them."""

    depth: int = 0
    name: str = ""
    kind: str = ""


def _unlisted(value: Any) -> Iterator[Any]:
    """The values of a list, with the rules in it that Grafana's API lists one by one as one object."""
    if not isinstance(value, list):
        yield value
        return
    rules = [each for each in value if isinstance(each, dict) and is_of_grafana(each)]
    if rules:
        yield {"grafana_rules": rules}
    yield from (each for each in value if isinstance(each, dict) and not is_of_grafana(each))


def _unwrapped(value: Mapping[str, Any], around: Wrapped) -> Iterator[tuple[Any, Wrapped]]:
    """What a value holds that is itself a dashboard, rules or the like."""
    name = text_in(object_in(value, "metadata"), "name")
    inside = Wrapped(around.depth + 1, name)
    for key in ("dashboard", "spec", "prometheusAlerts", "prometheusRules", "alertmanager_config"):
        yield object_in(value, key), replace(inside, kind=text_in(value, "kind") if key == "spec" else key)
    if value.get("status") == "success":
        yield object_in(value, "data"), inside
    if text_in(value, "kind").endswith("List") or "items" in value:
        yield from ((each, inside) for each in objects_in(value, "items"))
    for key, board in object_in(value, "grafanaDashboards").items():
        yield board, Wrapped(around.depth + 1, key.removesuffix(".json"))
    yield from ((each, inside) for each in _of_ruler(value))


def _of_ruler(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Groups as the API of a ruler lists them, by namespace or folder."""
    for listed in value.values():
        groups = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if (
            groups
            and "groups" not in value
            and all(isinstance(each.get("rules"), list) and "name" in each for each in groups)
        ):
            yield from groups


def _scrape_seconds(config: Mapping[str, Any]) -> Iterator[float]:
    """The intervals at which a configuration of Prometheus scrapes; 1 minute where it names none."""
    common = text_in(object_in(config, "global"), "scrape_interval") or "1m"
    for each in objects_in(config, "scrape_configs"):
        try:
            yield duration_seconds(text_in(each, "scrape_interval") or common)
        except GlassboxError:
            continue
