"""Recorded series computed again for one value of a label that they have summed away, such as one replica of a model.

One side of each `or` is empty: a recorded series lacks the label, so that it matches only the choice of All, and no raw series
has a value called All. An empty side costs nothing.
"""

from dataclasses import dataclass, replace

from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import Expr, binary
from glassbox.query.expression_parts import Parts, Recomputed, beside_job
from glassbox.query.selectors import Matcher, Matchers, Selector, Shape

_JOB = "job"


@dataclass(frozen=True)
class SingleChoice:
    """A label that records have summed away. `chosen` matches the chosen value, or everything at All; `single_value` nothing at All.

    `serving` ties its values to those of other labels, such as a replica to the models that it served lately, and to those of
    `identity`, which stand beside the job.
    """

    label: str
    chosen: Matcher
    single_value: Matcher
    serving: Expr
    identity: tuple[str, ...] = ()

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
        shared = [label for label in self.serving.shape.labels if label in recorded.labels]
        if not set(shared) - {_JOB}:
            return None
        if rule := self._rule(recorded, _of_job(recorded)):
            return rule.and_(_query(recorded), on=recorded.labels)
        serving = self.serving.identified(self.identity).filtered({self.label: self.single_value})
        return _query(recorded).and_(serving, on=beside_job(tuple(shared), self.identity))

    def _rule(self, recorded: Selector, of_job: Matchers) -> Expr | None:
        """The rule over the raw series of the value, at the recorded series' offset, and of this job where others use the names."""
        if recorded.rule is None or recorded.window:
            return None
        rule = recorded.rule.of_one_target.filtered(of_job, shared_names_only=True)
        found = {each: parts for each in rule.selectors if (parts := self._raw(each, of_job))}
        if any(each not in found for each in rule.selectors):
            return None
        raw = rule.with_selectors(found.__getitem__)
        return raw.shifted(recorded.offset) if recorded.offset else raw

    def _raw(self, selector: Selector, of_job: Matchers) -> Parts:
        """The selector for the single value, or the rule behind it; empty where that is unknown."""
        if self.label in selector.labels:
            return (selector.matching({self.label: self.single_value}),)
        inner = self._rule(selector, of_job)
        if inner and selector.matchers:
            inner = inner.and_(_query(selector), on=selector.labels)
        return inner.bracketed() if inner else ()


def _of_job(selector: Selector) -> Matchers:
    return {label: matcher for label, matcher in selector.matchers if label == _JOB}


def _query(selector: Selector) -> Expr:
    return Expr((selector,), Shape(Kind.GAUGE, Unit.NONE, selector.labels))
