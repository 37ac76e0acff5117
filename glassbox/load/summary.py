"""What was measured, as numbers: totals, rates, percentiles, and failures by reason."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from glassbox.load.chat import Outcome

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Distribution:
    """Mean and percentiles of some seconds; percentiles by linear interpolation between the two nearest values."""

    count: int
    mean: float
    percentiles: Mapping[int, float]

    @classmethod
    def of(cls, values: Iterable[float]) -> "Distribution | None":
        """None without values."""
        ordered = sorted(values)
        if not ordered:
            return None
        cuts = statistics.quantiles(ordered, n=100, method="inclusive") if len(ordered) > 1 else ordered * 99
        return cls(len(ordered), statistics.fmean(ordered), {p: cuts[p - 1] for p in PERCENTILES})

    def as_json(self) -> dict[str, float]:
        """As a JSON object."""
        named = {f"p{percentile}": round(value, 6) for percentile, value in self.percentiles.items()}
        return {"count": self.count, "mean": round(self.mean, 6), **named}


# Each by its name in JSON, its name for people, and its values of one successful request.
_MEASURES: tuple[tuple[str, str, Callable[[Outcome], Iterable[float | None]]], ...] = (
    ("latency_seconds", "latency", lambda each: (each.latency_seconds,)),
    ("time_to_first_token_seconds", "time to first token", lambda each: (each.time_to_first_token_seconds,)),
    ("inter_token_seconds", "between two texts", lambda each: each.between_texts_seconds),
    ("time_per_output_token_seconds", "per output token", lambda each: (each.time_per_output_token_seconds,)),
    ("send_delay_seconds", "sent late by", lambda each: (each.sent_at - each.due_at,)),
)
NAMES = {name: words for name, words, _ in _MEASURES}


@dataclass(frozen=True)
class Summary:
    """Successful requests are those with a complete answer; only they have times. Ctrl-C cancelled the `unfinished` ones.

    `finish_reasons` count why the answers ended, by the server's words, the most frequent first; those without are not told.
    `duration_seconds` is from the first request's time to the last end. Tokens are the server's counts, None where it
    reported none that can be true for some answer.
    """

    succeeded: int
    failures: Mapping[str, int]
    details: Mapping[str, str]
    unfinished: int
    duration_seconds: float
    prompt_tokens: int | None
    output_tokens: int | None
    finish_reasons: Mapping[str, int]
    times: Mapping[str, Distribution | None]

    @property
    def requests(self) -> int:
        return self.succeeded + self.failed + self.unfinished

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def finish_ratios(self) -> Mapping[str, float]:
        """The share of each finish reason among the answers that report one."""
        told = sum(self.finish_reasons.values())
        return {reason: count / told for reason, count in self.finish_reasons.items()}

    @property
    def requests_per_second(self) -> float:
        """Successful requests over the whole duration, the last answers included."""
        return self.succeeded / self.duration_seconds if self.duration_seconds else 0.0

    def per_second(self, tokens: int | None) -> float | None:
        """Tokens over the whole duration."""
        return tokens / self.duration_seconds if tokens is not None and self.duration_seconds else None

    def as_json(self) -> dict[str, Any]:
        """As a JSON object; null for what the server did not report."""
        return {
            "requests": self.requests,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "failures": dict(sorted(self.failures.items())),
            "unfinished": self.unfinished,
            "duration_seconds": round(self.duration_seconds, 6),
            "requests_per_second": round(self.requests_per_second, 6),
            "prompt_tokens": self.prompt_tokens,
            "prompt_tokens_per_second": _rounded(self.per_second(self.prompt_tokens)),
            "output_tokens": self.output_tokens,
            "output_tokens_per_second": _rounded(self.per_second(self.output_tokens)),
            "finish_reasons": {
                reason: {"count": self.finish_reasons[reason], "ratio": round(ratio, 6)}
                for reason, ratio in self.finish_ratios.items()
            },
            **{name: times and times.as_json() for name, times in self.times.items()},
        }


def summarise(outcomes: Sequence[Outcome], unfinished: int = 0) -> Summary:
    """The numbers of some outcomes, in whatever order they ended."""
    whole = [outcome for outcome in outcomes if not outcome.failure]
    failed = [outcome for outcome in outcomes if outcome.failure]
    times = {
        name: Distribution.of(value for value in chain.from_iterable(map(values_of, whole)) if value is not None)
        for name, _, values_of in _MEASURES
    }
    return Summary(
        succeeded=len(whole),
        failures=Counter(outcome.failure for outcome in failed),
        details={outcome.failure: outcome.details for outcome in failed if outcome.details},
        unfinished=unfinished,
        duration_seconds=_duration(outcomes),
        prompt_tokens=_total(outcome.prompt_tokens for outcome in whole),
        output_tokens=_total(outcome.output_tokens for outcome in whole),
        finish_reasons=dict(Counter(each.finish_reason for each in whole if each.finish_reason).most_common()),
        times=times,
    )


def _duration(outcomes: Sequence[Outcome]) -> float:
    if not outcomes:
        return 0.0
    return max(outcome.ended_at for outcome in outcomes) - min(outcome.due_at for outcome in outcomes)


def _total(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
