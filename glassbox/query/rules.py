"""Recorded series and alerts as declarations. A recorded series is a source for queries like a metric is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from glassbox.errors import GlassboxError
from glassbox.metrics.types import Kind, Unit, spellings
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, mean, quantile, sum_by
from glassbox.query.reporters import Reporters, lacking
from glassbox.query.selectors import Level, Matcher, QueryError


def _level_of(recorded_name: str) -> Level:
    """The level of a series that is named `level:metric:operation`."""
    return Level(recorded_name.partition(":")[0])


@dataclass(frozen=True)
class Record:
    """One recorded series, named `level:metric:operation` after the labels it keeps. `labels` are added to its samples.

    `of_one` is the query that stands for it where a label that it sums away has one value, such as one replica: the part of its
    own query that can be known of one. `exempt_from` are ids of rules of lint, each with the reason.
    """

    name: str
    expr: Expr
    help: str
    labels: tuple[tuple[str, str], ...] = ()
    of_one: Expr | None = None

    former_names: tuple[str, ...] = ()
    shared_name: bool = False
    exempt_from: tuple[tuple[str, str], ...] = ()

    only_with: ClassVar[str] = ""

    def __str__(self) -> str:
        labels = ", ".join(f"{label}={value}" for label, value in self.labels)
        return f"{self.name}{{{labels}}}" if labels else self.name

    @property
    def kind(self) -> Kind:
        return self.expr.shape.kind

    @property
    def unit(self) -> Unit:
        return self.expr.shape.unit

    @property
    def all_labels(self) -> tuple[str, ...]:
        return (*self.expr.shape.labels, *(label for label, _ in self.labels))

    @property
    def reporters(self) -> Reporters:
        return self.expr.shape.reporters

    @property
    def level(self) -> Level:
        return _level_of(self.name)

    @property
    def rule(self) -> Expr | None:
        """What it records, or the part of it that can be known for one replica; None if labels are added to it."""
        return None if self.labels else (self.of_one or self.expr).together

    @property
    def histogram_names(self) -> tuple[str, ...]:
        """The histograms whose bucket rates it records."""
        # Each engine has buckets of its own: settings name those of the first.
        return _histograms(_of_first_engine(self.expr)) if self.kind is Kind.BUCKET_RATES else ()

    def histogram_names_of(self, engine: str) -> tuple[str, ...]:
        """The histograms of one engine whose bucket rates it records."""
        return _histograms(dict(self.expr.by_engine).get(engine, self.expr))


def _histograms(expr: Expr) -> tuple[str, ...]:
    """The histograms whose buckets it reads, each under one spelling."""
    read = (selector.name for selector in expr.selectors)
    names = dict.fromkeys(name.removesuffix("_bucket") for name in read if name.endswith("_bucket"))
    others = {spelled for name in names for spelled in spellings(name)[1:]}
    return tuple(name for name in names if name not in others)


def _of_first_engine(expr: Expr) -> Expr:
    return expr.by_engine[0][1] if expr.by_engine else expr


@dataclass(frozen=True)
class Series:
    """A recorded gauge known by its name, for content that reads it whatever query the settings make of it.

    `only_with` names the setting without which nothing records it, such as `jobs.capacity_requests_per_second`: what reads it
    then has no value and reports that. `reporters` are those of the query, where they are the same with all settings.
    """

    name: str
    unit: Unit
    all_labels: tuple[str, ...]
    only_with: str = ""
    reporters: Reporters = None

    kind: ClassVar[Kind] = Kind.GAUGE
    former_names: ClassVar[tuple[str, ...]] = ()
    histogram_names: ClassVar[tuple[str, ...]] = ()
    shared_name: ClassVar[bool] = False
    rule: ClassVar[None] = None

    @property
    def level(self) -> Level:
        return _level_of(self.name)

    def recorded(self, expr: Expr, help: str, **labels: str) -> Record:
        """The rule that records it; raises QueryError where the query and the added labels are not those of the series."""
        record = Record(self.name, expr.measured_in(self.unit), help, tuple(labels.items()))
        if set(record.all_labels) != set(self.all_labels):
            raise QueryError(
                f"{self.name} has the labels {', '.join(self.all_labels)}, but '{expr}' gives others: aggregate by the same."
            )
        if None not in (self.reporters, expr.shape.reporters) and self.reporters != expr.shape.reporters:
            raise QueryError(
                f"{self.name} is not reported by {lacking(self.reporters) or 'nobody'}, but '{expr}' is not by "
                f"{lacking(expr.shape.reporters) or 'nobody'}: declare who reports it as the query has it."
            )
        return record


@dataclass(frozen=True)
class HistogramRecord:
    """The recorded rates of a histogram's three parts, and what can be said from them."""

    bucket: Record
    sum: Record
    count: Record

    @property
    def parts(self) -> tuple[Record, Record, Record]:
        return self.bucket, self.sum, self.count

    def quantile(self, q: float, by: Sequence[str], **matchers: str | Matcher) -> Expr:
        """The q-quantile in seconds, from buckets summed over everything but `by`."""
        return quantile(q, sum_by((*by, "le"), instant(self.bucket, **matchers)))

    def mean(self, by: Sequence[str], **matchers: str | Matcher) -> Expr:
        """The mean in seconds: rate of the sum over rate of the count."""
        return mean(sum_by(by, instant(self.sum, **matchers)), sum_by(by, instant(self.count, **matchers)))


@dataclass(frozen=True)
class RecordGroup:
    """Recorded series that are evaluated together, in order; without an interval of its own at the settings' one.

    A module declares its group without records: those that it defines are collected.
    """

    name: str
    records: tuple[Record, ...] = ()
    interval_seconds: int | None = None


class Severity(Enum):
    """PAGE wakes somebody up (users suffer), TICKET waits for working hours (saturation), REPORT is read weekly (waste).

    HEARTBEAT always fires, and what receives it calls when it stops.
    """

    PAGE = "page"
    TICKET = "ticket"
    REPORT = "report"
    HEARTBEAT = "heartbeat"


class Subject(Enum):
    """What alerts are about; the settings' `owners` name the team for each."""

    INFERENCE = "inference"
    GPU = "gpu"
    MONITORING = "monitoring"


# Labels that every alert has: its name, what the compiler adds, and what Grafana adds.
ALERT_LABELS = ("alertname", "severity", "owner", "grafana_folder")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert. `for_` is a Prometheus duration; the texts may use `{{ $labels.x }}` and `{{ $value }}`.

    `panel` is where to look first: a dashboard's slug and the title of a panel on it. `also_explained_on` are more panels that
    show the alert or speak of it, and so lead to its runbook. `labels` are added to those that every alert has. `cannot_see`
    says in a sentence or two which of the troubles that its name promises it misses; docs/alerts.md lists it. `exempt_from` are ids
    of rules of lint, each with the reason.
    """

    name: str
    expr: Expr
    for_: str
    severity: Severity
    summary: str
    description: str
    panel: tuple[str, str]
    also_explained_on: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    cannot_see: str = ""
    exempt_from: tuple[tuple[str, str], ...] = ()

    @property
    def unseen(self) -> str:
        """What it cannot see, and the engines of whose models it never fires."""
        silent = lacking(self.expr.shape.reporters)
        return " ".join(filter(None, (self.cannot_see, silent and f"Not reported by, and so silent for: {silent}.")))

    def __post_init__(self) -> None:
        """Raise GlassboxError for a label that says something else already."""
        for label, _ in self.labels:
            if label in (*ALERT_LABELS, *self.expr.shape.labels):
                raise GlassboxError(
                    f"Alert {self.name} cannot add the label {label!r}, which alerts or its series have already: "
                    "choose another name."
                )


@dataclass(frozen=True)
class AlertGroup:
    """Alerts on one subject."""

    name: str
    subject: Subject
    alerts: tuple[Alert, ...]
