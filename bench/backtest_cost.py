"""How long `deploy.py backtest` takes over a real Prometheus with days of a fleet's recorded series.

Every series that our rules record and that they read of vLLM is there, of 20 replicas and one model, at each evaluation. Values
move, so that alerts fire now and then; what they say means nothing.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from glassbox.compile.bundle import Bundle
from glassbox.metrics import CATALOGUE
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.syntax.parsing import selectors_of

REPLICAS = 20
STEP_SECONDS = 30
DAY_SECONDS = 86400
DAYS = (1, 7)
GOAL_SECONDS, GOAL_MEGABYTES = 60, 1000
# Written at once: what a Prometheus takes in one go, and little memory here.
_PIECE_SECONDS = 6 * 3600

ColdRun = Callable[[list[str]], tuple[float, float]]
"""Seconds and megabytes of a command in a fresh process."""


def measure_backtest(bundle: Bundle, cold_run: ColdRun) -> dict[int, tuple[float, float]]:
    """Seconds and megabytes (1e6 bytes) of a backtest of all alerts by its days; raises GlassboxError without a Prometheus."""
    end = int(time.time()) // 60 * 60
    with (
        tempfile.TemporaryDirectory(prefix="glassbox-bench-") as folder,
        own_prometheus(Path(folder, "data")) as server,
    ):
        _fill(server.url, _unique(_series(bundle)), end - (max(DAYS) + 1) * DAY_SECONDS, end)
        asked = ["deploy.py", "backtest", "--prometheus", server.url, "--thresholds", "none", "--no-work-out"]
        return {days: cold_run([*asked, "--window", f"{days}d"]) for days in DAYS}


def _series(bundle: Bundle) -> Iterator[Mapping[str, str]]:
    """The labels of each series."""
    for group in bundle.content.records:
        for record in group.records:
            labels = {label: "x" for label in record.all_labels if label != "instance"}
            yield from _of_replicas({"__name__": record.name, **labels, **dict(record.labels)}, record.all_labels)
    vllm = {part.name for metric in CATALOGUE["vllm"] for part in metric.parts} | {"up"}
    read = {str(selector.name) for query in bundle.content.queries for selector in selectors_of(str(query.expr))}
    for name in sorted(read & vllm):
        yield from _of_replicas({"__name__": name, "model_name": "x"}, ("instance",))


def _unique(series: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Of several engines' rules that record one series, one."""
    return list({tuple(sorted(labels.items())): labels for labels in series}.values())


def _of_replicas(labels: Mapping[str, str], kept: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    service = {**labels, "job": "vllm"}
    if "instance" not in kept:
        yield service
        return
    yield from ({**service, "instance": f"10.0.0.{number}:8000"} for number in range(REPLICAS))


def _fill(url: str, series: list[Mapping[str, str]], start: int, end: int) -> None:
    for first in range(start, end, _PIECE_SECONDS):
        times = range(first, min(first + _PIECE_SECONDS, end), STEP_SECONDS)
        times_ms = [each * 1000 for each in times]
        write(url, (Samples(labels, times_ms, _values(labels["__name__"], times)) for labels in series))


def _values(name: str, times: range) -> list[float]:
    """Of `up` 1, of all others more for twenty minutes of every four hours, which are others for each name."""
    if name == "up":
        return [1.0] * len(times)
    phase = sum(map(ord, name)) % 720 * 20
    return [5.0 if (each + phase) % 14_400 < 1200 else 0.2 for each in times]
