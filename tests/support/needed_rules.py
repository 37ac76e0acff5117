"""Compiled rules one by one, and those of them that a rule test needs: what it asks for, and all that this reads."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from glassbox.compile.bundle import Json
from glassbox.metrics.engines import ENGINES
from glassbox.settings.loading import load_settings
from tests.mutation.references import Reference, by_name, meant, references
from tests.support.ours import our_bundle
from tests.support.rule_test_files import settings_file

_OTHER_ENGINES = frozenset(engine.name for engine in ENGINES[1:])


@dataclass(frozen=True, eq=False)
class Rule:
    """One compiled rule, where it lies, and what tells it from others of its name: a record's own labels."""

    file: str
    group: str
    body: Json

    @cached_property
    def name(self) -> str:
        return str(self.body.get("alert") or self.body["record"])

    @property
    def is_alert(self) -> bool:
        return "alert" in self.body

    @cached_property
    def own_labels(self) -> Mapping[str, str]:
        """What tells a record from others of its name; empty for an alert."""
        return {} if self.is_alert else self.body.get("labels", {})

    @property
    def engine(self) -> str:
        """The engine whose reading of a series it is, where that is not the first; else empty."""
        prefix = self.group.partition("-")[0]
        return prefix if prefix in _OTHER_ENGINES else ""

    @property
    def identity(self) -> str:
        return self.of_first_engine + (f" of {self.engine}" if self.engine else "")

    @property
    def of_first_engine(self) -> str:
        """The identity of the first engine's rule that records the same."""
        return self.name + "".join(f"{{{label}={value}}}" for label, value in self.own_labels.items())

    @cached_property
    def reads(self) -> frozenset[Reference]:
        return references(self.body["expr"])


@cache
def compiled(settings: Path | None, *identity_labels: str) -> tuple[Rule, ...]:
    """All rules with a settings file, or with the defaults, in the order in which they are evaluated; with these identity labels if any."""
    chosen = load_settings(settings)
    bundle = our_bundle(replace(chosen, identity_labels=identity_labels) if identity_labels else chosen)
    files = {f"recording_rules/{name}": content for name, content in bundle.recording_rules.items()}
    files |= {f"alerts/{name}": content for name, content in bundle.alerts.items()}
    return tuple(
        Rule(file, group["name"], rule)
        for file, content in files.items()
        for group in content["groups"]
        for rule in group["rules"]
    )


def as_file(rules: Iterable[Rule]) -> Json:
    """A rule file of these, in their groups."""
    groups: dict[str, list[Json]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule.body)
    return {"groups": [{"name": name, "rules": bodies} for name, bodies in groups.items()]}


def needed_for(alert: str, file: Path, *identity_labels: str) -> tuple[Rule, ...]:
    """An alert and all that it reads, as a test file's settings and these labels compile them, in the order of evaluation.

    Rules of other engines than the first record the same series: they are left out, since test files of alerts have none of theirs.
    """
    rules = [rule for rule in compiled(settings_file(file), *identity_labels) if not rule.engine]
    return closed_over({Reference(alert)}, rules)


def needed(tests: Iterable[Json], loaded: Iterable[Rule]) -> tuple[Rule, ...]:
    """What the tests ask for, and what that reads, in the order of evaluation."""
    return closed_over({reference for test in tests for case in cases(test) for reference in asked_in(case)}, loaded)


def closed_over(asked: Iterable[Reference], loaded: Iterable[Rule], start: Iterable[Rule] = ()) -> tuple[Rule, ...]:
    """The rules that are asked for and those to start with, and all that these read."""
    loaded, asked = list(loaded), frozenset(asked)
    named = by_name(loaded)

    def joined(needed: frozenset[Rule]) -> frozenset[Rule]:
        read = asked.union(*(rule.reads for rule in needed))
        return needed | {rule for _, rule in meant(read, named)}

    needed = until_nothing_is_added(frozenset(start), joined)
    return tuple(rule for rule in loaded if rule in needed)


def until_nothing_is_added(
    rules: frozenset[Rule], joined: Callable[[frozenset[Rule]], frozenset[Rule]]
) -> frozenset[Rule]:
    while (more := joined(rules)) != rules:
        rules = more
    return rules


def cases(test: Json) -> list[Json]:
    """What a test asks, alerts first."""
    return [*test.get("alert_rule_test", ()), *test.get("promql_expr_test", ())]


def asked_in(case: Json) -> frozenset[Reference]:
    """What a case names that could be a rule."""
    return frozenset({Reference(case["alertname"])}) if "alertname" in case else references(case["expr"])
