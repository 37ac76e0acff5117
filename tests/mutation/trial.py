"""Does a test file notice a faulty rule? Many faults of one rule are tried in one promtool run, each in a world of its own.

The rule, all that reads it, and every case that depends on it are copied once for each mutant, under names of their own
(`InferenceQPSLow__m7`), and the mutant takes the rule's place in its copy. What lies upstream is shared, what is asked by no case is left
out, and so is a case that finds series by a pattern of names. Copy 0 holds the rule unchanged and must pass: it proves that copying changes nothing.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kit.errors import GlassboxError
from kit.promql import duration_seconds
from kit.settings import load_settings
from pipeline import promtool
from pipeline.bundle import Json
from pipeline.compiler import compile_bundle
from pipeline.outputs import yaml_text
from tests.mutation.mutators import pretty
from tests.rules.files import TEST_FILES, how_to_run, read, settings_file
from tests.rules.windows import closed

UNCHANGED = 0
STEPS_OF_A_RUN = 100
LINES_SHOWN = 6

_NAME = re.compile(r"[A-Za-z_:][\w:]*")
_COPY = re.compile(r"__m(\d+)")
_RULE_ERROR = re.compile(r"rule: \S+__m\d+, time: .* err:")


@dataclass(frozen=True, eq=False)
class Rule:
    """One compiled rule, where it lies, and what tells it from others of its name: a record's own labels."""

    file: str
    group: str
    body: Json

    @property
    def name(self) -> str:
        return str(self.body.get("alert") or self.body["record"])

    @property
    def is_alert(self) -> bool:
        return "alert" in self.body

    @property
    def identity(self) -> str:
        labels = {} if self.is_alert else self.body.get("labels", {})
        return self.name + "".join(f"{{{label}={value}}}" for label, value in labels.items())

    @property
    def reads(self) -> frozenset[str]:
        return names_in(self.body["expr"])


@cache
def names_in(text: str) -> frozenset[str]:
    """Every word that could be the name of a rule."""
    return frozenset(_NAME.findall(text))


@cache
def compiled(settings: Path | None) -> tuple[Rule, ...]:
    """All rules with a settings file, or with the defaults, in the order in which they are evaluated."""
    bundle = compile_bundle(load_settings(settings))
    files = {f"recording_rules/{name}": content for name, content in bundle.recording_rules.items()}
    files |= {f"alerts/{name}": content for name, content in bundle.alerts.items()}
    return tuple(
        Rule(file, group["name"], rule)
        for file, content in files.items()
        for group in content["groups"]
        for rule in group["rules"]
    )


@dataclass(frozen=True)
class Trial:
    """Some tests of one file, cut down to what depends on one rule."""

    file: Path
    subject: Rule
    rules: tuple[Rule, ...]
    """Those that the cases need, in the order of evaluation."""
    tests: tuple[Json, ...]
    copied: frozenset[str]
    """The subject's name, and the names of what reads it."""

    @property
    def asks_itself(self) -> bool:
        """Whether a case names the rule, and not only what reads it."""
        return any(self.subject.name in _asked(case) for test in self.tests for case in _cases(test))

    @property
    def steps(self) -> float:
        """Evaluations of the rules, which is what a run costs."""
        return sum(map(self._steps, self.tests))

    def parts(self) -> Iterator["Trial"]:
        """The same in short runs, so that what dies in a short test is not carried through a long one."""
        part: list[Json] = []
        for test in sorted(self.tests, key=self._steps):
            if part and sum(map(self._steps, (*part, test))) > STEPS_OF_A_RUN:
                yield replace(self, tests=tuple(part))
                part = []
            part.append(test)
        yield replace(self, tests=tuple(part))

    def _steps(self, test: Json) -> float:
        longest = max(duration_seconds(case["eval_time"]) for case in _cases(test))
        return longest / duration_seconds(read(self.file).get("evaluation_interval", "1m"))


def trials(identity: str) -> list[Trial]:
    """The tests that can notice a fault of this rule, the likely and quick ones first."""
    whole = [trial for file in TEST_FILES if (trial := _trial(file, identity))]
    parts = [part for trial in whole for part in trial.parts()]
    return sorted(parts, key=lambda trial: (not trial.asks_itself, trial.steps))


def _trial(file: Path, identity: str) -> Trial | None:
    content = read(file)
    loaded = tuple(rule for rule in compiled(settings_file(file)) if rule.file in content["rule_files"])
    subject = next((rule for rule in loaded if rule.identity == identity), None)
    if subject is None:
        return None
    copied = _closure({subject.name}, loaded, lambda rule, names: rule.reads & names, lambda rule: {rule.name})
    tests = tuple(kept for test in content["tests"] if (kept := _only_about(copied, test)))
    asked = {name for test in tests for case in _cases(test) for name in _asked(case)}
    needed = _closure(asked, loaded, lambda rule, names: {rule.name} & names, lambda rule: rule.reads)
    return Trial(file, subject, tuple(rule for rule in loaded if rule.name in needed), tests, copied) if tests else None


def _closure(
    start: set[str],
    rules: Iterable[Rule],
    belongs: Callable[[Rule, set[str]], Iterable[str]],
    brings: Callable[[Rule], Iterable[str]],
) -> frozenset[str]:
    """`start`, and what the rules that belong to it bring, until nothing is added."""
    names, before = set(start), 0
    while before != len(names):
        before = len(names)
        for rule in rules:
            if belongs(rule, names):
                names.update(brings(rule))
    return frozenset(names)


def _cases(test: Json) -> list[Json]:
    return [*test.get("alert_rule_test", ()), *test.get("promql_expr_test", ())]


def _asked(case: Json) -> frozenset[str]:
    return frozenset({case["alertname"]}) if "alertname" in case else names_in(case["expr"])


def _only_about(names: frozenset[str], test: Json) -> Json:
    """The test without the cases that ask for nothing of these names; empty where none is left."""
    kinds = ("alert_rule_test", "promql_expr_test")
    kept = {kind: [case for case in test.get(kind, ()) if _asked(case) & names] for kind in kinds}
    return {**test, **kept} if any(kept.values()) else {}


def noticed(trial: Trial, mutants: Mapping[int, Json]) -> set[int]:
    """The numbers of those mutants of the trial's subject that fail a case, or cannot be evaluated.

    Raises GlassboxError where the unchanged rule fails too: then there is nothing to learn from the rest.
    """
    alive, killed = dict(mutants), set[int]()
    while True:
        problems = _run(trial, alive)
        hit = {int(number) for number in _COPY.findall(problems)}
        if UNCHANGED in hit or (problems and not hit):
            shown = "\n".join(problems.splitlines()[:LINES_SHOWN])
            raise GlassboxError(f"{trial.file.name} fails without any fault; make it pass first:\n{shown}")
        killed |= hit
        alive = {number: rule for number, rule in alive.items() if number not in hit}
        # An error of one copy ends the test for all of them, so that the others have not been judged yet.
        if not alive or not _RULE_ERROR.search(problems):
            return killed


def _run(trial: Trial, mutants: Mapping[int, Json]) -> str:
    """What promtool finds, empty where all copies pass."""
    unchanged = trial.subject.body | {"expr": pretty(trial.subject.body["expr"])}
    worlds = {UNCHANGED: unchanged, **mutants}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder, "rules.yaml").write_text(closed(yaml_text(_rules(trial, worlds))), encoding="utf-8")
        test = {**read(trial.file), **how_to_run(), "rule_files": ["rules.yaml"], "tests": _tests(trial, worlds)}
        file = Path(folder, trial.file.name)
        file.write_text(closed(_plain_yaml(test)), encoding="utf-8")
        return "\n".join(promtool.test_rules([file]).problems)


def _rules(trial: Trial, worlds: Mapping[int, Json]) -> Json:
    groups: dict[str, list[Json]] = {}
    for rule in trial.rules:
        groups.setdefault(rule.group, []).extend(_copies(rule, trial, worlds))
    return {"groups": [{"name": name, "rules": rules} for name, rules in groups.items()]}


def _copies(rule: Rule, trial: Trial, worlds: Mapping[int, Json]) -> list[Json]:
    if rule.name not in trial.copied:
        return [rule.body]
    bodies = {number: mutant if rule is trial.subject else rule.body for number, mutant in worlds.items()}
    return [_renamed(body, trial.copied, number) for number, body in bodies.items()]


def _renamed(body: Json, names: frozenset[str], number: int) -> Json:
    return {
        key: _marked(value, names, number) if key in ("alert", "record", "expr") else value
        for key, value in body.items()
    }


def _marked(text: str, names: frozenset[str], number: int) -> str:
    """The text with each of the names as that of the copy."""
    return _NAME.sub(lambda found: f"{found[0]}__m{number}" if found[0] in names else found[0], text)


def _tests(trial: Trial, worlds: Mapping[int, Json]) -> list[Json]:
    return [_test(test, trial.copied, worlds) for test in trial.tests]


def _test(test: Json, names: frozenset[str], worlds: Mapping[int, Json]) -> Json:
    asked = {
        kind: [_case(case, names, number) for number in worlds for case in test[kind]]
        for kind in ("alert_rule_test", "promql_expr_test")
    }
    given: list[Json] = []
    for series in test.get("input_series", ()):
        name = series["series"].partition("{")[0].strip()
        marks = [f"__m{number}" for number in worlds] if name in names else [""]
        given.extend(series | {"series": series["series"].replace(name, name + mark, 1)} for mark in marks)
    return test | asked | {"input_series": given}


def _case(case: Json, names: frozenset[str], number: int) -> Json:
    """The case about one copy. Expected labels hold the name of a series where the expression keeps it."""
    changed: dict[str, Any] = {key: _marked(case[key], names, number) for key in ("alertname", "expr") if key in case}
    if case.get("exp_samples"):
        changed["exp_samples"] = [
            sample | {"labels": _marked(sample["labels"], names, number)} if "labels" in sample else sample
            for sample in case["exp_samples"]
        ]
    return case | changed


def rejected(subject: Rule, mutants: Mapping[int, Json]) -> set[int]:
    """The numbers of the mutants that are no rules at all, as promtool sees it."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:

        def refuses(numbers: Iterable[int]) -> bool:
            rules = [_renamed(mutants[number], frozenset({subject.name}), number) for number in numbers]
            file = Path(folder, "rules.yaml")
            file.write_text(yaml_text({"groups": [{"name": subject.group, "rules": rules}]}), encoding="utf-8")
            return bool(promtool.check_rules([file]))

        return {number for number in mutants if refuses([number])} if mutants and refuses(mutants) else set()


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # types-PyYAML lacks the C dumper
    """Writes what is there twice in full: the copies share most of their parts."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _plain_yaml(value: Json) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, width=10**9, allow_unicode=True)
