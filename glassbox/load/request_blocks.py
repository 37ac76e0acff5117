"""The profile of a baseline from a load test: blocks of requests at a load that the test itself chose.

Blocks hold equally many requests, and not equally long times as those of Prometheus do: a test knows each request, and a
slow model has few in any time. Only an open loop has a load that does not depend on how fast the server is.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean

from glassbox.baseline.baseline_file import Baseline, MeasuredBy, file_of
from glassbox.baseline.judge import FEWEST_BLOCKS
from glassbox.baseline.profile import BLOCK_REQUESTS, Level, Served
from glassbox.errors import GlassboxError
from glassbox.load.chat import Outcome
from glassbox.load.summary import Distribution

FEWEST_REQUESTS = FEWEST_BLOCKS * BLOCK_REQUESTS
"""With fewer, no change could be judged."""

_TOO_FEW = (
    f"Too few requests for a baseline: it needs {FEWEST_REQUESTS} at about one load that the server can serve, so give more "
    "--requests, or for a ramp more --step-seconds."
)
_TIMED: tuple[tuple[str, Callable[[Outcome], Iterable[float | None]]], ...] = (
    ("latency", lambda each: (each.latency_seconds,)),
    ("time_to_first_token", lambda each: (each.time_to_first_token_seconds,)),
    ("inter_token_latency", lambda each: each.between_texts_seconds),
    ("time_per_output_token", lambda each: (each.time_per_output_token_seconds,)),
)
_COUNTED: tuple[tuple[str, Callable[[Outcome], int | None]], ...] = (
    ("prompt_length_mean_tokens", lambda each: each.prompt_tokens),
    ("output_length_mean_tokens", lambda each: each.output_tokens),
)

Loads = Iterable[tuple[float, Sequence[Outcome]]]
"""Requests per second that were offered, and what became of them."""


def check(name: str, folder: Path, requests: int | None) -> None:
    """Raises GlassboxError, before anything is sent, for a baseline that could not be saved; a ramp has no such number."""
    file_of(name, folder)
    if requests is not None and requests < FEWEST_REQUESTS:
        raise GlassboxError(_TOO_FEW)


def baseline_of(loads: Loads, served: Served, replicas: int, duration_seconds: float) -> Baseline:
    """The baseline of a load that ends now; GlassboxError where no level of it has enough requests to judge anything by."""
    levels: dict[Level, dict[str, list[float]]] = {}
    for rate, outcomes in loads:
        values = levels.setdefault(math.floor(math.log2(rate / replicas)), {})
        for block in _blocks(outcomes):
            for name, value in _values(block, rate, replicas):
                values.setdefault(name, []).append(value)
    if not any(len(row) >= FEWEST_BLOCKS for values in levels.values() for row in values.values()):
        raise GlassboxError(_TOO_FEW)
    profile = {served: {level: values for level, values in levels.items() if values}}
    return Baseline(int(time.time()), round(duration_seconds), profile, MeasuredBy.LOAD_TEST)


def _blocks(outcomes: Sequence[Outcome]) -> Iterator[Sequence[Outcome]]:
    """Whole blocks, in the order in which requests were due."""
    ordered = sorted(outcomes, key=lambda each: each.due_at)
    for first in range(0, len(ordered) - BLOCK_REQUESTS + 1, BLOCK_REQUESTS):
        yield ordered[first : first + BLOCK_REQUESTS]


def _values(block: Sequence[Outcome], rate: float, replicas: int) -> Iterator[tuple[str, float]]:
    """Each measure that this block has, by the name that Prometheus' measure of the same thing has."""
    whole = [each for each in block if not each.failure]
    yield "requests_per_second", rate
    yield "requests_per_second_per_replica", rate / replicas
    yield "errors_ratio", 1 - len(whole) / len(block)
    for name, seconds_of in _TIMED:
        known = [seconds for seconds in chain.from_iterable(map(seconds_of, whole)) if seconds is not None]
        if times := Distribution.of(known):
            yield f"{name}_mean_seconds", times.mean
            yield f"{name}_p95_seconds", times.percentiles[95]
    for name, count_of in _COUNTED:
        counts = [count for count in map(count_of, whole) if count is not None]
        if counts and len(counts) == len(whole):
            yield name, fmean(counts)
