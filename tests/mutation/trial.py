"""Which tests can notice a fault of a rule, cut down to what they need.

A record that nothing else of a case depends on is asked in place: its expression stands in the case, at the case's moment, and not as a rule
that is evaluated all the time before. For the rest the rule and all that reads it run as rules. What lies upstream is shared, what is asked
by no case is left out, and so is a case that finds series by a pattern of names. Records of one name are told apart by their own labels, so
that what reads another of them is no reader.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from glassbox.compile.bundle import Json
from glassbox.query.promql import duration_seconds
from tests.mutation.references import by_name, meant, stands_alone
from tests.support import every_engine
from tests.support.engine_rules import as_test_file
from tests.support.needed_rules import Rule, asked_in, cases, closed_over, compiled, needed, until_nothing_is_added
from tests.support.rule_test_files import FOLDER, TEST_FILES, read, settings_file

STEPS_OF_A_RUN = 100
SERIES_OF_ENGINES = "series of engines"


@dataclass(frozen=True)
class Trial:
    """Some tests of one file, cut down to what depends on one rule."""

    file: Path
    content: Json
    """All of the file, with its other tests."""
    subject: Rule
    rules: tuple[Rule, ...]
    """Those that the cases need, in the order of evaluation."""
    tests: tuple[Json, ...]
    copied: frozenset[Rule]
    """The subject, what reads it, and what the same readers cannot tell from these; empty where the cases ask the expression itself."""

    @property
    def up_to_subject(self) -> tuple[Rule, ...]:
        """The rule and what it reads: without its readers, where it has some here."""
        return closed_over(self.subject.reads, self.rules, {self.subject})

    @property
    def asks_itself(self) -> bool:
        """Whether a case names the rule, and not only what reads it."""
        return any(_asks(case, [self.subject]) for test in self.tests for case in cases(test))

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

    @property
    def step_seconds(self) -> int:
        """Between two evaluations."""
        return duration_seconds(self.content.get("evaluation_interval", "1m"))

    def length_seconds(self, test: Json) -> int:
        """Until the last case of a test."""
        return max(duration_seconds(case["eval_time"]) for case in cases(test))

    def _steps(self, test: Json) -> float:
        return self.length_seconds(test) / self.step_seconds


def trials(identity: str) -> list[Trial]:
    """The tests that can notice a fault of this rule, the likely and quick ones first."""
    files = {file: read(file) for file in TEST_FILES} | _of_engines()
    whole = [trial for file, content in files.items() for trial in _trials(file, content, identity)]
    parts = [part for trial in whole for part in trial.parts()]
    return sorted(parts, key=lambda trial: (not trial.asks_itself, trial.steps))


@cache
def _of_engines() -> Mapping[Path, Json]:
    """What the tests of engines ask, each as if it stood in a file of its own, and evaluated less often."""
    rules = compiled(None)
    files = {"rule_files": list(dict.fromkeys(rule.file for rule in rules))}
    return {
        FOLDER / f"test_engines.py of {name}": as_test_file(
            rows, cases, rules, every=every_engine.seconds_between(name)
        )
        | files
        | {SERIES_OF_ENGINES: {row["series"].partition("{")[0] for row in rows} - {"up"}}
        for name, (rows, cases) in every_engine.all_tests()
    }


def _trials(file: Path, content: Json, identity: str) -> Iterator[Trial]:
    """The cases of a file that ask for the rule alone, and apart from them the rest."""
    loaded = tuple(rule for rule in compiled(settings_file(file)) if rule.file in content["rule_files"])
    subject = next((rule for rule in loaded if rule.identity == identity), None)
    if subject is None or not _may_notice(content, subject):
        return
    copied = _copied(subject, loaded, content["tests"])
    parted = [_parted(test, subject, copied) for test in content["tests"]]
    if alone := tuple(part for part, _ in parted if part):
        yield Trial(
            file,
            content,
            subject,
            tuple(rule for rule in needed(alone, loaded) if rule is not subject),
            alone,
            frozenset(),
        )
    if others := tuple(part for _, part in parted if part):
        yield Trial(file, content, subject, needed(others, loaded), others, copied)


def _may_notice(content: Json, subject: Rule) -> bool:
    """Whether a test of engines has series that the rule reads; any other file may ask for what is made of the rule."""
    given = content.get(SERIES_OF_ENGINES)
    return given is None or any(reference.name in given for reference in subject.reads)


def _parted(test: Json, subject: Rule, copied: frozenset[Rule]) -> tuple[Json, Json]:
    """The test with the cases that can be asked in place, and with the others that depend on the rule; empty where there are none."""
    given = any(subject.name in series["series"] for series in test.get("input_series", ()))
    reads_its_past = any(reference.may_be(subject) for reference in subject.reads)

    def in_place(case: Json) -> bool:
        only_itself = _asks(case, [subject]) and not _asks(case, copied - {subject})
        has_no_history = not (given or reads_its_past or subject.is_alert)
        return has_no_history and only_itself and stands_alone(case["expr"], subject)

    return _only(test, in_place), _only(test, lambda case: _asks(case, copied) and not in_place(case))


def _copied(subject: Rule, loaded: Iterable[Rule], tests: Iterable[Json]) -> frozenset[Rule]:
    """The subject, its readers and theirs, and every rule that one of these, or a case, reads under the same reference."""
    asked = {reference for test in tests for case in cases(test) for reference in asked_in(case)}
    loaded = list(loaded)
    all_named = by_name(loaded)

    def joined(copied: frozenset[Rule]) -> frozenset[Rule]:
        named = by_name(copied)
        read = {reference for rule in copied for reference in rule.reads} | asked
        shared = {reference for reference, _ in meant(read, named)}
        readers = {rule for rule in loaded if any(meant(rule.reads, named))}
        return copied | readers | {rule for _, rule in meant(shared, all_named)}

    return until_nothing_is_added(frozenset({subject}), joined)


def _asks(case: Json, rules: Collection[Rule]) -> bool:
    return any(reference.may_be_any(rules) for reference in asked_in(case))


def _only(test: Json, wanted: Callable[[Json], bool]) -> Json:
    """The test with the wanted cases; empty where it has none."""
    kinds = ("alert_rule_test", "promql_expr_test")
    kept = {kind: list(filter(wanted, test.get(kind, ()))) for kind in kinds}
    return {**test, **kept} if any(kept.values()) else {}
