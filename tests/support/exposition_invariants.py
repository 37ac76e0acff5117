"""What no vLLM can say of itself: contradictions in one exposition, and between two of one server in a steady state.

Each check returns sentences, none where all is well. Little's law: in a steady state the mean number of requests in a place
is the rate at which they leave it times the mean time that they spend there, which is the growth of that time per second.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
FIRST_TOKEN, E2E = "vllm:time_to_first_token_seconds", "vllm:e2e_request_latency_seconds"
QUEUE, INFERENCE, PREFILL, DECODE = (
    f"vllm:request_{phase}_time_seconds" for phase in ("queue", "inference", "prefill", "decode")
)
FINISHED = "vllm:request_success_total"
# Histograms that get one value when a request finishes.
OF_A_FINISHED_REQUEST = (
    E2E,
    QUEUE,
    INFERENCE,
    PREFILL,
    DECODE,
    "vllm:request_prompt_tokens",
    "vllm:request_generation_tokens",
)
GROWING_TYPES = frozenset({"counter", "histogram", "summary"})
# Gauges are read at two moments only, and what a request spent before the first moment is counted when it finishes.
LITTLE_FACTOR = 2.0
# Fewer requests than this come and go between two readings.
LITTLE_REQUESTS = 3.0
# A replay goes on with both rates for ever. From this share on, requests that begin and never end are taken for given up
# (thresholds.abandoned_share_ratio).
BALANCE_RATIO = 0.1
ROUNDING_RATIO = 1e-6


@dataclass(frozen=True)
class Exposition:
    """The samples of one /metrics by name and labels, without when they were created."""

    samples: Mapping[tuple[str, Labels], float]
    growing: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Exposition":
        """What a server answered."""
        families = list(text_string_to_metric_families(text))
        samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
        growing = {sample.name for family in families if family.type in GROWING_TYPES for sample in family.samples}
        by_key = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
        return cls(by_key, frozenset(growing))

    def values(self, name: str) -> list[float]:
        """Every value of that name."""
        return [value for (found, _), value in self.samples.items() if found == name]

    def total(self, name: str) -> float:
        """The sum over engines and reasons."""
        return sum(self.values(name))

    @property
    def in_work(self) -> float:
        """Requests that run or wait."""
        return self.total(RUNNING) + self.total(WAITING)


def contradictions_within(one: Exposition, max_running: int) -> list[str]:
    """What does not agree in a single exposition of a server whose engines run at most that many requests each."""
    return [*contradictions_of_buckets(one), *_counts(one), *_gauges(one, max_running)]


def contradictions_between(before: Exposition, after: Exposition, span_seconds: float) -> list[str]:
    """What does not agree between two expositions of one server that many seconds apart."""
    pair = _Pair(before, after, span_seconds)
    return [*_falling(pair), *_phases(pair), *_order(pair), *_balance(pair), *_little(pair)]


def contradictions_of_buckets(one: Exposition) -> Iterator[str]:
    """Buckets are cumulative, end in the count, and allow the sum."""
    for (histogram, labels), buckets in _histograms(one).items():
        counts = [count for _, count in sorted(buckets.items())]
        if any(smaller > larger for smaller, larger in pairwise(counts)):
            yield f"{histogram} {dict(labels)} has a bucket that is smaller than the one before"
        if counts[-1] != one.samples[f"{histogram}_count", labels]:
            yield f"{histogram} {dict(labels)} has another count than its last bucket"
        if one.samples[f"{histogram}_sum", labels] < _least_sum(buckets) * (1 - ROUNDING_RATIO):
            yield f"{histogram} {dict(labels)} has a smaller sum than its buckets allow"


def _histograms(one: Exposition) -> dict[tuple[str, Labels], dict[float, float]]:
    found: dict[tuple[str, Labels], dict[float, float]] = defaultdict(dict)
    for (name, labels), count in one.samples.items():
        if name.endswith("_bucket"):
            others = tuple(label for label in labels if label[0] != "le")
            found[name.removesuffix("_bucket"), others][float(dict(labels)["le"])] = count
    return found


def _least_sum(buckets: Mapping[float, float]) -> float:
    """Every value at its bucket's lower bound."""
    ordered = sorted(buckets.items())
    return sum(lower * (more - fewer) for (lower, fewer), (_, more) in pairwise(ordered))


def _counts(one: Exposition) -> Iterator[str]:
    """One request is counted once everywhere: what began and did not finish is in work."""
    finished = one.total(f"{E2E}_count")
    counts = {f"{name}_count": one.total(f"{name}_count") for name in OF_A_FINISHED_REQUEST}
    counts[FINISHED] = one.total(FINISHED)
    yield from (f"{name} is {count:g} of {finished:g} finished" for name, count in counts.items() if count != finished)
    started = one.total(f"{FIRST_TOKEN}_count") - finished
    if not 0 <= started <= one.in_work:
        yield f"{started:g} requests have a first token and no end, while {one.in_work:g} are in work"


def _gauges(one: Exposition, max_running: int) -> Iterator[str]:
    yield from (
        f"{running:g} of {max_running} requests run" for running in one.values(RUNNING) if running > max_running
    )
    usage = one.values("vllm:kv_cache_usage_perc")
    yield from (f"{ratio:g} of the KV cache is used" for ratio in usage if not 0 <= ratio <= 1)
    by_reason = one.values("vllm:num_requests_waiting_by_reason")
    if by_reason and sum(by_reason) != one.total(WAITING):
        yield f"{sum(by_reason):g} requests wait for a reason, {one.total(WAITING):g} in all"


@dataclass(frozen=True)
class _Pair:
    before: Exposition
    after: Exposition
    span_seconds: float

    def growth(self, name: str) -> float:
        return self.after.total(name) - self.before.total(name)

    def spent(self, *phases: str) -> float:
        """The seconds that requests spent there, as their finished ones report."""
        return sum(self.growth(f"{phase}_sum") for phase in phases)

    def mean(self, name: str) -> float:
        """Of one gauge, over both readings."""
        return (self.before.total(name) + self.after.total(name)) / 2

    @property
    def finished(self) -> float:
        return self.growth(f"{E2E}_count")


def _falling(pair: _Pair) -> Iterator[str]:
    for key, value in pair.before.samples.items():
        if key[0] in pair.before.growing and pair.after.samples.get(key, -1.0) < value:
            yield f"{key[0]} {dict(key[1])} falls"


def _phases(pair: _Pair) -> Iterator[str]:
    """Prefill and decode are the inference; queue and inference are not longer than the whole."""
    inference, whole = pair.spent(INFERENCE), pair.spent(E2E)
    if abs(pair.spent(PREFILL, DECODE) - inference) > inference * ROUNDING_RATIO:
        yield f"prefill and decode take {pair.spent(PREFILL, DECODE):.1f} s, and the inference {inference:.1f} s"
    if pair.spent(QUEUE, INFERENCE) > whole:
        yield f"queue and inference take {pair.spent(QUEUE, INFERENCE):.1f} s of {whole:.1f} s"


def _order(pair: _Pair) -> Iterator[str]:
    """The first token does not come after the last one."""
    first_tokens = pair.growth(f"{FIRST_TOKEN}_count")
    if not pair.finished or not first_tokens:
        return
    first, last = pair.spent(FIRST_TOKEN) / first_tokens, pair.spent(E2E) / pair.finished
    if first > last:
        yield f"the first token comes after {first:.1f} s, and the last after {last:.1f} s"


def _balance(pair: _Pair) -> Iterator[str]:
    """As many begin as end."""
    begun = pair.growth(f"{FIRST_TOKEN}_count")
    if abs(begun - pair.finished) > max(begun, pair.finished) * BALANCE_RATIO:
        yield f"{begun:g} requests got a first token, and {pair.finished:g} finished"


def _little(pair: _Pair) -> Iterator[str]:
    """What waits shows in the time of the queue, and what is in work in the time inside the engine."""
    places = {"wait": (pair.mean(WAITING), (QUEUE,)), "are in work": (_in_work(pair), (QUEUE, INFERENCE))}
    for what, (read, phases) in places.items():
        reported = pair.spent(*phases) / pair.span_seconds
        fewer, more = sorted((read, reported))
        if more > LITTLE_REQUESTS and more > fewer * LITTLE_FACTOR:
            yield f"{read:.1f} requests {what}, and {reported:.1f} by the time that they spent"


def _in_work(pair: _Pair) -> float:
    return (pair.before.in_work + pair.after.in_work) / 2
