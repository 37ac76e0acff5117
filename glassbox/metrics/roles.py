"""What engines report, whatever they call it. A role is one quantity, and a reading is how one engine reports it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

from glassbox.metrics.types import TARGET_LABELS, Kind, Metric, Unit

# They tell the ranks and processes of one server apart.
_RANKS = ("engine", "pid")


@dataclass(frozen=True, kw_only=True, eq=False)
class Role:
    """One quantity. `labels` are those that its readings may have, without those of the target."""

    name: str
    kind: Kind
    unit: Unit
    labels: tuple[str, ...] = _RANKS

    former_names: ClassVar[tuple[str, ...]] = ()
    histogram_names: ClassVar[tuple[str, ...]] = ()
    shared_name: ClassVar[bool] = False
    rule: ClassVar[None] = None
    level: ClassVar[None] = None
    only_with: ClassVar[str] = ""
    reporters: ClassVar[None] = None
    optional_labels: ClassVar[tuple[str, ...]] = ()
    namesake_labels: ClassVar[tuple[str, ...]] = ()

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Its labels and those of the target."""
        return (*self.labels, *TARGET_LABELS)


@dataclass(frozen=True, eq=False)
class HistogramRole:
    """A distribution, in three parts that are roles of their own."""

    bucket: Role
    sum: Role
    count: Role
    help: str

    def parts(self) -> Iterator[tuple[str, Role]]:
        """Each part by its name."""
        yield from (("bucket", self.bucket), ("sum", self.sum), ("count", self.count))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How an engine reports a role.

    `where` are regular expressions (anchored) that labels of its series must match, `apart_from` values that they must not have. `over` are labels of ranks that report the same,
    so that the largest value counts. `scale` turns a value into the unit of the role. `renamed` are labels that have another name there:
    theirs by ours. `also` are readings of what is counted under another name besides. `unless` are readings whose series, where there
    are some of the same model, say that this one is wrong there.
    """

    metric: Metric
    where: Mapping[str, str] = field(default_factory=dict)
    apart_from: Mapping[str, str] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    scale: float = 1
    renamed: Mapping[str, str] = field(default_factory=dict)
    also: tuple["Reading", ...] = ()
    unless: tuple["Reading", ...] = ()


Reported = Mapping["Role | HistogramRole", "Reading | tuple[Reading, ...]"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Engine:
    """What an inference engine reports, by role, and what it does not, with the reason or what comes nearest.

    What it reports `of_some_models` only, it may say nothing about of any other.

    Of several readings of one role, each counts for the models of a target that those before it say nothing about. `stamped` says
    that its series get its name as their label `inference_engine`, so that they are told apart from those of others with the same
    model. A front end counts the requests of the engines behind it again: what these report of a model is not read of it. They are
    known by the label `in_front_of`.
    """

    name: str
    title: str
    reports: Reported
    not_reported: Mapping[Role | HistogramRole, str] = field(default_factory=dict)
    of_some_models: Mapping[Role | HistogramRole, str] = field(default_factory=dict)
    stamped: bool = True
    in_front_of: str = ""

    def readings(self, role: Role) -> tuple[Reading, ...]:
        """How it reports the role, which may be a part of a histogram; nothing where it does not."""
        return self._by_role.get(role, ())

    def reports_of_every_model(self, role: Role) -> bool:
        """Whether no model of it is without the role, which may be a part of a histogram."""
        return bool(self.readings(role)) and role not in self._of_some_models

    @cached_property
    def _of_some_models(self) -> frozenset[Role]:
        return frozenset(part for role in self.of_some_models for part in parts_of(role))

    @cached_property
    def _by_role(self) -> dict[Role, tuple[Reading, ...]]:
        return dict(_of_each_part(self.reports))


def parts_of(role: "Role | HistogramRole") -> tuple[Role, ...]:
    """The role itself, or the three parts of a histogram."""
    return (role,) if isinstance(role, Role) else tuple(part for _, part in role.parts())


def _of_each_part(reports: Reported) -> Iterator[tuple[Role, tuple[Reading, ...]]]:
    for role, found in reports.items():
        readings = found if isinstance(found, tuple) else (found,)
        if isinstance(role, Role):
            yield role, readings
        else:
            for name, part in role.parts():
                yield part, tuple(_part_of(reading, name) for reading in readings)


def _part_of(reading: Reading, part: str) -> Reading:
    """A count has no unit to turn, and the bounds of buckets are turned by nobody yet."""
    metric: Metric = getattr(reading.metric, part)
    return replace(reading, metric=metric, scale=reading.scale if part == "sum" else 1)


def _gauge(name: str, unit: Unit, *labels: str) -> Role:
    return Role(name=name, kind=Kind.GAUGE, unit=unit, labels=(*_RANKS, *labels))


def _counter(name: str, unit: Unit, *labels: str) -> Role:
    return Role(name=name, kind=Kind.COUNTER, unit=unit, labels=(*_RANKS, *labels))


def _histogram(name: str, unit: Unit, help: str) -> HistogramRole:
    bucket = Role(name=f"buckets of the {name}", kind=Kind.BUCKETS, unit=unit, labels=(*_RANKS, "le"))
    total, count = _counter(f"sum of the {name}", unit), _counter(f"count of the {name}", Unit.EVENTS)
    return HistogramRole(bucket, total, count, help)


RUNNING = _gauge("running requests", Unit.REQUESTS, "server")
WAITING = _gauge("waiting requests", Unit.REQUESTS, "server")
WAITING_BY_REASON = _gauge("waiting requests by reason", Unit.REQUESTS, "reason")
KV_CACHE_USAGE = _gauge("KV cache usage", Unit.RATIO)
SLEEP_STATE = _gauge("sleep state", Unit.BOOLEAN, "sleep_state")

PROMPT_TOKENS = _counter("prompt tokens", Unit.TOKENS)
GENERATION_TOKENS = _counter("generated tokens", Unit.TOKENS)
# Some engines count tokens when their request ends: by these one sees that an engine works.
LIVE_PROMPT_TOKENS = _counter("prompt tokens, counted as they are read", Unit.TOKENS)
LIVE_GENERATION_TOKENS = _counter("generated tokens, counted as they are written", Unit.TOKENS)
PREEMPTIONS = _counter("preemptions", Unit.EVENTS)
FINISHED = _counter("finished requests", Unit.REQUESTS, "finished_reason")
PREFIX_CACHE_QUERIES = _counter("tokens looked up in the prefix cache", Unit.TOKENS)
PREFIX_CACHE_HITS = _counter("tokens found in the prefix cache", Unit.TOKENS)
MM_CACHE_QUERIES = _counter("media looked up in the cache", Unit.EVENTS)
MM_CACHE_HITS = _counter("media found in the cache", Unit.EVENTS)
DRAFT_TOKENS = _counter("drafted tokens", Unit.TOKENS)
ACCEPTED_TOKENS = _counter("accepted tokens of drafts", Unit.TOKENS)
# Engines that do not count these report the mean of each step of the last moments instead, with the token that is no draft.
STEP_DRAFT = _gauge("tokens that a step of speculation checks", Unit.TOKENS)
STEP_YIELD = _gauge("tokens that a step of speculation yields", Unit.TOKENS)
REJECTIONS = _counter("requests refused at a queue limit", Unit.REQUESTS, "reason")

# Requests that a server answered, and those of them that failed for its sake (5xx): of each model, or of each process alone, where
# the series do not say of which model.
ANSWERED = _counter("answered requests", Unit.REQUESTS, "status")
FAILED = _counter("requests answered with a server error", Unit.REQUESTS, "status")
ANSWERED_BY_PROCESS = _counter("answered requests of a process", Unit.REQUESTS, "status")
FAILED_BY_PROCESS = _counter("requests of a process answered with a server error", Unit.REQUESTS, "status")

LATENCY = _histogram("time of a request", Unit.SECONDS, "Time from arrival to the end of the answer.")
TIME_TO_FIRST_TOKEN = _histogram(
    "time to first token", Unit.SECONDS, "Time from arrival to the first token, queueing included."
)
INTER_TOKEN_LATENCY = _histogram("time between two tokens", Unit.SECONDS, "Time between two tokens of one request.")
TIME_PER_OUTPUT_TOKEN = _histogram(
    "time per output token", Unit.SECONDS, "Decode time of a request for each token after the first."
)
QUEUE_TIME = _histogram("time in the queue", Unit.SECONDS, "Time from arrival in the engine until it begins.")
PREFILL_TIME = _histogram("time of prefill", Unit.SECONDS, "Time from its beginning to the first token.")
DECODE_TIME = _histogram("time of decoding", Unit.SECONDS, "Time from the first token to the last.")
INFERENCE_TIME = _histogram("time of prefill and decoding", Unit.SECONDS, "Time from its beginning to the last token.")
PROMPT_LENGTH = _histogram("length of a prompt", Unit.TOKENS, "Prompt tokens of a finished request.")
OUTPUT_LENGTH = _histogram("length of an answer", Unit.TOKENS, "Generated tokens of a finished request.")
STEP_TOKENS = _histogram("tokens of a step", Unit.TOKENS, "Tokens that one engine step worked on.")
