"""What is drawn over all panels of a dashboard: events that a query finds, and events that people or tools wrote into Grafana."""

from dataclasses import dataclass

from glassbox.board.variables import Variable
from glassbox.query.expr import Expr


@dataclass(frozen=True, kw_only=True)
class QueriedEvents:
    """An event wherever the query returns a value; `title` and `text` may name labels as `{{label}}`.

    `narrowed_by` are variables that narrow the query on dashboards that offer one of that name. Events at most `step` apart (a Prometheus
    duration) are one. `at_value` takes the value for the time, in milliseconds since 1970. `tags` are labels whose values
    are shown where an event has them.
    """

    name: str
    color: str
    query: Expr
    title: str
    text: str
    step: str
    narrowed_by: tuple[Variable, ...] = ()
    at_value: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaggedEvents:
    """Events that somebody wrote into Grafana with this tag."""

    name: str
    color: str
    tag: str


Annotation = QueriedEvents | TaggedEvents
