"""Recorded series of each engine's models, distinguished by the label `inference_engine`."""

from collections.abc import Collection
from dataclasses import replace
from functools import reduce

from glassbox.metrics.engines import ENGINES
from glassbox.query.buckets import BucketMatcher
from glassbox.query.expr import Expr
from glassbox.query.expression_parts import ENGINE_LABEL
from glassbox.query.promql import instant
from glassbox.query.rules import Record
from glassbox.query.selectors import Matcher, Source, not_regex


def of_each_engine(recorded: Source, engines: Collection[str], **matchers: str | Matcher) -> Expr:
    """The newest value of a recorded series; `by_engine` has that of the models of each of these engines alone."""
    by_engine = (
        (engine, instant(recorded, **matchers, **own)) for engine, own in _own_matchers().items() if engine in engines
    )
    return replace(instant(recorded, **matchers), by_engine=tuple(by_engine))


def bucket_of_each_engine(recorded: Record, within: BucketMatcher) -> Expr:
    """The recorded bucket at a bound, of each engine at the nearest bound that it has."""
    engines = [engine for engine, _ in recorded.expr.by_engine] or [ENGINES[0].name]
    own = {engine: within.of(recorded.histogram_names_of(engine)) for engine in engines}
    by_engine = dict(each for engine, le in own.items() for each in of_each_engine(recorded, [engine], le=le).by_engine)
    # One selector reads all engines that have the bound itself.
    exact = instant(recorded, le=within)
    others = (by_engine[engine] for engine, le in own.items() if le.value != within.value)
    return replace(reduce(Expr.or_, others, exact), by_engine=tuple(by_engine.items()))


def _own_matchers() -> dict[str, dict[str, str | Matcher]]:
    """The matchers that distinguish an engine's series from all others. Series of the first may have any other name, or none."""
    first, *others = (engine.name for engine in ENGINES)
    not_others: dict[str, str | Matcher] = {ENGINE_LABEL: not_regex("|".join(others))} if others else {}
    return {first: not_others, **{engine: {ENGINE_LABEL: engine} for engine in others}}
