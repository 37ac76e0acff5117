"""Which engines an objective judges, and at which of their buckets: for the texts of boards and alerts."""

from collections.abc import Mapping

from glassbox.metrics.engines import ENGINES
from glassbox.query.buckets import BucketMatcher
from glassbox.query.reporters import TITLES, lacking_each
from glassbox.query.rules import Record
from glassbox.settings.model import Settings
from recording_rules import request_durations, slo

_NEAREST = "Counted at the nearest bucket"


def not_judged(settings: Settings) -> str:
    """A sentence on the engines that do not report what an objective is judged by; empty where all do."""
    text = lacking_each({each.name: slo.judged_of(each, settings).reporters for each in settings.slos})
    return f"Not reported: {text}." if text else ""


def counted_elsewhere(within: BucketMatcher, bucket: Record) -> Mapping[str, float]:
    """The bound in seconds at which an engine that lacks the bucket is counted, by its name."""
    engines = [engine.name for engine in ENGINES if engine.name in dict(bucket.expr.by_engine)]
    bounds = {engine: within.of(bucket.histogram_names_of(engine)).bound for engine in engines}
    return {engine: bound for engine, bound in bounds.items() if bound != within.bound}


def counted_text(bounds: Mapping[str, float]) -> str:
    """`SGLang at 2 s`, for each engine; empty where all have the bucket."""
    return ", ".join(f"{TITLES[engine]} at {bound:.3g} s" for engine, bound in bounds.items())


def slow_counted_at(settings: Settings) -> str:
    """The same sentence of requests that are slow for the alert on latency."""
    text = counted_text(counted_elsewhere(*request_durations.bucket_of_slow(settings)))
    return f"{_NEAREST}: {text}." if text else ""


def counted_at(settings: Settings) -> str:
    """A sentence on the engines that each objective counts at another bound than it promises; empty where there is none.

    They have no bucket at the bound itself.
    """
    found = {
        each.name: counted_text(counted_elsewhere(*slo.promised_bucket(each, settings)))
        for each in settings.slos
        if each.threshold_seconds
    }
    said = [f"{name}: {text}" for name, text in found.items() if text]
    return f"{_NEAREST}: {'; '.join(said)}." if said else ""
