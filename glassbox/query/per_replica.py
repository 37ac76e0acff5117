"""Recorded series computed again for one value of a label that they have summed away, such as one replica of a model.

One side of each `or` is empty: a recorded series lacks the label, so that it matches only the choice of All, and no raw series
has a value called All. An empty side costs nothing.
"""

from dataclasses import dataclass, replace

from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import Expr, Parts, Recomputed, binary
from glassbox.query.selectors import Matcher, Matchers, Selector, Shape, regex

# Prometheus puts them on every series that it scrapes (its documentation, "Jobs and instances"); a rule may add others.
_SCRAPED = ("job", "instance")
ENGINE = "inference_engine"


@dataclass(frozen=True)
class Serving:
    """Series that tie the values of a label to those of other labels, such as a replica to its models: now, and lately.

    `kept_of` says of which engines a recorded series is kept as it is, since its rule is computed again of the first engine alone.
    """

    now: Expr
    lately: Expr
    kept_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class SingleChoice:
    """A label that records have summed away. `chosen` matches the chosen value, or everything at All; `single_value` nothing at All."""

    label: str
    chosen: Matcher
    single_value: Matcher
    serving: Serving

    def resolve(self, recorded: Selector) -> Parts:
        """The recorded series at All, and its rule over the raw series of a single value.

        A rule that is unknown, or that looks back on recorded series, cannot be computed again: then the recorded series of what
        that value served lately are kept. Series that say nothing about what it serves, such as a limit, stay as they are, and so
        do series that a query looks back on: join those with a series of the present.
        """
        computed = None if recorded.window else self._computed(recorded)
        if computed is None:
            return (recorded,)
        whole = replace(recorded, labels=(*recorded.labels, self.label)).matching({self.label: self.chosen})
        return (Recomputed(recorded, binary(_query(whole), "or", computed).parts),)

    def _computed(self, recorded: Selector) -> Expr | None:
        shared = [label for label in self.serving.now.shape.labels if label in recorded.labels]
        lent = {label: matcher for label, matcher in recorded.matchers if label in shared and label not in _SCRAPED}
        if not set(shared) - set(_SCRAPED):
            return None
        if rule := self._rule(recorded, lent):
            # Series of other jobs may have the same names at the same address: they serve nothing.
            own = rule.and_(self.serving.now.filtered({self.label: self.single_value, **lent}), on=shared)
            others = (
                recorded.matching({ENGINE: regex("|".join(self.serving.kept_of))}) if self._kept(recorded) else None
            )
            return own.or_(self._of_served(others, shared), on=shared) if others else own
        return self._of_served(recorded, shared)

    def _kept(self, recorded: Selector) -> bool:
        return bool(self.serving.kept_of) and ENGINE in recorded.labels

    def _of_served(self, recorded: Selector, shared: list[str]) -> Expr:
        """The recorded series of what the value served lately."""
        return _query(recorded).and_(self.serving.lately.filtered({self.label: self.single_value}), on=shared)

    def _rule(self, recorded: Selector, lent: Matchers) -> Expr | None:
        """The rule over the raw series of the value, with the recorded series' offset and matchers, except those in `lent`."""
        if recorded.rule is None or recorded.window:
            return None
        rule = recorded.rule.filtered({label: matcher for label, matcher in recorded.matchers if label not in lent})
        found = {each: parts for each in rule.selectors if (parts := self._raw(each))}
        if any(each not in found for each in rule.selectors):
            return None
        raw = rule.with_selectors(found.__getitem__)
        return raw.shifted(recorded.offset) if recorded.offset else raw

    def _raw(self, selector: Selector) -> Parts:
        """The selector for the single value, or the rule behind it; empty where that is unknown."""
        if self.label in selector.labels:
            return (selector.matching({self.label: self.single_value}),)
        inner = self._rule(selector, {})
        return inner.bracketed() if inner else ()


def _query(selector: Selector) -> Expr:
    return Expr((selector,), Shape(Kind.GAUGE, Unit.NONE, selector.labels))
