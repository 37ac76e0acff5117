"""PromQL text with a shape: what an expression returns is known before Prometheus sees it.

An expression is a row of text pieces and selectors, so that matchers can be added to every selector later without a parser.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, cast

from glassbox.metrics.types import Kind, Unit
from glassbox.query.expression_parts import (
    AmongTargets,
    LabelList,
    OfItsTarget,
    Parts,
    Recomputed,
    beside_job,
    identified,
    selectors_of,
    with_changed,
)
from glassbox.query.reporters import Reporters, of_both, of_either
from glassbox.query.selectors import Matchers, QueryError, Selector, Shape

# Binding strength of the outermost operator, as in the PromQL documentation ("Binary operator precedence").
ATOM, MULTIPLY, ADD, COMPARE, AND, OR = 6, 5, 4, 3, 2, 1

OPERATORS = {"*": MULTIPLY, "/": MULTIPLY, "+": ADD, "-": ADD, "and": AND, "unless": AND, "or": OR} | dict.fromkeys(
    (">", ">=", "<", "<=", "==", "!="), COMPARE
)


@dataclass(frozen=True)
class Expr:
    """A PromQL expression and its shape. `str()` gives the text.

    `by_engine` is what it gives for each engine alone, where the engines' series can be told apart: the expression is these
    joined by `or`. It is empty where they cannot, or where nothing depends on the engine.
    """

    parts: Parts
    shape: Shape
    strength: int = ATOM
    by_engine: tuple[tuple[str, "Expr"], ...] = ()

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Every selector in it, in the order of the text."""
        return tuple(selectors_of(self.parts))

    @property
    def names_read(self) -> tuple[str, ...]:
        """The names of the series that it reads, each once, in the order of the text."""
        return tuple(dict.fromkeys(name for selector in self.selectors for name in selector.names))

    def bracketed(self, strength: int = ATOM) -> Parts:
        """Its parts, in brackets where its outermost operator binds weaker than `strength`."""
        return self.parts if self.strength >= strength else ("(", *self.parts, ")")

    def with_selectors(self, change: Callable[[Selector], Parts]) -> "Expr":
        """Self with what `change` makes of each selector in its place."""
        changed = replace(self, parts=tuple(with_changed(self.parts, change)))
        return changed._with_each_engine(lambda each: each.with_selectors(change))

    @property
    def as_recorded(self) -> "Expr":
        """Self as content wrote it: the recorded series themselves, where they are computed again."""
        parts = tuple(part.recorded if isinstance(part, Recomputed) else part for part in self.parts)
        return replace(self, parts=parts)._with_each_engine(lambda each: each.as_recorded)

    def filtered(self, matchers: Matchers, *, shared_names_only: bool = False) -> "Expr":
        """Self with each matcher added to every selector whose series have that label."""

        def narrow(selector: Selector) -> Parts:
            if shared_names_only and not selector.shared_name:
                return (selector,)
            fitting = {selector.named(label): m for label, m in matchers.items() if label in selector.labels}
            return (selector.matching(fitting),)

        return self.with_selectors(narrow)

    def shifted(self, offset: str) -> "Expr":
        """Self as it was `offset` ago, a Prometheus duration."""
        return self.with_selectors(lambda selector: (replace(selector, offset=offset),))

    def identified(self, labels: Sequence[str]) -> "Expr":
        """Self with these labels in addition to `job` wherever it distinguishes series: they identify the services of one job."""
        if not labels:
            return self
        shape = replace(self.shape, labels=beside_job(self.shape.labels, labels))
        changed = replace(self, parts=tuple(identified(part, labels) for part in self.parts), shape=shape)
        return changed._with_each_engine(lambda each: each.identified(labels))

    @property
    def together(self) -> "Expr":
        """Self as one query for all engines."""
        return replace(self, by_engine=())

    @property
    def of_one_target(self) -> "Expr":
        """Self as it is read of one target alone."""
        parts = tuple(part for part in self.parts if not isinstance(part, AmongTargets))
        return replace(self, parts=parts)._with_each_engine(lambda each: each.of_one_target)

    def measured_in(self, unit: Unit) -> "Expr":
        """Self, read in another unit: for results whose unit does not follow from the operands."""
        return self.shaped(replace(self.shape, unit=unit))

    def reported_by(self, reporters: Reporters) -> "Expr":
        """Self, with the engines and exporters that report it."""
        return replace(self, shape=replace(self.shape, reporters=reporters))

    def shaped(self, shape: Shape) -> "Expr":
        """Self with another shape."""
        return replace(self, shape=shape)._with_each_engine(lambda each: each.shaped(shape))

    def _with_each_engine(self, change: Callable[["Expr"], "Expr"]) -> "Expr":
        if not self.by_engine:
            return self
        return replace(self, by_engine=tuple((engine, change(each)) for engine, each in self.by_engine))

    def __truediv__(self, other: "Expr | float") -> "Expr":
        unit = Unit.RATIO if _unit_of(other) is self.shape.unit else self.shape.unit
        return binary(self, "/", other, unit=unit)

    def __mul__(self, other: "Expr | float") -> "Expr":
        return binary(self, "*", other)

    def __add__(self, other: "Expr | float") -> "Expr":
        return binary(self, "+", other)

    def __sub__(self, other: "Expr | float") -> "Expr":
        return binary(self, "-", other)

    def __gt__(self, other: "Expr | float") -> "Expr":
        return binary(self, ">", other)

    def __ge__(self, other: "Expr | float") -> "Expr":
        return binary(self, ">=", other)

    def __lt__(self, other: "Expr | float") -> "Expr":
        return binary(self, "<", other)

    def equals(self, other: "Expr | float") -> "Expr":
        """Keep the series whose value is equal."""
        return binary(self, "==", other)

    def and_(self, other: "Expr", *, on: Sequence[str] | None = None) -> "Expr":
        """Series of the left side that have a partner on the right, whatever its value."""
        return binary(self, "and", other, matching=_on(self, other, on))

    def unless(self, other: "Expr", *, on: Sequence[str] | None = None) -> "Expr":
        """Series of the left side that have no partner on the right."""
        return binary(self, "unless", other, matching=_on(self, other, on))

    def or_(self, other: "Expr", *, on: Sequence[str] | None = None) -> "Expr":
        """All series of the left side, and those of the right that have no partner on the left."""
        both = tuple(dict.fromkeys((*self.shape.labels, *other.shape.labels)))
        joined = binary(self, "or", other, matching=_on(self, other, on))
        return joined.shaped(replace(joined.shape, labels=both))

    def taking(self, labels: Sequence[str], other: "Expr", *, on: Sequence[str]) -> "Expr":
        """Many series on the left times one on the right, which lends them `labels` (`* on(...) group_left(...)`)."""
        lent = (*_on(self, other, on), f" group_left ({', '.join(labels)})")
        product = binary(self, "*", other, matching=lent)
        return product.shaped(replace(product.shape, labels=(*product.shape.labels, *labels)))

    def of_its_target(self, target: "Expr", *, of_others: Sequence[str], on: Sequence[str]) -> "Expr":
        """Self, whose series name under the labels `of_others` what they measure: where these tell services apart, they are those of the target."""
        (read,) = target.selectors
        weak = self.strength < MULTIPLY
        return replace(self, parts=(OfItsTarget(self.parts, tuple(of_others), read, tuple(on), weak),))


P = ParamSpec("P")
# With one of these, the engines' series are told apart.
_OF_ENGINES = ("inference_engine", "instance")


def each_engine(operation: Callable[P, Expr]) -> Callable[P, Expr]:
    """An operation on expressions that is also done for each engine alone.

    An engine has a result where it has all operands that depend on the engine; of an `or`, one is enough.
    """

    @wraps(operation)
    def done(*operands: P.args, **options: P.kwargs) -> Expr:
        whole = operation(*operands, **options)
        if not set(_OF_ENGINES) & set(whole.shape.labels):
            return whole
        again = cast(Callable[..., Expr], operation)
        by_engine = tuple((engine, again(*each, **options)) for engine, each in _of_each_engine(operands))
        return whole if by_engine == whole.by_engine else replace(whole, by_engine=by_engine)

    return done


def _of_each_engine(operands: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The operands of each engine that has all of them."""
    depend = [dict(each.by_engine) for each in operands if isinstance(each, Expr) and each.by_engine]
    for engine in depend[0] if depend else ():
        if all(engine in each for each in depend):
            yield (
                engine,
                [dict(each.by_engine).get(engine, each) if isinstance(each, Expr) else each for each in operands],
            )


def binary(left: Expr, operator: str, right: Expr | float, *, matching: Parts = (), unit: Unit | None = None) -> Expr:
    """Join two operands, with brackets where the operator needs them."""
    joined = _joined(left, operator, right, matching=matching, unit=unit)
    if operator == "or":
        return replace(joined, by_engine=tuple(_either_side(left, right, matching)))
    if operator == "unless":
        return replace(joined, by_engine=_left_sides(left, joined))
    # What is kept for the sake of any engine does not depend on one of them.
    return replace(joined, by_engine=()) if operator == "and" and not left.by_engine else joined


def _either_side(left: Expr, right: Expr | float, matching: Parts) -> Iterator[tuple[str, Expr]]:
    """An `or` for each engine: one side is enough. Nothing where a side does not depend on the engine."""
    if isinstance(right, Expr) and left.by_engine and right.by_engine:
        first, second = dict(left.by_engine), dict(right.by_engine)
        for engine in dict.fromkeys((*first, *second)):
            sides = [side[engine] for side in (first, second) if engine in side]
            yield engine, sides[0] if len(sides) == 1 else _joined(sides[0], "or", sides[1], matching=matching)


def _left_sides(left: Expr, joined: Expr) -> tuple[tuple[str, Expr], ...]:
    """An `unless` for each engine, which takes nothing away where the right side does not depend on it."""
    return tuple((engine, dict(joined.by_engine).get(engine, alone)) for engine, alone in left.by_engine)


@each_engine
def _joined(left: Expr, operator: str, right: Expr | float, *, matching: Parts, unit: Unit | None = None) -> Expr:
    if isinstance(right, Expr) and not matching and operator not in ("and", "or", "unless"):
        _require_same_labels(left, operator, right)
    strength = OPERATORS[operator]
    other = right if isinstance(right, Expr) else number(right)
    between = (f" {operator}", *matching, " ")
    parts = (*left.bracketed(strength), *between, *other.bracketed(strength + 1))
    shape = replace(left.shape, unit=unit or left.shape.unit, reporters=_reporters(left, operator, other))
    return Expr(parts, shape, strength)


def _reporters(left: Expr, operator: str, right: Expr) -> Reporters:
    first, second = left.shape.reporters, right.shape.reporters
    if operator == "or":
        return of_either(first, second)
    return first if operator == "unless" else of_both(first, second)


def number(value: float) -> Expr:
    """A literal."""
    text = str(int(value)) if float(value).is_integer() else repr(value)
    return Expr((text,), Shape(Kind.GAUGE, Unit.NONE, scalar=True))


def _require_same_labels(left: Expr, operator: str, right: Expr) -> None:
    if left.shape.scalar or right.shape.scalar:
        return
    if set(left.shape.labels) != set(right.shape.labels):
        raise QueryError(
            f"'{left} {operator} {right}' can never match: one side has the labels {', '.join(left.shape.labels) or 'none'}, "
            f"the other {', '.join(right.shape.labels) or 'none'}; aggregate both by the same labels."
        )


def _on(left: Expr, right: Expr, labels: Sequence[str] | None) -> Parts:
    for label in labels or ():
        for side in (left, right):
            if label not in side.shape.labels:
                raise QueryError(f"'{side}' has no label {label!r} to match on.")
    return () if labels is None else (" on (", LabelList(tuple(labels)), ")")


def many_to_one(labels: Sequence[str]) -> Parts:
    """The matching of many series on the left with the one on the right that has the same values of these labels."""
    return (" on (", LabelList(tuple(labels)), ") group_left ()")


def _unit_of(operand: "Expr | float") -> Unit | None:
    return operand.shape.unit if isinstance(operand, Expr) and not operand.shape.scalar else None
