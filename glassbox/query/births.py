"""Counters whose series is born with its first event, such as requests by status: what the first sample counts is growth too.

`rate` needs two samples, so it misses whatever happened before the first one (Prometheus documentation, "rate()").
"""

from glassbox.metrics.roles import Role
from glassbox.metrics.scrape import UP
from glassbox.metrics.types import TARGET_LABELS, Metric
from glassbox.query.expr import Expr
from glassbox.query.promql import duration_seconds, instant, most, over_time, rate
from glassbox.query.readings import of_engines
from glassbox.query.selectors import Matcher

TARGET = ("job", "instance")
# Scrapes are at most 30 s apart, so of four at least one answers as long as half of them do.
_LATELY = "2m"


def rate_from_birth(counter: Metric | Role, window: str, **matchers: str | Matcher) -> Expr:
    """As `rate`, but from 0 on where the series was not there when the window began, although its target answered.

    What a target counted before it was known, or while it did not answer, is not growth. A series is the same under other target
    labels, such as those of a version. Each series is judged as its engine exposes it, whether or not it is read at that moment:
    what a front end counted is not growth when the engines behind it stop to count.
    """
    if isinstance(counter, Role):
        return of_engines(counter, lambda metric, kept: rate_from_birth(metric, window, **kept), matchers)
    born = most(counter, window, **matchers) / duration_seconds(window)
    of_event = (*counter.labels, *counter.optional_labels, *counter.namesake_labels)
    # Labels that have to be equal do not tell two series apart.
    equal = {label for label, matcher in matchers.items() if isinstance(matcher, str)}
    own = (*TARGET, *(label for label in of_event if label not in TARGET_LABELS and label not in equal))
    answered = over_time("max", UP, _LATELY, offset=window).equals(1)
    first = born.unless(_there_before(counter, window, matchers), on=own).and_(answered, on=TARGET)
    return first.or_(rate(counter, window, **matchers))


def _there_before(counter: Metric, window: str, matchers: dict[str, str | Matcher]) -> Expr:
    """The series when the window began; where the scrape failed just then, those of the last one that did not."""
    answers = instant(UP).shifted(window).equals(1)
    lately = most(counter, _LATELY, **matchers).shifted(window).unless(answers, on=TARGET)
    return instant(counter, **matchers).shifted(window).or_(lately)
