"""Rows of answers by their labels, and what the queries of the examination have in common."""

from collections.abc import Iterable, Sequence

from glassbox.metrics.types import Metric
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.samples import Sample

# The same address may be another target there.
ELSEWHERE = ("cluster", "environment", "region")
TARGET = ", ".join(("job", "instance", *ELSEWHERE))


def targets_of(prometheus: Prometheus, selector: str) -> dict[str, int]:
    """How many targets of each job have series of the selector."""
    found = prometheus.now(f"count by (job) (count by ({TARGET}) ({selector}))")
    return {job: int(number) for job, number in by(found, "job").items()}


def narrowed(selector: str, matchers: str) -> str:
    """A selector that has matchers, with more of them, such as `pod!="", job="vllm"`."""
    return f"{selector.removesuffix('}')}, {matchers}}}"


def names_of(metric: Metric) -> tuple[str, ...]:
    """All names under which the metric is stored."""
    return (metric.name, *metric.former_names)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values that are not empty, each once, sorted."""
    return tuple(sorted(set(filter(None, values))))


def by(samples: Sequence[Sample], label: str) -> dict[str, float]:
    """The values by a label that distinguishes the samples."""
    return {each.labels.get(label, ""): each.value for each in samples}


def grouped(samples: Sequence[Sample], label: str) -> dict[str, list[Sample]]:
    """The samples by a label."""
    groups: dict[str, list[Sample]] = {}
    for each in samples:
        groups.setdefault(each.labels.get(label, ""), []).append(each)
    return groups
