"""What the exporter's tests share: a clock set by hand, and the samples of a real exposition."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass
class HandClock:
    """A monotonic clock that moves only by `advance`."""

    now_seconds: float = 1000.0

    def __call__(self) -> float:
        return self.now_seconds

    def advance(self, seconds: float) -> None:
        self.now_seconds += seconds


def parse(exposition: str) -> dict[tuple[str, Labels], float]:
    """Every sample of an exposition, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def samples(registry: CollectorRegistry) -> dict[tuple[str, Labels], float]:
    """What Prometheus would read from `registry` now."""
    return parse(generate_latest(registry).decode())


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """One sample, or None when the exposition has no such series."""
    return samples(registry).get((name, frozenset(labels.items())))
