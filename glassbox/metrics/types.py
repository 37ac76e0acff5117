"""What a metric is: a name, a kind, a unit, its labels, and the versions of its exporter that expose it."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Unit(Enum):
    """What one unit of a value means. Ratios are 0..1, time is seconds; other scales appear only where an exporter uses them."""

    NONE = "none"
    FACTOR = "factor"
    BOOLEAN = "boolean"
    RATIO = "ratio"
    PERCENT = "percent"
    SECONDS = "seconds"
    TIMESTAMP_SECONDS = "timestamp_seconds"
    BYTES = "bytes"
    MEBIBYTES = "mebibytes"
    BYTES_PER_SECOND = "bytes_per_second"
    BITS_PER_SECOND = "bits_per_second"
    REQUESTS = "requests"
    REQUESTS_PER_SECOND = "requests_per_second"
    TOKENS = "tokens"
    TOKENS_PER_SECOND = "tokens_per_second"
    EVENTS = "events"
    EVENTS_PER_SECOND = "events_per_second"
    WATTS = "watts"
    MILLIJOULES = "millijoules"
    CELSIUS = "celsius"
    MEGAHERTZ = "megahertz"
    JOULES = "joules"
    HERTZ = "hertz"
    MONEY = "money"
    MONEY_PER_HOUR = "money_per_hour"
    WATT_HOURS = "watt_hours"
    TOKENS_PER_JOULE = "tokens_per_joule"
    PAGES_PER_SECOND = "pages_per_second"


PER_SECOND = {
    Unit.REQUESTS: Unit.REQUESTS_PER_SECOND,
    Unit.TOKENS: Unit.TOKENS_PER_SECOND,
    Unit.EVENTS: Unit.EVENTS_PER_SECOND,
    Unit.BYTES: Unit.BYTES_PER_SECOND,
    # Seconds of work per second.
    Unit.SECONDS: Unit.RATIO,
}
"""The unit of a rate, by the unit of what grows."""


class Kind(Enum):
    """How a series behaves, and so which functions may read it."""

    GAUGE = "gauge"
    COUNTER = "counter"
    BUCKETS = "cumulative buckets of a histogram"
    BUCKET_RATES = "bucket rates"


@dataclass(frozen=True)
class FormerEnd:
    """The last finite bound that a histogram had before, up to and including version `last`; below it nothing differed."""

    bound: float
    last: str


def spellings(name: str) -> tuple[str, ...]:
    """A name, and how it is stored on some ways to Prometheus, newest first.

    A colon becomes an underscore where names are negotiated (Prometheus 2 with prometheus_client's ASGI app:
    prometheus/client_python, issue 1177) and behind gateways; Ray puts its own name in front (`ray/_private/metrics_agent.py`).
    """
    plain = name.replace(":", "_")
    return (name,) if plain == name else (name, plain, f"ray_{plain}")


# Labels that Prometheus or its scrape configuration puts on every series of a target.
TARGET_LABELS = ("job", "instance", "model_name", "model_version", "inference_engine", "inference_role")
# The pod that has a GPU, as its exporter names it where Prometheus honors labels, over the names of its own.
HONORED_POD = ("namespace", "pod")
# The same, also under the names that Prometheus gives otherwise. Clusters tell pods of one name apart.
POD_LABELS = ("cluster", *HONORED_POD, "exported_namespace", "exported_pod")


@dataclass(frozen=True)
class FormerName:
    """A name that a metric had before, up to and including version `last`."""

    name: str
    last: str


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric as an exporter exposes it; `labels` are its own, without those of the target.

    `since` and `last` are the exporter's versions that expose it; empty means all that the catalogue covers.
    `often_absent` says why an exposition of a covered version may lack the metric.
    `shared_name` marks a name that unrelated services use too: queries must select the job.
    `namesake_labels` are labels that only other metrics of the same name have: queries may require that they are missing.
    `optional_labels` are labels that it has only where its user sets them.
    `open_labels` says that its series carry more labels than those named here, which differ by version.
    """

    kind: ClassVar[Kind]
    # Nothing records it: it is measured.
    rule: ClassVar[None] = None
    level: ClassVar[None] = None
    only_with: ClassVar[str] = ""
    reporters: ClassVar[None] = None

    name: str
    unit: Unit
    labels: tuple[str, ...] = ()
    help: str = ""
    since: str = ""
    last: str = ""
    formerly: tuple[FormerName, ...] = ()
    often_absent: str = ""
    shared_name: bool = False
    namesake_labels: tuple[str, ...] = ()
    optional_labels: tuple[str, ...] = ()
    open_labels: bool = False

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Its own labels, those it may have, those of the target it is scraped from, and those of its namesakes."""
        return tuple(dict.fromkeys((*self.labels, *self.optional_labels, *TARGET_LABELS, *self.namesake_labels)))

    @property
    def parts(self) -> tuple["Metric", ...]:
        """The metrics whose series it has: itself, unless it is one of observations."""
        return (self,)

    @property
    def histogram_names(self) -> tuple[str, ...]:
        """The histograms that its buckets are of; empty for all but histogram parts."""
        return ()

    @property
    def former_names(self) -> tuple[str, ...]:
        """The other names of the same value: spellings of its name, then those of older versions and their spellings."""
        names = (self.name, *(former.name for former in self.formerly))
        return tuple(spelled for name in names for spelled in spellings(name))[1:]


@dataclass(frozen=True, kw_only=True)
class Gauge(Metric):
    """A value that goes up and down."""

    kind: ClassVar[Kind] = Kind.GAUGE


@dataclass(frozen=True, kw_only=True)
class Counter(Metric):
    """A value that only grows, until its process restarts; its name on the wire ends in `_total`, except in a few exporters."""

    kind: ClassVar[Kind] = Kind.COUNTER


@dataclass(frozen=True, kw_only=True)
class BucketCounter(Counter):
    """The cumulative `_bucket` series of a histogram."""

    kind: ClassVar[Kind] = Kind.BUCKETS

    @property
    def histogram_names(self) -> tuple[str, ...]:
        return (self.name.removesuffix("_bucket"),)


@dataclass(frozen=True, kw_only=True)
class _Observed(Metric):
    """A metric of observations, of which their sum and their number are series."""

    @property
    def parts(self) -> tuple[Metric, ...]:
        return self.sum, self.count

    @property
    def sum(self) -> Counter:
        """Sum of all observed values."""
        return self._part("sum", self.unit)

    @property
    def count(self) -> Counter:
        """Number of observations."""
        return self._part("count", Unit.EVENTS)

    def _part(self, part: str, unit: Unit) -> Counter:
        names = tuple(FormerName(f"{former.name}_{part}", former.last) for former in self.formerly)
        return Counter(
            name=f"{self.name}_{part}",
            unit=unit,
            labels=self.labels,
            formerly=names,
            shared_name=self.shared_name,
            namesake_labels=self.namesake_labels,
            optional_labels=self.optional_labels,
        )


@dataclass(frozen=True, kw_only=True)
class SummaryMetric(_Observed):
    """A summary without quantiles, read through its two parts."""


@dataclass(frozen=True, kw_only=True)
class Histogram(_Observed):
    """A classic histogram, read through its three parts. `bounds` are the finite upper bounds of its buckets, ascending.

    `ends_at` names the server's setting above which it has no buckets, where there is such a setting;
    `formerly_ended` is where older versions end.
    """

    bounds: tuple[float, ...]
    ends_at: str = ""
    formerly_ended: FormerEnd | None = None

    def __post_init__(self) -> None:
        if not self.bounds or list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError(f"{self.name}: bucket bounds must be ascending and not empty")
        if self.formerly_ended and self.formerly_ended.bound not in self.bounds:
            raise ValueError(f"{self.name}: it cannot have ended at a bound that it does not have")

    @property
    def parts(self) -> tuple[Metric, ...]:
        return self.bucket, self.sum, self.count

    @property
    def bucket(self) -> BucketCounter:
        """Cumulative observations at or below each `le`."""
        names = tuple(FormerName(f"{former.name}_bucket", former.last) for former in self.formerly)
        labels = (*self.labels, "le")
        return BucketCounter(
            name=f"{self.name}_bucket",
            unit=self.unit,
            labels=labels,
            formerly=names,
            shared_name=self.shared_name,
            namesake_labels=self.namesake_labels,
            optional_labels=self.optional_labels,
        )
