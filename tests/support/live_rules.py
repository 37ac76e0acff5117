"""A real Prometheus that scrapes replayed servers and records rules of ours while a test waits.

Which scrape an evaluation sees is only known where none is on its way at that moment, and so is which result of another group.
Prometheus chooses the moments by hashes of paths and addresses; a run where they are too close is begun again elsewhere.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.captures import find_capture
from demo.replay import TEXT_FORMAT, Replay
from glassbox.prometheus.board_queries import api_data
from glassbox.servers.background import served
from glassbox.servers.processes import prometheus
from tests.support.waiting import eventually

INTERVAL_SECONDS = 5
APART_MS = 250
_ATTEMPTS = 12
_SETTINGS = {
    "global": {"scrape_interval": f"{INTERVAL_SECONDS}s", "evaluation_interval": f"{INTERVAL_SECONDS}s"},
    "rule_files": ["rules.yaml"],
    "scrape_configs": [
        {"job_name": "vllm", "file_sd_configs": [{"files": ["targets.json"], "refresh_interval": "1s"}]}
    ],
}
Series = Mapping[tuple[tuple[str, str], ...], Mapping[int, float]]


@dataclass(frozen=True)
class Live:
    """The server, at which millisecond of their interval its groups are evaluated, and a moment (Unix seconds) before all
    scrapes and less than an interval before the first evaluation of the last group."""

    url: str
    offsets_ms: Mapping[str, int]
    begun_seconds: int


def replica(failing: range = range(0), without: str = "nothing", since: int = 0) -> Starlette:
    """A vLLM server that fails at these scrapes, and no longer exposes series `without` these words from one of them on."""
    registry = CollectorRegistry()
    registry.register(Replay(find_capture("saturated")))
    scrapes = itertools.count()

    async def metrics(_request: Request) -> Response:
        number = next(scrapes)
        if number in failing:
            return Response(status_code=503)
        lines = generate_latest(registry).decode().splitlines(keepends=True)
        kept = (line for line in lines if number < since or without not in line)
        return Response("".join(kept), media_type=TEXT_FORMAT)

    return Starlette(routes=[Route("/metrics", metrics)])


def stored(url: str, name: str, end_seconds: float) -> Series:
    """Every sample of the name in the hour before, by labels and time in milliseconds."""
    found = api_data(url, "query", query=f'{{__name__="{name}"}}[1h]', time=end_seconds)["result"]
    return {
        tuple(sorted(each["metric"].items())): {round(time * 1000): float(value) for time, value in each["values"]}
        for each in found
    }


@contextmanager
def recording(
    rules: Mapping[str, Any], record_of_group: Mapping[str, str], replicas: int, folder: Path
) -> Iterator[Live]:
    """Three replicas, of which one fails for a while and one loses a series, and these rules; `record_of_group` names a
    series that each group records at every evaluation."""
    for attempt in range(_ATTEMPTS):
        with ExitStack() as resources:
            apps = (replica(), replica(failing=range(6, 8)), replica(without="num_requests_running", since=7))
            urls = [resources.enter_context(served(app)) for app in apps]
            place = folder / str(attempt)
            place.mkdir(parents=True)
            (place / "rules.yaml").write_text(json.dumps(rules), encoding="utf-8")
            (place / "prometheus.yml").write_text(json.dumps(_SETTINGS), encoding="utf-8")
            server = resources.enter_context(prometheus(place / "prometheus.yml", folder=place))
            evaluations = eventually(partial(_moments, server.url, list(record_of_group.values())[-1]), 60)
            _tell_targets(place, urls)
            phases = eventually(partial(_phases, server.url, len(urls)), 60)
            offsets = eventually(partial(_offsets, server.url, record_of_group), 60)
            if _far_apart(offsets, phases):
                yield Live(server.url, offsets, evaluations[0] // 1000 - INTERVAL_SECONDS + 1)
                return
    raise AssertionError("no run had its scrapes and evaluations far enough apart")


def _tell_targets(place: Path, urls: list[str]) -> None:
    """Let the server find these targets from now on, so that no scrape is before the first evaluation."""
    groups = [{"targets": [url.removeprefix("http://") for url in urls]}]
    (place / "targets.json.new").write_text(json.dumps(groups), encoding="utf-8")
    (place / "targets.json.new").rename(place / "targets.json")


def _offsets(url: str, record_of_group: Mapping[str, str]) -> dict[str, int]:
    found = {group: _moments(url, name) for group, name in record_of_group.items()}
    return (
        {group: moments[-1] % (INTERVAL_SECONDS * 1000) for group, moments in found.items() if moments}
        if all(found.values())
        else {}
    )


def _moments(url: str, name: str) -> list[int]:
    found = api_data(url, "query", query=f"{name}[1h]")["result"]
    return sorted({round(time * 1000) for each in found for time, _ in each["values"]})


def _phases(url: str, replicas: int) -> dict[str, int]:
    """At which millisecond of the interval each replica is scraped; empty until all are."""
    found = api_data(url, "query", query="up[1h]")["result"]
    phases = {
        each["metric"]["instance"]: round(each["values"][-1][0] * 1000) % (INTERVAL_SECONDS * 1000) for each in found
    }
    return phases if len(phases) == replicas else {}


def _far_apart(offsets: Mapping[str, int], scrapes: Mapping[str, int]) -> bool:
    interval = INTERVAL_SECONDS * 1000
    pairs = [*permutations(offsets, 2), *((group, scrape) for group in offsets for scrape in scrapes)]
    both = {**offsets, **scrapes}
    return all((both[group] - both[before]) % interval > APART_MS for group, before in pairs)
