"""No captured exposition contradicts itself, and no pair of them: what is replayed could be a server."""

import re

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from demo.captures import Capture
from demo.replay import Replay
from tests.support.exposition_invariants import Exposition, contradictions_between, contradictions_within
from tests.support.paths import EXPOSITIONS

INDEX = {entry["file"]: entry for entry in yaml.safe_load((EXPOSITIONS / "index.yaml").read_text(encoding="utf-8"))}
SECOND = [file for file, entry in INDEX.items() if "seconds_since_previous" in entry]
# What is given up begins, waits, and is in no histogram of finished requests. This and nothing else contradicts the rest.
GIVEN_UP = {
    "vllm-0.32.0-abandoned-1.prom": ["183 requests have a first token and no end, while 56 are in work"],
    "vllm-0.32.0-abandoned-2.prom": ["451 requests have a first token and no end, while 55 are in work"],
}
GIVEN_UP_BETWEEN = [
    "268 requests got a first token, and 0 finished",
    "42.0 requests wait, and 0.0 by the time that they spent",
    "55.5 requests are in work, and 0.0 by the time that they spent",
]


def exposition(file: str) -> Exposition:
    return Exposition.of((EXPOSITIONS / file).read_text(encoding="utf-8"))


def first_of(file: str) -> str:
    return file.replace("-2.prom", "-1.prom")


def max_running(file: str) -> int:
    (found,) = re.findall(r"--max-num-seqs (\d+)", INDEX[file]["server_arguments"])
    return int(found)


def replayed(file: str, spans: float) -> tuple[Exposition, Exposition, float]:
    """What the replay of a pair answers at its start and some spans later, and the seconds in between."""
    span_seconds = INDEX[file]["seconds_since_previous"]
    moments = iter((0.0, 0.0, spans * span_seconds))
    registry = CollectorRegistry()
    capture = Capture(EXPOSITIONS / first_of(file), EXPOSITIONS / file, span_seconds)
    registry.register(Replay(capture, clock=lambda: next(moments)))
    start, end = (Exposition.of(generate_latest(registry).decode()) for _ in range(2))
    return start, end, spans * span_seconds


@pytest.mark.parametrize("file", INDEX)
def test_an_exposition_agrees_with_itself(file: str) -> None:
    assert contradictions_within(exposition(file), max_running(file)) == GIVEN_UP.get(file, [])


@pytest.mark.parametrize("file", SECOND)
def test_two_expositions_are_of_one_steady_state(file: str) -> None:
    seconds = INDEX[file]["seconds_since_previous"]
    found = contradictions_between(exposition(first_of(file)), exposition(file), seconds)
    assert found == (GIVEN_UP_BETWEEN if file in GIVEN_UP else [])


@pytest.mark.parametrize("spans", [0.4, 5.0])
@pytest.mark.parametrize("file", [file for file in SECOND if file not in GIVEN_UP])
def test_a_replay_agrees_with_itself_as_its_captures_do(file: str, spans: float) -> None:
    """Whole numbers are rounded, and gauges stand still for a span."""
    assert contradictions_between(*replayed(file, spans)) == []
