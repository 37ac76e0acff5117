"""How far back rules look for what has gone, and for what was usual."""

from glassbox.query.expr import Expr, Matcher, Source
from glassbox.query.promql import over_time

# Long enough to wake somebody, and short enough that what was removed for good is forgotten on the same day.
GONE_REMEMBERED = "1h"
# The day before the last hour, so that a change is not compared with itself.
_BASELINE_WINDOW, _BASELINE_OFFSET = "1d", "1h"


def day_before(source: Source, **matchers: str | Matcher) -> Expr:
    """The mean of a gauge over the day before the last hour."""
    return over_time("avg", source, _BASELINE_WINDOW, offset=_BASELINE_OFFSET, **matchers)
