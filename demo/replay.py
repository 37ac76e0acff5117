"""A stand-in for a server's /metrics that replays captures, of a real vLLM or of what stands for another engine.

Between two captures A and B of one server, `span` seconds apart, a counter at t seconds is A + (B - A) * t / span,
and so on for ever. Whole numbers stay whole (rounded down, hence buckets stay cumulative and +Inf equals _count).
Gauges take A's and B's values in turn, each for one span.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import click
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.captures import Capture, find_capture
from glassbox.errors import GlassboxError
from glassbox.servers.background import served
from glassbox.servers.processes import ended_by_signals

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
# prometheus_client adds `_total` to every counter that it reads, and so to those of TGI and Triton, which have none.
BARE_COUNTER = "counter without _total"
GROWING_TYPES = frozenset({"counter", BARE_COUNTER, "histogram", "summary"})

SampleKey = tuple[str, tuple[tuple[str, str], ...]]


class Replay(Collector):
    """The metrics of a captured server at any time; raises GlassboxError where a counter of the pair falls."""

    def __init__(
        self,
        capture: Capture,
        *,
        model_name: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._span_seconds = capture.span_seconds
        first, second = _read(capture.first, model_name), _read(capture.second, model_name)
        self._families = [_paired(first.get(name), second.get(name)) for name in {**first, **second}]
        for family in self._families:
            _refuse_falling(family, capture)
        self._clock = clock
        self._start = clock()

    def collect(self) -> Iterable[Metric]:
        """The families now; what prometheus_client asks of a collector."""
        return self.families(self._clock() - self._start)

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known only from the captures."""
        return []

    def families(self, seconds: float) -> Iterator[Metric]:
        """Every family of either capture with its values at that time."""
        spans = seconds / self._span_seconds
        for family in self._families:
            metric = Metric(
                family.name, family.documentation, "unknown" if family.type == BARE_COUNTER else family.type
            )
            for pair in family.pairs:
                value = pair.growing(spans) if family.grows else pair.alternating(spans)
                metric.add_sample(pair.name, pair.labels, value)
            yield metric


@dataclass(frozen=True)
class _Pair:
    """One series in both captures; None where a capture lacks it."""

    name: str
    labels: dict[str, str]
    first: float | None
    second: float | None

    def growing(self, spans: float) -> float:
        """A series that only the second capture has starts at 0: vLLM creates it with its first event."""
        before = self.first if self.first is not None else 0.0
        after = self.second if self.second is not None else before
        value = before + (after - before) * spans
        return float(math.floor(value)) if before.is_integer() and after.is_integer() else value

    def alternating(self, spans: float) -> float:
        values = [value for value in (self.first, self.second) if value is not None]
        return values[int(spans) % len(values)]


@dataclass(frozen=True)
class _Family:
    name: str
    documentation: str
    type: str
    pairs: list[_Pair]

    @property
    def grows(self) -> bool:
        return self.type in GROWING_TYPES


def _read(file: Path, model_name: str | None) -> dict[str, Metric]:
    """The families of an exposition by name, the model renamed where a name is given."""
    try:
        text = file.read_text(encoding="utf-8")
        families = {family.name: _as_named(family, text) for family in text_string_to_metric_families(text)}
    except (OSError, ValueError) as error:
        raise GlassboxError(f"{file} is not a readable exposition ({error}); restore it from git.") from None
    if model_name is not None:
        for sample in (sample for family in families.values() for sample in family.samples):
            sample.labels.update({"model_name": model_name} if "model_name" in sample.labels else {})
    return families


def _as_named(family: Metric, text: str) -> Metric:
    """The family under the names that its text has."""
    if f"# TYPE {family.name} counter\n" in text:
        family.type = BARE_COUNTER
        family.samples = [
            sample._replace(name=sample.name.removesuffix("_total"))  # _replace is public, as of all named tuples
            for sample in family.samples
        ]
    return family


def _paired(first: Metric | None, second: Metric | None) -> _Family:
    family = first or second
    assert family is not None
    before, after = _samples(first), _samples(second)
    pairs = [_Pair(key[0], dict(key[1]), before.get(key), after.get(key)) for key in {**before, **after}]
    return _Family(family.name, family.documentation, family.type, pairs)


def _samples(family: Metric | None) -> dict[SampleKey, float]:
    samples = family.samples if family else []
    return {(sample.name, tuple(sorted(sample.labels.items()))): float(sample.value) for sample in samples}


def _refuse_falling(family: _Family, capture: Capture) -> None:
    for pair in family.pairs if family.grows else ():
        if pair.growing(1) < pair.growing(0):
            raise GlassboxError(
                f"{pair.name} falls from {capture.first.name} to {capture.second.name}; "
                "take both captures from one run of the server."
            )


@contextmanager
def replaying(
    regime: str,
    *,
    port: int = 0,
    vllm_version: str | None = None,
    model_name: str | None = None,
    answers: int | None = None,
) -> Iterator[str]:
    """Serve a regime's /metrics on loopback and yield the server's URL; port 0 means a free one.

    After `answers` requests it answers 503 for ever, as a server does whose engine has died.
    """
    capture = find_capture(regime, vllm_version)
    with replayed(capture, port=port, model_name=model_name, answers=answers) as url:
        yield url


@contextmanager
def replayed(
    capture: Capture, *, port: int = 0, model_name: str | None = None, answers: int | None = None
) -> Iterator[str]:
    """The same of any capture."""
    registry = CollectorRegistry()
    registry.register(Replay(capture, model_name=model_name))
    requests = itertools.count()

    async def metrics(_request: Request) -> Response:
        if answers is not None and next(requests) >= answers:
            return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(generate_latest(registry), media_type=TEXT_FORMAT)

    with served(Starlette(routes=[Route("/metrics", metrics)]), port) as url:
        yield url


@click.command()
@click.option("--regime", default="saturated", show_default=True, help="One of demo/expositions/index.yaml.")
@click.option("--vllm-version", help="Of that version; default is the newest.")
@click.option("--model-name", help="Replaces the captured model_name.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 means a free one.")
def main(regime: str, vllm_version: str | None, model_name: str | None, port: int) -> None:
    """Replay a real vLLM's /metrics until Ctrl-C."""
    try:
        with ended_by_signals(), replaying(regime, port=port, vllm_version=vllm_version, model_name=model_name) as url:
            click.echo(f"{regime}: {url}/metrics")
            threading.Event().wait()
    except KeyboardInterrupt:
        return
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
