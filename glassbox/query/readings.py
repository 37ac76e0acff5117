"""A role as PromQL: what each engine reports of it, in one unit and under one set of labels."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import reduce

from glassbox.metrics.engines import ENGINES
from glassbox.metrics.roles import Engine, Reading, Role
from glassbox.metrics.types import Metric
from glassbox.query.buckets import BucketMatcher
from glassbox.query.expr import MULTIPLY, Expr, Matcher, Matchers, QueryError, Selector, Shape, number, regex

# How one metric is read, with the matchers that its series can have.
Read = Callable[[Metric, dict[str, str | Matcher]], Expr]


def of_engines(role: Role, read: Read, matchers: Matchers) -> Expr:
    """The role as `read` reads each metric that reports it, of all engines; `by_engine` has each engine's alone.

    Raises QueryError where no engine reports it with labels that match.
    """
    found = {engine.name: expr for engine in ENGINES if (expr := _of_engine(engine, role, read, matchers))}
    if not found:
        raise QueryError(f"No engine reports {role.name} with the labels {', '.join(matchers)}.")
    return replace(reduce(Expr.or_, found.values()), by_engine=tuple(found.items()))


def is_reported(role: Role) -> bool:
    """Whether any engine reports the role."""
    return any(engine.readings(role) for engine in ENGINES)


def silent_about(*roles: Role) -> tuple[str, ...]:
    """The names of the engines that report none of these roles. The first engine has a way of its own where it lacks one."""
    return tuple(engine.name for engine in ENGINES[1:] if not any(engine.readings(role) for role in roles))


def lately_there(role: Role, window: str, **matchers: str | Matcher) -> Expr:
    """The newest sample within the window of every series that reports the role, to see whether it is there: values are raw.

    One selector reads all engines under all names. `last_over_time` keeps the names, so that no two series are alike.
    """
    metrics = (reading.metric for engine in ENGINES for reading in engine.readings(role))
    names = regex("|".join(name for metric in metrics for name in (metric.name, *metric.former_names)))
    labels = ("__name__", *role.all_labels)
    selector = Selector("", labels, shared_name=False, window=window).matching({"__name__": names, **matchers})
    return Expr(("last_over_time(", selector, ")"), Shape(role.kind, role.unit, role.all_labels))


def beside_first(expr: Expr) -> Expr:
    """The expression as one of the engine whose series carry no engine's name: what it gives carries none, too."""
    return replace(expr, by_engine=((ENGINES[0].name, replace(expr, by_engine=())),))


def _of_engine(engine: Engine, role: Role, read: Read, matchers: Matchers) -> Expr | None:
    """Its readings of the role, joined by `or`; None where it has none with such labels."""
    readings = [
        _clean(engine, reading, read(reading.metric, kept))
        for reading in engine.readings(role)
        if (kept := _matching(reading, matchers)) is not None
    ]
    return reduce(Expr.or_, readings) if readings else None


def _matching(reading: Reading, matchers: Matchers) -> dict[str, str | Matcher] | None:
    """The matchers under the names of the reading's labels; None where one asks for a label that its series do not have."""
    kept: dict[str, str | Matcher] = {label: _matcher(value) for label, value in reading.where.items()}
    theirs = {ours: label for label, ours in reading.renamed.items()}
    for label, matcher in matchers.items():
        name = theirs.get(label, label)
        if isinstance(matcher, BucketMatcher):
            kept[name] = matcher.of(reading.metric.histogram_names)
        elif name in reading.metric.all_labels:
            kept[name] = matcher
        elif not _accepts_none(matcher if isinstance(matcher, Matcher) else Matcher("=", matcher)):
            return None
    return kept


def _matcher(value: str) -> str | Matcher:
    """A regular expression that is a plain value is matched as one."""
    return value if re.fullmatch(r"[\w-]*", value) else regex(value)


def _accepts_none(matcher: Matcher) -> bool:
    """Whether a series without the label matches."""
    equal = re.fullmatch(matcher.value, "") is not None if "~" in matcher.operator else not matcher.value
    return equal if matcher.operator.startswith("=") else not equal


def _clean(engine: Engine, reading: Reading, read: Expr) -> Expr:
    """What was read, with one series for the ranks that report the same, in the role's unit, and under our labels."""
    expr = read
    if reading.over:
        expr = _inside(expr, f"max without ({', '.join(reading.over)}) (", ")")
    if reading.scale != 1:
        parts = (*expr.bracketed(MULTIPLY), " * ", *number(reading.scale).parts)
        expr = replace(expr, parts=parts, strength=MULTIPLY)
    for theirs, ours in reading.renamed.items():
        expr = _inside(expr, "label_replace(", f', "{ours}", "$1", "{theirs}", "(.+)")')
    # Whatever the target's label says, these series are of this engine, and are not mixed with those of another.
    return (
        _inside(expr, "label_replace(", f', "inference_engine", "{engine.name}", "", "")') if engine.stamped else expr
    )


def _inside(expr: Expr, before: str, after: str) -> Expr:
    return Expr((before, *expr.parts, after), expr.shape)
