"""How a part declares metrics of one engine in one line; `since` and `absent` are those of `Metric`."""

from glassbox.metrics.types import Counter, Gauge, Histogram, Unit

ENGINE = ("model_name", "engine")


def counter(name: str, unit: Unit, help: str, *labels: str, since: str = "", absent: str = "") -> Counter:
    """A counter of each engine; `vllm:` and `_total` are added to its name."""
    full_name, all_labels = f"vllm:{name}_total", (*ENGINE, *labels)
    return Counter(name=full_name, unit=unit, labels=all_labels, help=help, since=since, often_absent=absent)


def gauge(name: str, unit: Unit, help: str, *labels: str, since: str = "", absent: str = "") -> Gauge:
    """A gauge of each engine; `vllm:` is added to its name."""
    full_name, all_labels = f"vllm:{name}", (*ENGINE, *labels)
    return Gauge(name=full_name, unit=unit, labels=all_labels, help=help, since=since, often_absent=absent)


def histogram(
    name: str,
    unit: Unit,
    help: str,
    *labels: str,
    bounds: tuple[float, ...],
    since: str = "",
    absent: str = "",
    ends_at: str = "",
) -> Histogram:
    """A histogram of each engine; `vllm:` is added to its name."""
    return Histogram(
        name=f"vllm:{name}",
        unit=unit,
        labels=(*ENGINE, *labels),
        bounds=bounds,
        help=help,
        since=since,
        often_absent=absent,
        ends_at=ends_at,
    )
