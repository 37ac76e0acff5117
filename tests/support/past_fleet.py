"""The past of a fleet, written into a Prometheus that a test then reads as somebody else's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.captures import find_capture
from demo.replay import Replay
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.past.staleness import key_of
from glassbox.servers.processes import Server

SCRAPE_SECONDS = 15


def replica(number: int, start: int, end: int) -> list[Samples]:
    """What the scrapes of one vLLM server under load recorded, `up` among it; `start` and `end` in Unix seconds."""
    target = {"job": "vllm", "instance": f"10.0.0.{number}:8000"}
    times_ms = [moment * 1000 + 137 * number for moment in range(start, end, SCRAPE_SECONDS)]
    replay = Replay(find_capture("saturated"), clock=lambda: 0)
    labels: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
    values: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for moment in times_ms:
        for family in replay.families((moment - times_ms[0]) / 1000):
            for sample in family.samples:
                of_series = {"__name__": sample.name, **sample.labels, **target}
                labels.setdefault(key_of(of_series), of_series)
                values.setdefault(key_of(of_series), []).append(float(sample.value))
    up = Samples({"__name__": "up", **target}, times_ms, [1.0] * len(times_ms))
    return [up, *(Samples(of_series, times_ms, values[key]) for key, of_series in labels.items())]


@contextmanager
def fleet(folder: Path, replicas: int, start: int, end: int) -> Iterator[Server]:
    """A real Prometheus with the past of that many replicas."""
    with own_prometheus(folder / "data") as server:
        for number in range(replicas):
            write(server.url, replica(number, start, end))
        yield server
