"""Write what engines that cannot be run here would say at /metrics: `python -m demo.capturing.written_metrics`.

Names, kinds, labels and buckets are those of the catalogue, which has them from the engines' sources. The requests are invented, and
the same for all: two per second, alike. Only series that the catalogue knows are here, so a file does not prove the catalogue.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from demo.scenarios import MODELS_OF_ENGINES as MODELS
from glassbox.metrics import llamacpp, tgi, triton, trtllm
from glassbox.metrics.types import Counter, Gauge, Histogram, Metric

OUT_DIR = Path(__file__).resolve().parent.parent / "expositions" / "engines"
# Of one request.
PROMPT_TOKENS, CACHED_TOKENS, ANSWER_TOKENS = 500, 200, 150
WHOLE_SECONDS, FIRST_TOKEN_SECONDS, QUEUE_SECONDS, PREFILL_SECONDS = 3.0, 0.25, 0.01, 0.24
BETWEEN_SECONDS = (WHOLE_SECONDS - FIRST_TOKEN_SECONDS) / (ANSWER_TOKENS - 1)
REQUESTS_A_MINUTE = 120
RUNNING = round(REQUESTS_A_MINUTE / 60 * WHOLE_SECONDS)


@dataclass(frozen=True)
class Told:
    """A metric of the catalogue: a level, or what each request adds to it; of a histogram, the value that each is observed with.

    `times` is how often a request is observed.
    """

    metric: Metric
    value: float
    labels: Mapping[str, str]
    times: int = 1


def trtllm_metrics() -> Iterator[Told]:
    """`trtllm-serve`."""
    server = {"model_name": MODELS["trtllm"], "engine_type": "trtllm"}
    yield Told(trtllm.NUM_REQUESTS_RUNNING, RUNNING, server)
    yield Told(trtllm.NUM_REQUESTS_WAITING, 0, server)
    yield Told(trtllm.KV_CACHE_UTILIZATION, 0.41, server)
    yield Told(trtllm.PROMPT_TOKENS, PROMPT_TOKENS, server)
    yield Told(trtllm.PROMPT_CACHED_TOKENS, CACHED_TOKENS, server)
    yield Told(trtllm.GENERATION_TOKENS, ANSWER_TOKENS, server)
    yield Told(trtllm.REQUEST_SUCCESS, 1, {**server, "finished_reason": "stop"})
    for metric, seconds in (
        (trtllm.E2E_REQUEST_LATENCY, WHOLE_SECONDS),
        (trtllm.TIME_TO_FIRST_TOKEN, FIRST_TOKEN_SECONDS),
        (trtllm.TIME_PER_OUTPUT_TOKEN, BETWEEN_SECONDS),
        (trtllm.REQUEST_QUEUE_TIME, QUEUE_SECONDS),
        (trtllm.REQUEST_PREFILL_TIME, PREFILL_SECONDS),
        (trtllm.REQUEST_DECODE_TIME, WHOLE_SECONDS - FIRST_TOKEN_SECONDS),
        (trtllm.REQUEST_INFERENCE_TIME, WHOLE_SECONDS - QUEUE_SECONDS),
    ):
        yield Told(metric, seconds, server)


def tgi_metrics() -> Iterator[Told]:
    """TGI, whose series have no label of the model."""
    yield Told(tgi.BATCH_CURRENT_SIZE, RUNNING, {})
    yield Told(tgi.QUEUE_SIZE, 0, {})
    yield Told(tgi.REQUEST_SUCCESS, 1, {})
    for metric, value in (
        (tgi.REQUEST_DURATION, WHOLE_SECONDS),
        (tgi.REQUEST_QUEUE_DURATION, QUEUE_SECONDS),
        (tgi.REQUEST_INFERENCE_DURATION, WHOLE_SECONDS - QUEUE_SECONDS),
        (tgi.REQUEST_MEAN_TIME_PER_TOKEN, (WHOLE_SECONDS - QUEUE_SECONDS) / ANSWER_TOKENS),
        (tgi.REQUEST_INPUT_LENGTH, PROMPT_TOKENS),
        (tgi.REQUEST_GENERATED_TOKENS, ANSWER_TOKENS),
    ):
        yield Told(metric, value, {})


def llamacpp_metrics() -> Iterator[Told]:
    """`llama-server`, without any label."""
    yield Told(llamacpp.REQUESTS_PROCESSING, RUNNING, {})
    yield Told(llamacpp.REQUESTS_DEFERRED, 0, {})
    yield Told(llamacpp.PROMPT_TOKENS, PROMPT_TOKENS, {})
    yield Told(llamacpp.TOKENS_PREDICTED, ANSWER_TOKENS, {})
    yield Told(llamacpp.TOKENS_PREDICTED_SECONDS, WHOLE_SECONDS - FIRST_TOKEN_SECONDS, {})


def triton_metrics() -> Iterator[Told]:
    """Triton with a model of which its core alone speaks: nothing there tells tokens, or what runs."""
    model = {"model": MODELS["triton"], "version": "1", "gpu_uuid": "GPU-0"}
    yield Told(triton.REQUEST_SUCCESS, 1, model)
    for reason in ("REJECTED", "CANCELED", "BACKEND", "OTHER"):
        yield Told(triton.REQUEST_FAILURE, 0, {**model, "reason": reason})
    yield Told(triton.REQUEST_DURATION_MICROSECONDS, WHOLE_SECONDS * 1e6, model)
    yield Told(triton.QUEUE_DURATION_MICROSECONDS, QUEUE_SECONDS * 1e6, model)
    yield Told(triton.PENDING_REQUESTS, 0, model)


ENGINES = {
    "trtllm": trtllm_metrics,
    "tgi": tgi_metrics,
    "llamacpp": llamacpp_metrics,
    "triton": triton_metrics,
}
# Its metrics are those of prometheus_client, which writes whole bounds with a point (`floatToGoString`).
IN_PYTHON = frozenset({"trtllm"})


def exposition(engine: str, minutes: int) -> str:
    """The whole text after so many minutes of requests."""
    lines: list[str] = []
    typed: set[str] = set()
    for told in ENGINES[engine]():
        if told.metric.name not in typed:
            typed.add(told.metric.name)
            lines.append(f"# TYPE {told.metric.name} {_type(told.metric)}")
        lines += _samples(told, REQUESTS_A_MINUTE * minutes, repr if engine in IN_PYTHON else _without_point)
    return "\n".join((*lines, ""))


def _type(metric: Metric) -> str:
    match metric:
        case Histogram():
            return "histogram"
        case Counter():
            return "counter"
        case Gauge():
            return "gauge"
    raise ValueError(f"{metric.name} is a {type(metric).__name__}, which no engine exposes.")


def _samples(told: Told, requests: int, bound_text: Callable[[float], str]) -> Iterator[str]:
    name, observed = told.metric.name, requests * told.times
    if isinstance(told.metric, Gauge):
        yield _line(name, told.labels, told.value)
    elif isinstance(told.metric, Histogram):
        for bound in told.metric.bounds:
            within = observed if told.value <= bound else 0
            yield _line(f"{name}_bucket", {**told.labels, "le": bound_text(float(bound))}, within)
        yield _line(f"{name}_bucket", {**told.labels, "le": "+Inf"}, observed)
        yield _line(f"{name}_sum", told.labels, round(told.value * observed, 6))
        yield _line(f"{name}_count", told.labels, observed)
    else:
        yield _line(name, told.labels, round(told.value * requests, 6))


def _without_point(bound: float) -> str:
    """As Rust and C++ write whole bounds."""
    return f"{bound:.17g}" if bound.is_integer() else repr(bound)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    body = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return f"{name}{{{body}}} {value:.10g}" if body else f"{name} {value:.10g}"


@click.command()
def main() -> None:
    """Write two expositions of each engine, a minute of requests apart."""
    for engine in ENGINES:
        for number in (1, 2):
            file = OUT_DIR / f"{engine}-{number}.prom"
            file.write_text(exposition(engine, number), encoding="utf-8")
            click.echo(str(file))


if __name__ == "__main__":
    main()
