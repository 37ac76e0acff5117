"""What recorded series have summed away, worked out for one value of the label when somebody asks: one replica of a model.

Either side of an `or` is empty: a recorded series lacks the label, so that it matches a choice of All alone, and no raw series
has a value that is called All. What is empty costs nothing.
"""

from dataclasses import dataclass, replace

from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import ATOM, Expr, Matcher, Matchers, Parts, Selector, Shape, binary

# Prometheus puts them on every series that it scrapes (its documentation, "Jobs and instances"); others a rule may lend.
_SCRAPED = ("job", "instance")


class _Begin(str):
    """The bracket before what is worked out in place of a recorded series."""

    recorded: Selector

    def __new__(cls, recorded: Selector) -> "_Begin":
        bracket = super().__new__(cls, "(")
        bracket.recorded = recorded
        return bracket


class _End(str):
    """The bracket after it."""


def as_recorded(expr: Expr) -> Expr:
    """The query with each recorded series in place of what `One` works out for it: shorter, and what content asked for."""
    parts: list[str | Selector] = []
    depth = 0
    for part in expr.parts:
        if isinstance(part, _Begin):
            parts += [part.recorded] if depth == 0 else []
            depth += 1
        elif isinstance(part, _End):
            depth -= 1
        elif depth == 0:
            parts.append(part)
    return replace(expr, parts=tuple(parts))


@dataclass(frozen=True)
class Serving:
    """Series that tie the values of a label to those of others, such as a replica to its models: as it is now, and lately."""

    now: Expr
    lately: Expr


@dataclass(frozen=True)
class One:
    """A label that records have summed away: `chosen` matches what is chosen, or everything at All; `alone` one value, and nothing at All."""

    label: str
    chosen: Matcher
    alone: Matcher
    serving: Serving

    def of(self, recorded: Selector) -> Parts:
        """The recorded series where all are chosen, and its rule over the series of one where one is.

        A rule that looks back on recorded series, or that nobody knows, cannot be worked out: then the series of what the one
        served lately are kept. As they are stay series that tell of nothing it could serve, such as a limit, and what a query
        looks back on: join that with what is now.
        """
        alone = None if recorded.window else self._alone(recorded)
        if alone is None:
            return (recorded,)
        whole = replace(recorded, labels=(*recorded.labels, self.label)).matching({self.label: self.chosen})
        return (_Begin(recorded), *binary(_query(whole), "or", alone).parts, _End(")"))

    def _alone(self, recorded: Selector) -> Expr | None:
        shared = [label for label in self.serving.now.shape.labels if label in recorded.labels]
        lent = {label: matcher for label, matcher in recorded.matchers if label in shared and label not in _SCRAPED}
        if not set(shared) - set(_SCRAPED):
            return None
        if rule := self._rule(recorded, lent):
            # Strangers of other jobs may have the same names at the same address: they serve nothing.
            return rule.and_(self.serving.now.filtered({self.label: self.alone, **lent}), on=shared)
        return _query(recorded).and_(self.serving.lately.filtered({self.label: self.alone}), on=shared)

    def _rule(self, recorded: Selector, lent: Matchers) -> Expr | None:
        """The rule over the raw series of one, with the recorded series' time and matchers but those for what is lent."""
        if recorded.rule is None or recorded.window:
            return None
        rule = recorded.rule.filtered({label: matcher for label, matcher in recorded.matchers if label not in lent})
        parts: list[str | Selector] = []
        for part in (rule.shifted(recorded.offset) if recorded.offset else rule).parts:
            if isinstance(part, str):
                parts.append(part)
            elif self.label in part.labels:
                parts.append(part.matching({self.label: self.alone}))
            elif inner := self._rule(part, {}):
                parts += inner.parts if inner.strength == ATOM else ("(", *inner.parts, ")")
            else:
                return None
        return replace(rule, parts=tuple(parts))


def _query(selector: Selector) -> Expr:
    return Expr((selector,), Shape(Kind.GAUGE, Unit.NONE, selector.labels))
