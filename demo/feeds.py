"""What the demo's Prometheus scrapes, and what each of it exposed in the hours before."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from demo.captures import Capture, capture_of_engine, find_capture
from demo.ocr_service import ocr_service
from demo.raw_past import History, Series, dcgm_history
from demo.replay import Replay, replayed
from demo.scenarios import Earlier, Scenario, VllmFeed
from demo.server_life import Stretch
from demo.simulated_dcgm import simulated_dcgm
from glassbox.http.loopback import opened

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Feeds:
    """The URLs of the targets of each job, the version of the vLLM servers among them, and when they started (Unix seconds).

    `histories` say what targets exposed before, by their URLs.
    """

    targets: Mapping[str, Sequence[str]]
    versions: Mapping[str, str]
    histories: Mapping[str, History]
    started_seconds: float


def start_feeds(resources: ExitStack, scenario: Scenario, folder: Path) -> Feeds:
    """Start what the scenario names, until `resources` are closed; `folder` is for files."""
    started_seconds = time.time()
    histories: dict[str, History] = {}
    versions = {}
    for feed in (each for each in scenario.vllm for _ in range(each.replicas)):
        replay = _replay(feed)
        url = resources.enter_context(replayed(replay, answers=feed.answers))
        histories[url], versions[url] = replay.history, feed.vllm_version
    dcgm = resources.enter_context(simulated_dcgm(*scenario.gpu, gpus=scenario.gpus))
    ocr = resources.enter_context(ocr_service(scenario.pages_per_second))
    if scenario.incident:
        histories[dcgm] = dcgm_history(scenario.gpu, scenario.gpus)
        histories[ocr] = _like_now(ocr, scenario.ocr_earlier, folder)
    engines = {
        engine: [resources.enter_context(replayed(Replay(capture_of_engine(engine))))] for engine in scenario.engines
    }
    targets = {"hunyuanocr": [ocr], "vllm": list(versions), "dcgm": [dcgm], **engines}
    return Feeds(targets, versions, histories, started_seconds)


def _replay(feed: VllmFeed) -> Replay:
    def capture(regime: str) -> Capture:
        return find_capture(regime, feed.vllm_version)

    earlier = [Stretch(capture(each.regime), 60.0 * each.minutes, each.pace) for each in feed.earlier]
    return Replay(capture(feed.regime), earlier=earlier, model_name=feed.model_name)


def _like_now(url: str, earlier: Sequence[Earlier], folder: Path) -> History:
    """A target that grew as it does between now and when its history is read, at other paces."""
    first, began_seconds = _saved(url, folder / "first.prom"), time.monotonic()

    def series(times: Sequence[float]) -> Series:
        second = _saved(url, folder / "second.prom")
        capture = Capture(first, second, time.monotonic() - began_seconds)
        stretches = [Stretch(capture, 60.0 * each.minutes, each.pace) for each in earlier]
        return Replay(capture, earlier=stretches).history(times)

    return series


def _saved(url: str, file: Path) -> Path:
    with opened(f"{url}/metrics", timeout_seconds=_TIMEOUT_SECONDS) as answer:
        file.write_bytes(answer.read())
    return file
