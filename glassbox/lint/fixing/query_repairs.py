"""Repairs of queries."""

from glassbox.lint.finding import Repair
from glassbox.lint.fixing.repaired_text import replaced
from glassbox.lint.subjects import Query, QueryKind


def with_part(query: Query, part: str, instead: str) -> tuple[Repair, ...]:
    """The repair by which a query has another part everywhere; none where that changes nothing, or the query is a part of its value."""
    new = replaced(query.text, part, instead)
    if not query.location.line or query.kind is QueryKind.VARIABLE or new == query.text:
        return ()
    return (Repair(query.location.line, query.key, query.text, new, part, instead),)
