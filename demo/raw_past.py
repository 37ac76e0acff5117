"""The raw series of the hours before the demo: what scrapes of its targets would have stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from demo.simulated_dcgm import Scenario, SimulatedDcgm
from glassbox.past.remote_write import Samples
from glassbox.past.staleness import Key, key_of

# As in install/prometheus.yml; the demo itself scrapes more often, so that something is to be seen soon.
SCRAPE_SECONDS = 15
# Of two targets, so that not all are scraped at the same moment.
_APART_SECONDS = 0.731
_DURATION_SECONDS = 0.012
# When a process made a series; nothing reads it.
_LEFT_OUT = "_created"
# A gauge that is a time is one of a success, which was at the scrape.
_TIME = "_timestamp_seconds"

Labels = Mapping[str, str]
Series = Iterable[tuple[str, Labels, Sequence[float]]]
"""Name, labels and values of each series of a target, one value for each scrape."""
History = Callable[[Sequence[float]], Series]
"""What a target exposed at these times, in seconds before the present (negative numbers)."""


def raw_series(
    target: Labels, number: int, history: History, begin_seconds: int, end_seconds: int
) -> Iterator[Samples]:
    """What is stored of the scrapes of one target between two moments (Unix seconds), the second being its present.

    `target` are its labels, job and instance among them; `number` says which of all targets it is.
    """
    first = begin_seconds + _APART_SECONDS * number % SCRAPE_SECONDS
    count = int((end_seconds - first) // SCRAPE_SECONDS) + 1
    times = [first + SCRAPE_SECONDS * scrape for scrape in range(count)]
    times_ms = [round(1000 * time) for time in times]
    exposed = 0
    for name, labels, values in history([time - end_seconds for time in times]):
        exposed += 1
        if not name.endswith(_LEFT_OUT):
            yield Samples({"__name__": name, **labels, **target}, times_ms, times if name.endswith(_TIME) else values)
    for name, value in _of_each_scrape(exposed).items():
        yield Samples({"__name__": name, **target}, times_ms, [value] * count)


def _of_each_scrape(exposed: int) -> dict[str, float]:
    """What Prometheus adds by itself (https://prometheus.io/docs/concepts/jobs_instances/)."""
    return {
        "up": 1.0,
        "scrape_duration_seconds": _DURATION_SECONDS,
        "scrape_samples_scraped": float(exposed),
        "scrape_samples_post_metric_relabeling": float(exposed),
        "scrape_series_added": 0.0,
    }


def dcgm_history(scenarios: Sequence[Scenario], gpus: int) -> History:
    """A simulated dcgm-exporter that was started at the first scrape."""

    def series(times: Sequence[float]) -> Series:
        moments = iter((times[0], *times))
        exporter = SimulatedDcgm(*scenarios, gpus=gpus, clock=lambda: next(moments))
        found: dict[Key, tuple[str, Labels, list[float]]] = {}
        for _ in times:
            for name, labels, value in exporter.samples():
                found.setdefault(key_of({"__name__": name, **labels}), (name, labels, []))[2].append(value)
        return found.values()

    return series
