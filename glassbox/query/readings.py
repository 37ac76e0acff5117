"""A role as PromQL: what each engine reports of it, in one unit and under one set of labels."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial, reduce

from glassbox.metrics import roles
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.roles import Engine, Reading, Role
from glassbox.metrics.types import Kind, Metric
from glassbox.query.buckets import BucketMatcher
from glassbox.query.expr import MULTIPLY, Expr, number
from glassbox.query.expression_parts import AmongTargets, Stamped
from glassbox.query.selectors import Matcher, Matchers, QueryError, Selector, Shape, differs, regex

# How one metric is read, with the matchers that its series can have.
Read = Callable[[Metric, dict[str, str | Matcher]], Expr]
_MODEL_OF_TARGET = ("job", "instance", "model_name")
# Rates outlive an engine by their window, so the knowledge that it was there must do so too.
_LATELY = "5m"
_WITHOUT_REPLICAS = frozenset(engine.name for engine in ENGINES if not engine.readings(roles.RUNNING))


def of_engines(role: Role, read: Read, matchers: Matchers) -> Expr:
    """The role as `read` reads each metric that reports it, of all engines; `by_engine` has each engine's alone.

    Raises QueryError where no engine reports it with labels that match.
    """
    found = {engine.name: expr for engine in ENGINES if (expr := _of_engine(engine, role, read, matchers))}
    if not found:
        raise QueryError(f"No engine reports {role.name} with the labels {', '.join(matchers)}.")
    return _joined(found.items())


def reported_with(expr: Expr, *roles: Role) -> Expr:
    """What was read of a role, of those engines alone that report all of these roles as well.

    It is for what is only used together with these: the others' series would be read for nothing.
    """
    those = {engine.name for engine in ENGINES if all(map(engine.readings, roles))}
    return _joined((name, alone) for name, alone in expr.by_engine if name in those)


def _joined(of_each: Iterable[tuple[str, Expr]]) -> Expr:
    """What each of these engines reports, by its name, as one expression."""
    found = tuple(of_each)
    whole = reduce(_with_also, found[1:], found[0][1])
    return replace(whole, by_engine=found).reported_by(frozenset(name for name, _ in found))


def _with_also(whole: Expr, one: tuple[str, Expr]) -> Expr:
    """What other engines report, or this one. Where it does not report what runs, none of its targets is a replica to choose."""
    name, expr = one
    joined = whole.or_(expr)
    if name not in _WITHOUT_REPLICAS:
        return joined
    before = whole.bracketed(joined.strength)
    return replace(joined, parts=(*before, AmongTargets(joined.parts[len(before) :])))


def silent_about(*roles: Role) -> tuple[str, ...]:
    """The names of the engines that report none of these roles. The first engine has a way of its own where it lacks one."""
    return tuple(engine.name for engine in ENGINES[1:] if not any(engine.readings(role) for role in roles))


def unsure_about(*roles: Role) -> tuple[str, ...]:
    """The names of the engines that report none of these roles, or each of them of some models only."""
    return tuple(engine.name for engine in ENGINES[1:] if not any(map(engine.reports_of_every_model, roles)))


def lately_there(role: Role, window: str, **matchers: str | Matcher) -> Expr:
    """The newest sample within the window of every series that reports the role, to see whether it is there: values are raw.

    One selector reads all engines under all names. `last_over_time` keeps the names, so that no two series are alike.
    """
    shape = Shape(role.kind, role.unit, role.all_labels)
    alone = tuple(
        (engine.name, _newest(_metrics((engine,), role), window, matchers, shape))
        for engine in ENGINES
        if engine.readings(role)
    )
    return replace(_newest(_metrics(ENGINES, role), window, matchers, shape), by_engine=alone)


def _metrics(engines: Iterable[Engine], role: Role) -> Iterable[Metric]:
    return (reading.metric for engine in engines for reading in engine.readings(role))


def _newest(metrics: Iterable[Metric], window: str, matchers: Matchers, shape: Shape) -> Expr:
    """The newest sample within the window of every series of these metrics, in one selector over all of their names."""
    names = dict.fromkeys(name for metric in metrics for name in (metric.name, *metric.former_names))
    selector = Selector("", ("__name__", *shape.labels, *matchers), shared_name=False, window=window)
    return Expr(("last_over_time(", selector.matching({"__name__": regex("|".join(names)), **matchers}), ")"), shape)


def beside_first(expr: Expr) -> Expr:
    """The expression as one of the engine whose series carry no engine's name: what it gives carries none, too."""
    return replace(expr, by_engine=((ENGINES[0].name, replace(expr, by_engine=())),))


def _of_engine(engine: Engine, role: Role, read: Read, matchers: Matchers) -> Expr | None:
    """Its readings of the role, joined by `or`; None where it has none with such labels."""
    found = (_of_reading(engine, reading, read, matchers) for reading in engine.readings(role))
    readings = [expr for expr in found if expr]
    if not readings:
        return None
    # Series of two readings differ in more labels than the model's, and buckets in their bounds.
    told = reduce(partial(Expr.or_, on=_MODEL_OF_TARGET), readings)
    return _without_engines_behind(engine, role, told) if engine.in_front_of else told


def _of_reading(engine: Engine, reading: Reading, read: Read, matchers: Matchers) -> Expr | None:
    """One reading and those that it is counted together with; None where none has such labels."""
    parts = [
        _clean(engine, each, read(each.metric, kept))
        for each in (reading, *reading.also)
        if (kept := _matching(engine, each, matchers)) is not None
    ]
    if not parts:
        return None
    wrong_beside = (_clean(engine, each, _lately_read(each)) for each in reading.unless)
    return reduce(partial(Expr.unless, on=_MODEL_OF_TARGET), wrong_beside, reduce(Expr.or_, parts))


def _lately_read(reading: Reading) -> Expr:
    """The newest samples of a reading's series, to see whether they are there."""
    metric = reading.metric
    return _newest([metric], _LATELY, _own_matchers(reading), Shape(metric.kind, metric.unit, metric.all_labels))


def _without_engines_behind(front: Engine, role: Role, told: Expr) -> Expr:
    """What a front end reports about models whose engines behind it have not reported this role lately."""
    engines = [engine for engine in ENGINES if not engine.in_front_of and engine.readings(role)]
    matchers: dict[str, str | Matcher] = {front.in_front_of: differs("")}
    if role.kind is Kind.BUCKETS:
        matchers["le"] = "+Inf"
    behind = Shape(role.kind, role.unit, role.all_labels)
    there = _newest(_metrics(engines, role), _LATELY, matchers, behind)
    if not engines:
        return told
    kept = told.unless(there, on=("model_name",))
    # The engines behind are targets of their own.
    before = told.bracketed(kept.strength)
    return replace(kept, parts=(*before, AmongTargets(kept.parts[len(before) :])))


def _matching(engine: Engine, reading: Reading, matchers: Matchers) -> dict[str, str | Matcher] | None:
    """The matchers under the names of the reading's labels; None where one asks for a label that its series do not have."""
    kept = _own_matchers(reading)
    theirs = {ours: label for label, ours in reading.renamed.items()}
    for label, matcher in matchers.items():
        name = theirs.get(label, label)
        if name in reading.metric.all_labels:
            kept[name] = matcher.of(reading.metric.histogram_names) if isinstance(matcher, BucketMatcher) else matcher
        elif not _accepts_none(matcher if isinstance(matcher, Matcher) else Matcher("=", matcher)):
            return None
    return kept


def _own_matchers(reading: Reading) -> dict[str, str | Matcher]:
    """Those of the reading itself."""
    apart = {label: differs(value) for label, value in reading.apart_from.items()}
    return {label: _matcher(value) for label, value in reading.where.items()} | apart


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
    return Expr((Stamped(expr.parts, engine.name),), expr.shape) if engine.stamped else expr


def _inside(expr: Expr, before: str, after: str) -> Expr:
    return Expr((before, *expr.parts, after), expr.shape)
