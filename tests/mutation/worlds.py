"""Does a test notice a faulty rule? Many faults of one rule are tried in one promtool run, each in a world of its own.

The rule, all that reads it, and every case that depends on it are copied once for each mutant, under names of their own
(`InferenceQPSLow__m7`), and the mutant takes the rule's place in its copy. Copy 0 holds the rule unchanged and must pass: it proves
that copying changes nothing.
"""

import re
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import yaml_text
from glassbox.errors import GlassboxError
from glassbox.prometheus import promtool
from tests.mutation.mutators import pretty
from tests.mutation.references import in_place, marked
from tests.mutation.trial import SERIES_OF_ENGINES, Trial
from tests.support.needed_rules import Rule
from tests.support.promtool_windows import closed
from tests.support.rule_test_files import how_to_run

UNCHANGED = 0
MUTANTS_AT_ONCE = 25
# Copies of rules that look back for days take minutes on a busy machine.
TIMEOUT_SECONDS = 1200
LINES_SHOWN = 6

_COPY = re.compile(r"__m(\d+)")
_RULE_ERROR = re.compile(r"rule: \S+__m\d+, time: .* err:")


def noticed(trial: Trial, mutants: Mapping[int, Json]) -> set[int]:
    """The numbers of those mutants of the trial's subject that fail a case, or cannot be evaluated.

    Raises GlassboxError where the unchanged rule fails too: then there is nothing to learn from the rest.
    """
    numbers = list(mutants)
    parts = [numbers[start : start + MUTANTS_AT_ONCE] for start in range(0, len(numbers), MUTANTS_AT_ONCE)]
    return {found for part in parts for found in _noticed(trial, {number: mutants[number] for number in part})}


def _noticed(trial: Trial, mutants: Mapping[int, Json]) -> set[int]:
    alive, killed = _that_differ(trial, mutants), set[int]()
    while alive:
        problems = _run(trial, alive)
        hit = {int(number) for number in _COPY.findall(problems)}
        if UNCHANGED in hit or (problems and not hit):
            shown = "\n".join(problems.splitlines()[:LINES_SHOWN])
            raise GlassboxError(f"{trial.file.name} fails without any fault; make it pass first:\n{shown}")
        killed |= hit
        alive = {number: rule for number, rule in alive.items() if number not in hit}
        # An error of one copy ends the test for all of them, so that the others have not been judged yet.
        if not _RULE_ERROR.search(problems):
            break
    return killed


def _that_differ(trial: Trial, mutants: Mapping[int, Json]) -> dict[int, Json]:
    """The mutants that readers of the rule could see: a series that is the same all the time spares their evaluation."""
    alone = replace(trial, rules=trial.up_to_subject)
    if len(alone.rules) == len(trial.rules):
        return dict(mutants)
    problems = _run(replace(alone, tests=tuple(_comparison(test, trial) for test in trial.tests)), mutants)
    differing = {int(number) for number in _COPY.findall(problems)}
    return {number: body for number, body in mutants.items() if number in differing or _RULE_ERROR.search(problems)}


def _comparison(test: Json, trial: Trial) -> Json:
    """The test with one case, which fails where the rule's series was another than copy 0's at any time."""
    subject = trial.subject
    labels = "{" + ",".join(f'{label}="{value}"' for label, value in subject.own_labels.items()) + "}"
    other, same = subject.name + labels, _mark(subject.name, UNCHANGED) + labels
    length, step = (f"{seconds:.0f}s" for seconds in (trial.length_seconds(test), trial.step_seconds))
    differs = f"({other} != {same}) or ({other} unless {same}) or ({same} unless {other})"
    case = {"expr": f"count_over_time(({differs})[{length}:{step}])", "eval_time": length, "exp_samples": []}
    return test | {"alert_rule_test": [], "promql_expr_test": [case]}


def _run(trial: Trial, mutants: Mapping[int, Json]) -> str:
    """What promtool finds, empty where all copies pass."""
    unchanged = trial.subject.body | {"expr": pretty(trial.subject.body["expr"])}
    worlds = {UNCHANGED: unchanged, **mutants}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder, "rules.yaml").write_text(closed(yaml_text(_rules(trial, worlds))), encoding="utf-8")
        test = {
            **how_to_run(),
            **{key: value for key, value in trial.content.items() if key != SERIES_OF_ENGINES},
            "rule_files": ["rules.yaml"],
            "tests": [_test(test, trial, worlds) for test in trial.tests],
        }
        file = Path(folder, trial.file.name)
        file.write_text(closed(_plain_yaml(test)), encoding="utf-8")
        return "\n".join(promtool.test_rules([file], timeout_seconds=TIMEOUT_SECONDS).problems)


def _rules(trial: Trial, worlds: Mapping[int, Json]) -> Json:
    groups: dict[str, list[Json]] = {}
    for rule in trial.rules:
        groups.setdefault(rule.group, []).extend(_copies(rule, trial, worlds))
    return {"groups": [{"name": name, "rules": rules} for name, rules in groups.items()]}


def _copies(rule: Rule, trial: Trial, worlds: Mapping[int, Json]) -> list[Json]:
    if rule not in trial.copied:
        return [rule.body]
    bodies = {number: mutant if rule is trial.subject else rule.body for number, mutant in worlds.items()}
    return [_renamed(body, trial.copied, number) for number, body in bodies.items()]


def _renamed(body: Json, rules: Collection[Rule], number: int) -> Json:
    """The rule in the world of that number. Its name stands without labels, and is always that of a copy."""
    name = {key: _mark(body[key], number) for key in ("alert", "record") if key in body}
    return body | name | {"expr": marked(body["expr"], rules, _mark("", number))}


def _mark(name: str, number: int) -> str:
    return f"{name}__m{number}"


def _test(test: Json, trial: Trial, worlds: Mapping[int, Json]) -> Json:
    asked = {
        kind: [_case(case, trial, number, body) for number, body in worlds.items() for case in test[kind]]
        for kind in ("alert_rule_test", "promql_expr_test")
    }
    names = {rule.name for rule in trial.copied}
    given: list[Json] = []
    for series in test.get("input_series", ()):
        name = series["series"].partition("{")[0].strip()
        marks = [_mark("", number) for number in worlds] if name in names else []
        # Rules that tell records of this name apart read it without a mark.
        given.extend(series | {"series": series["series"].replace(name, name + mark, 1)} for mark in ("", *marks))
    return test | asked | {"input_series": given}


def _case(case: Json, trial: Trial, number: int, body: Json) -> Json:
    """The case in one world. Expected labels hold the name of a series where the expression keeps it."""
    subject, mark = trial.subject, _mark("", number)
    if "alertname" in case:
        return case | {"alertname": case["alertname"] + mark}
    if trial.copied:
        expr = marked(case["expr"], trial.copied, mark)
    else:
        expr = in_place(case["expr"], subject, body["expr"], subject.name + mark)
    samples = [
        sample | {"labels": marked(sample["labels"], trial.copied or [subject], mark)} if "labels" in sample else sample
        for sample in case.get("exp_samples") or ()
    ]
    return case | {"expr": expr, "exp_samples": samples}


def rejected(subject: Rule, mutants: Mapping[int, Json]) -> set[int]:
    """The numbers of the mutants that are no rules at all, as promtool sees it."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:

        def refuses(numbers: Iterable[int]) -> bool:
            rules = [_renamed(mutants[number], (), number) for number in numbers]
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
