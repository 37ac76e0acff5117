"""The past of a fleet, written into a Prometheus that a test then reads as somebody else's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.captures import find_capture
from demo.replay import Replay
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.servers.processes import Server

SCRAPE_SECONDS = 15


def replica(number: int, start: int, end: int) -> list[Samples]:
    """What the scrapes of one vLLM server under load recorded, `up` among it; `start` and `end` in Unix seconds."""
    target = {"job": "vllm", "instance": f"10.0.0.{number}:8000"}
    times_ms = [moment * 1000 + 137 * number for moment in range(start, end, SCRAPE_SECONDS)]
    since_begin = [(moment - times_ms[0]) / 1000 for moment in times_ms]
    up = Samples({"__name__": "up", **target}, times_ms, [1.0] * len(times_ms))
    exposed = Replay(find_capture("saturated")).history(since_begin)
    return [
        up,
        *(Samples({"__name__": name, **labels, **target}, times_ms, values) for name, labels, values in exposed),
    ]


@contextmanager
def fleet(folder: Path, replicas: int, start: int, end: int) -> Iterator[Server]:
    """A real Prometheus with the past of that many replicas."""
    with own_prometheus(folder / "data") as server:
        for number in range(replicas):
            write(server.url, replica(number, start, end))
        yield server
