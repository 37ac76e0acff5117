"""A stand-in for a server's /metrics that replays captures, of a real vLLM or of what stands for another engine.

Between two captures A and B of one server, `span` seconds apart, a counter at t seconds is A + (B - A) * t / span,
and so on for ever. Whole numbers stay whole (rounded down, hence buckets stay cumulative and +Inf equals _count).
Gauges take A's and B's values in turn, each for one span.
A server that had other captures before (`demo/server_life.py`) begins with A, and what grew in them is added.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus

import click
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.captured_series import BARE_COUNTER, families_of
from demo.captures import Capture, find_capture
from demo.server_life import Life, Stretch
from glassbox.errors import GlassboxError
from glassbox.servers.background import served
from glassbox.servers.processes import ended_by_signals

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class Replay(Collector):
    """The metrics of a captured server at any time; raises GlassboxError where a counter of the pair falls.

    `earlier` is what it lived through before 0 s, oldest first; gauges and what never changes come from the present capture.
    """

    def __init__(
        self,
        capture: Capture,
        *,
        earlier: Sequence[Stretch] = (),
        model_name: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._life = Life(capture, earlier)
        self._families = families_of(self._life.captures, model_name)
        self._clock = clock
        self._start = clock()

    @property
    def begin_seconds(self) -> float:
        """When the earliest stretch begins, 0 or less."""
        return self._life.begin_seconds

    def collect(self) -> Iterable[Metric]:
        """The families now; what prometheus_client asks of a collector."""
        return self.families(self._clock() - self._start)

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known only from the captures."""
        return []

    def families(self, seconds: float) -> Iterator[Metric]:
        """Every family of the captures with its values at that time."""
        moment = self._life.at(seconds)
        for family in self._families:
            metric = Metric(
                family.name, family.documentation, "unknown" if family.type == BARE_COUNTER else family.type
            )
            for series in family.series:
                metric.add_sample(series.name, series.labels, series.at(moment))
            yield metric

    def history(self, times_seconds: Sequence[float]) -> Iterator[tuple[str, Mapping[str, str], list[float]]]:
        """Each series with its values at these times: what `families` has, series by series."""
        moments = [self._life.at(seconds) for seconds in times_seconds]
        for series in (series for family in self._families for series in family.series):
            yield series.name, series.labels, [series.at(moment) for moment in moments]


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
    replay = Replay(find_capture(regime, vllm_version), model_name=model_name)
    with replayed(replay, port=port, answers=answers) as url:
        yield url


@contextmanager
def replayed(replay: Replay, *, port: int = 0, answers: int | None = None) -> Iterator[str]:
    """The same of any replay."""
    registry = CollectorRegistry()
    registry.register(replay)
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
