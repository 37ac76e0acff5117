"""Groups of alerts and recorded series as lint judges them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glassbox.lint.finding import Location
from glassbox.lint.subjects.queries import Query, QueryKind


@dataclass(frozen=True)
class GrafanaThreshold:
    """What an expression of Grafana compares with a number: the query of this refId, by one of > >= < <= ==."""

    ref_id: str
    operator: str
    number: float


@dataclass(frozen=True)
class GroupedRule:
    """A rule of a group: an alert where `query.kind` says so, else a recorded series called `name`.

    `for_text` is the duration as it is written. `is_grafana` marks rules of Grafana, whose texts are other templates: `query` is then
    the first of its queries that is PromQL, `more_queries` are the others, and `compares` says that the comparison is an expression of
    Grafana's: `threshold` is what it compares, None where that is not known, `loses_labels` says that its result has none, `without_input` is
    an expression that does not name what it reads, `compared_line` a query whose line is compared as if it were one number, and `no_data`
    is the state, as it is written, for a query without a result. `keys` are those of its object.
    """

    name: str
    query: Query
    location: Location
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    for_text: str = ""
    keep_firing_text: str = ""
    is_grafana: bool = False
    compares: bool = False
    threshold: GrafanaThreshold | None = None
    loses_labels: bool = False
    without_input: str = ""
    compared_line: str = ""
    no_data: str = ""
    more_queries: tuple[Query, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def is_alert(self) -> bool:
        return self.query.kind is QueryKind.ALERT


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated together. `interval_text` is the duration as it is written, empty where it has none of its own.

    `keys` are those of its object. `part` numbers the rule files that one file holds, such as several objects of Kubernetes.
    """

    name: str
    location: Location
    rules: tuple[GroupedRule, ...] = ()
    interval_text: str = ""
    keys: tuple[str, ...] = ()
    part: int = 0
