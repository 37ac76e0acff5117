"""Durations as Grafana returns them."""

from glassbox.query.promql import duration_seconds
from glassbox.query.selectors import QueryError


def in_seconds(duration: object) -> object:
    """A duration that people may have set in a form that we never write (`1y`, `500ms`) stays as it is."""
    try:
        return duration_seconds(str(duration))
    except QueryError:
        return duration
