"""What a rule of lint is: a function over all that is read together, and all that its page says of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glassbox.lint.examples import Example
from glassbox.lint.finding import Location, Repair, Severity
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query


@dataclass(frozen=True)
class Defect:
    """What a rule found: where, what is wrong, and of a query the part of its text that is meant.

    `fix` is what to do where the rule's own sentence does not fit, and `repairs` are what `--fix` writes.
    """

    location: Location
    message: str
    query: str = ""
    part: str = ""
    fix: str = ""
    repairs: tuple[Repair, ...] = ()


def in_query(query: Query, message: str, part: str = "", fix: str = "", repairs: tuple[Repair, ...] = ()) -> Defect:
    """A defect of a query."""
    return Defect(query.location, message, query.text, part, fix, repairs)


Judge = Callable[[Corpus], Iterator[Defect]]


@dataclass(frozen=True)
class LintRule:
    """A rule. `why` and `fix` are sentences; `bad` has findings of it and `good` none.

    `asks_another` says that it waits for another program, so that others may be judged meanwhile.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    bad: Example
    good: Example
    judge: Judge
    asks_another: bool = False


def lint_rule(
    id: str,
    severity: Severity,
    *,
    title: str,
    why: str,
    fix: str,
    bad: Example,
    good: Example,
    asks_another: bool = False,
) -> Callable[[Judge], LintRule]:
    """Makes a rule of the function below it."""
    return lambda judge: LintRule(id, severity, title, why, fix, bad, good, judge, asks_another)
