"""Repairs of queries."""

from glassbox.lint.finding import Repair
from glassbox.lint.fixing.repaired_text import replaced
from glassbox.lint.subjects.queries import Query, WrittenText


def with_part(query: Query, part: str, instead: str) -> tuple[Repair, ...]:
    """The repairs by which a query has another part everywhere, in each value that holds it.

    None where that changes nothing, and none of a value in which it would change more than the query.
    """
    new = replaced(query.text, part, instead)
    places = query.within or (WrittenText(query.location.line, query.key, query.text),)
    return tuple(
        Repair(place.line, place.key, place.text, whole, part, instead)
        for place in places
        if (whole := place.text.replace(query.text, new, 1)) != place.text
        and place.line
        and whole == replaced(place.text, part, instead)
    )
