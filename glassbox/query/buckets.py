"""Which bounds the buckets of a series have: those of the catalogue, or those that the setting histogram_buckets names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from glassbox.errors import GlassboxError
from glassbox.metrics import HISTOGRAMS
from glassbox.metrics.types import FormerEnd
from glassbox.query.selectors import Matcher

SETTING = "histogram_buckets"

# Ascending bounds by the name of the histogram.
CustomBuckets = Mapping[str, Sequence[float]]

# What may follow a whole bound: servers in Python write 10.0, others and collectors 10, and Prometheus 3 stores 10.0.
EITHER_ENDING = "([.]0)?"

_CURRENT_NAMES = {former: name for name, metric in HISTOGRAMS.items() for former in (name, *metric.former_names)}


@dataclass(frozen=True)
class Buckets:
    """The finite bounds of a series' buckets, and where histograms that it is made of end in older versions."""

    bounds: tuple[float, ...]
    former_ends: tuple[tuple[str, FormerEnd], ...] = ()
    custom: bool = False

    def __str__(self) -> str:
        return ", ".join(f"{bound:g}" for bound in self.bounds) or "none"


@dataclass(frozen=True)
class BucketMatcher(Matcher):
    """Matches the bucket at a bound; where a histogram has no such bucket, `of` matches the nearest one that it has."""

    bound: float
    custom: CustomBuckets = field(compare=False)

    @classmethod
    def at(cls, bound: float, custom: CustomBuckets) -> "BucketMatcher":
        """Matches the bucket, however its bound is written."""
        whole = float(bound).is_integer()
        return (
            cls("=~", f"{bound:.0f}{EITHER_ENDING}", bound, custom)
            if whole
            else cls("=", bound_text(bound), bound, custom)
        )

    def of(self, histogram_names: Sequence[str]) -> "BucketMatcher":
        """The same for these histograms: those of one engine."""
        bound = nearest_bound(self.bound, buckets_of(histogram_names, self.custom).bounds)
        return BucketMatcher.at(bound, self.custom)


def nearest_bound(bound: float, bounds: Sequence[float]) -> float:
    """The bound whose ratio to the given one is the smallest; of two, the larger. Bounds of 0 are never near."""
    return min((each for each in bounds if each > 0), key=lambda each: (abs(log(each / bound)), -each))


def buckets_of(histogram_names: Sequence[str], custom: CustomBuckets) -> Buckets:
    """The bounds that all these histograms have, current names or former ones."""
    names = tuple(dict.fromkeys(_CURRENT_NAMES[name] for name in histogram_names))
    each = [custom.get(name, HISTOGRAMS[name].bounds) for name in names]
    ends = [(name, HISTOGRAMS[name].formerly_ended) for name in names if name not in custom]
    return Buckets(
        bounds=tuple(bound for bound in (each[0] if each else ()) if all(bound in bounds for bounds in each)),
        former_ends=tuple((name, end) for name, end in ends if end),
        custom=any(name in custom for name in names),
    )


def check_custom_buckets(custom: CustomBuckets) -> None:
    """Raises GlassboxError where a name is not a histogram of the catalogue, or bounds do not ascend."""
    for name, bounds in custom.items():
        if name not in HISTOGRAMS:
            raise GlassboxError(
                f"Setting {SETTING}: {name!r} is not a histogram that is read here; use one of {', '.join(sorted(HISTOGRAMS))}."
            )
        if list(bounds) != sorted(set(bounds)):
            raise GlassboxError(
                f"Setting {SETTING}, {name}: the bounds must ascend, as the server's own do; sort them and remove duplicates."
            )


def bound_text(bound: float) -> str:
    """The bound as servers write it into the label `le`."""
    return str(float(bound))
