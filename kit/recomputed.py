"""What recorded series have summed away, worked out for one value of the label when somebody asks: one replica of a model.

Either side of an `or` is empty, and then costs nothing: the recorded series lacks the label, so that it matches a choice of
All alone, and the raw series has no such value as All.
"""

from dataclasses import replace

from kit.expr import ATOM, Expr, Matcher, Matchers, Parts, Selector, Shape, binary
from metrics.types import Kind, Unit

# Prometheus puts them on every series that it scrapes (its documentation, "Jobs and instances"); others a rule may lend.
_SCRAPED = ("job", "instance")


def for_one(recorded: Selector, label: str, chosen: Matcher, one: Matcher, serves: Expr) -> Parts:
    """The recorded series where `chosen` is All, and its rule over the series of `one` where it is a single value.

    A rule that looks back on recorded series, or that nobody knows, cannot be worked out: then the series of whatever `serves`
    says that the one serves are kept. A series that shares no label with it, such as a limit, stays as it is.
    """
    at_once = replace(recorded, window="")
    alone = _alone(at_once, {label: one}, serves.filtered({label: one}))
    if alone is None:
        return (recorded,)
    whole = _query(replace(at_once, labels=(*recorded.labels, label)).matching({label: chosen}))
    looking_back = f")[{recorded.window}:]" if recorded.window else ")"
    return ("(", *binary(whole, "or", alone).parts, looking_back)


def _alone(recorded: Selector, one: Matchers, served: Expr) -> Expr | None:
    shared = [label for label in served.shape.labels if label in recorded.labels]
    lent = {label: matcher for label, matcher in recorded.matchers if label in shared and label not in _SCRAPED}
    if rule := _over_one(recorded, one, lent):
        return rule.and_(served.filtered(lent), on=shared) if lent else rule
    return _query(recorded).and_(served, on=shared) if shared else None


def _over_one(recorded: Selector, one: Matchers, lent: Matchers) -> Expr | None:
    """The rule over the raw series of one, with the recorded series' time and matchers but those for what is lent."""
    if recorded.rule is None or recorded.window:
        return None
    rule = recorded.rule.filtered({label: matcher for label, matcher in recorded.matchers if label not in lent})
    parts: list[str | Selector] = []
    for part in (rule.shifted(recorded.offset) if recorded.offset else rule).parts:
        if isinstance(part, str):
            parts.append(part)
        elif one.keys() <= set(part.labels):
            parts.append(part.matching(one))
        elif inner := _over_one(part, one, {}):
            parts += inner.parts if inner.strength == ATOM else ("(", *inner.parts, ")")
        else:
            return None
    return replace(rule, parts=tuple(parts))


def _query(selector: Selector) -> Expr:
    return Expr((selector,), Shape(Kind.GAUGE, Unit.NONE, selector.labels))
