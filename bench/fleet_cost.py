"""What a fleet costs Prometheus, of vLLM or of several engines: series scraped and recorded, and the time that all rules take.

Prometheus, the rules, and the text of a saturated vLLM are real, replayed so that its counters grow. Those of other engines
come from the demo, and GPUs are simulated. Each replica and each GPU is a target of its own. The day that alerts on GPUs look back on is there from the start.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.captures import capture_of_engine, find_capture
from demo.history import BUSY
from demo.replay import TEXT_FORMAT, Replay
from demo.scenarios import MODELS_OF_ENGINES, WITHOUT_MODEL
from demo.simulated_dcgm import SimulatedDcgm
from deploy import content
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.outputs import write_bundle
from glassbox.http.loopback import opened
from glassbox.prometheus.board_queries import api_data
from glassbox.servers.background import served
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.processes import LOOPBACK, free_port, prometheus
from glassbox.settings.model import Jobs, Settings

REPLICAS = 200
# The replicas of each engine.
OF_VLLM = {"vllm": REPLICAS}
OF_FOUR_ENGINES = dict.fromkeys(("vllm", "sglang", "trtllm", "tgi"), REPLICAS // 4)
REGIME = "saturated"
SCRAPE_SECONDS, EVALUATION_SECONDS = 5, 10
# From 70 s to 130 s a window of 5 minutes holds 14 to 26 samples; in production, with scrapes 15 s apart, 20.
FILLING_SECONDS, MEASURED_SECONDS = 70, 60
RECORDED = '{__name__=~"[^:]+:[^:]+:[^:]+"}'
_DURATION = "prometheus_rule_group_last_duration_seconds"
# Groups that run more rarely count by their share.
_EACH_EVALUATION = f"sum({_DURATION} / prometheus_rule_group_interval_seconds) * {EVALUATION_SECONDS}"
_DAY_SECONDS = 86_400

# All targets answer with one text, and each has a card of its own.
_CARD_OF_TARGET = {
    "metric_relabel_configs": [
        {"source_labels": ["UUID", "instance"], "regex": ".+;(.+)", "target_label": "UUID", "replacement": "$1"}
    ]
}

Exposition = Callable[[float], bytes]


@dataclass(frozen=True)
class Fleet:
    """The version of Prometheus; numbers of series, recorded ones also by level; seconds that all rules take at each evaluation; the newest samples of records and `up`."""

    prometheus: str
    scraped: int
    recorded: int
    recorded_by_level: Mapping[str, int]
    alerts: int
    evaluations_seconds: Sequence[float]
    processor_seconds: float
    slowest_groups_seconds: Mapping[str, float]
    samples: Sequence[str]

    @property
    def recorded_ratio(self) -> float:
        return self.recorded / self.scraped

    @property
    def evaluation_seconds(self) -> float:
        return statistics.median(self.evaluations_seconds)


def replica_instances(count: int, engine: str = "vllm") -> list[str]:
    """The instances of that many servers of an engine."""
    return _instances("replica" if engine == "vllm" else engine, count, 8000)


def measure_fleet(replicas: Mapping[str, int] = OF_VLLM, engines: Sequence[str] = tuple(OF_VLLM)) -> Fleet:
    """Run the fleet until rate windows are as full as in production, then measure; takes about three minutes.

    `replicas` are the servers of each engine, `engines` those that the settings name.
    """
    settings = Settings(
        jobs=Jobs(services=tuple(replicas)), engines=tuple(engines), evaluation_interval_seconds=EVALUATION_SECONDS
    )
    return _measured(replicas, settings)


def _measured(replicas: Mapping[str, int], rules: Settings) -> Fleet:
    with tempfile.TemporaryDirectory(prefix="glassbox-bench-") as made:
        folder = Path(made)
        write_bundle(compile_bundle(content(), rules), folder / "build")
        _write_history(folder / "data", sum(replicas.values()))
        with _exporters(replicas) as url:
            port = free_port()
            settings = _prometheus_settings(url, replicas, port)
            file = _write(folder, settings)
            with prometheus(file, folder=folder, port=port) as server:
                threading.Event().wait(FILLING_SECONDS)
                scraping_ratio = _processor_ratio(server.url)
                files = [f"{folder}/build/recording_rules/*.yaml", f"{folder}/build/alerts/*.yaml"]
                _write(folder, {**settings, "rule_files": files})
                opened(f"{server.url}/-/reload", body=b"", timeout_seconds=60).close()
                threading.Event().wait(MEASURED_SECONDS)
                return _read(server.url, scraping_ratio)


def _write_history(folder: Path, replicas: int) -> None:
    """The day before of what alerts read over hours: without it their windows would be empty, and cheap."""
    labels = [
        {"job": "dcgm", "instance": instance, "gpu": "0", "UUID": instance}
        for instance in _instances("gpu", replicas, 9400)
    ]
    lines = [sample({"__name__": record.name, **each}, value) for each in labels for record, value in BUSY.items()]
    now = int(time.time())
    write_blocks({Settings().evaluation_interval_seconds: lines}, now - _DAY_SECONDS, now, folder)


@contextmanager
def _exporters(engines: Iterable[str]) -> Iterator[str]:
    """One process answers for all targets, with texts that are ready: the scrapes shall wait for nothing."""
    steps = (FILLING_SECONDS + MEASURED_SECONDS) // SCRAPE_SECONDS + 12
    texts = {
        path: [exposition(step * SCRAPE_SECONDS) for step in range(steps)] for path, exposition in _sources(engines)
    }
    start = time.monotonic()

    async def metrics(request: Request) -> Response:
        step = int((time.monotonic() - start) / SCRAPE_SECONDS)
        return Response(texts[request.path_params["job"]][min(step, steps - 1)], media_type=TEXT_FORMAT)

    with served(Starlette(routes=[Route("/{job}", metrics)])) as url:
        yield url


def _sources(engines: Iterable[str]) -> Iterator[tuple[str, Exposition]]:
    now = 0.0
    dcgm = SimulatedDcgm(gpus=1, clock=lambda: now)

    def at(seconds: float, text: Callable[[], bytes]) -> bytes:
        nonlocal now
        now = seconds
        return text()

    def replayed(engine: str) -> Exposition:
        registry = CollectorRegistry()
        capture = find_capture(REGIME) if engine == "vllm" else capture_of_engine(engine)
        registry.register(Replay(capture, clock=lambda: now))
        return lambda seconds: at(seconds, lambda: generate_latest(registry))

    for engine in engines:
        now = 0.0
        yield engine, replayed(engine)
    now = 0.0
    yield "dcgm", lambda seconds: at(seconds, lambda: dcgm.exposition().encode())


def _prometheus_settings(url: str, replicas: Mapping[str, int], port: int) -> dict[str, Any]:
    """Without rules: the cost of scraping is measured first."""
    services = [
        _job(engine, url, replica_instances(count, engine), {"inference_engine": engine, **_model_of(engine)})
        for engine, count in replicas.items()
    ]
    return {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": f"{SCRAPE_SECONDS}s"},
        "scrape_configs": [
            *services,
            _job("dcgm", url, _instances("gpu", sum(replicas.values()), 9400), {}) | _CARD_OF_TARGET,
            {"job_name": "prometheus", "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]},
        ],
    }


def _model_of(engine: str) -> dict[str, str]:
    return {"model_name": MODELS_OF_ENGINES[engine]} if engine in WITHOUT_MODEL else {}


def _write(folder: Path, settings: Mapping[str, Any]) -> Path:
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return file


def _instances(name: str, count: int, port: int) -> list[str]:
    return [f"{name}-{number:03}:{port}" for number in range(count)]


def _job(name: str, url: str, targets: Sequence[str], labels: Mapping[str, str]) -> dict[str, Any]:
    """All targets are scraped from one address, each under its own name."""
    rename = {"source_labels": ["__address__"], "target_label": "instance"}
    redirect = {"target_label": "__address__", "replacement": url.removeprefix("http://")}
    return {
        "job_name": name,
        "metrics_path": f"/{name}",
        "static_configs": [{"targets": list(targets), "labels": dict(labels)}],
        "relabel_configs": [rename, redirect],
    }


def _read(url: str, scraping_ratio: float) -> Fleet:
    now = time.time()
    processor_seconds = (_processor_ratio(url) - scraping_ratio) * EVALUATION_SECONDS
    span = {"start": now - MEASURED_SECONDS + 2 * EVALUATION_SECONDS, "end": now, "step": EVALUATION_SECONDS}
    (sums,) = api_data(url, "query_range", query=_EACH_EVALUATION, **span)["result"]
    every = api_data(url, "query", query=f'{RECORDED} or up{{job!="prometheus"}}', time=now)["result"]
    groups = _by(url, "rule_group", f"topk(5, quantile_over_time(0.5, {_DURATION}[{MEASURED_SECONDS}s]))")
    levels = f'count by (level) (label_replace({RECORDED}, "level", "$1", "__name__", "([^:]+):.*"))'
    return Fleet(
        prometheus=api_data(url, "status/buildinfo")["version"],
        scraped=_number(url, 'sum(scrape_samples_post_metric_relabeling{job!="prometheus"})'),
        recorded=_number(url, f"count({RECORDED})"),
        recorded_by_level={level: int(count) for level, count in _by(url, "level", levels).items()},
        alerts=_number(url, 'count({__name__=~"ALERTS.*"}) or vector(0)'),
        evaluations_seconds=[float(value) for _, value in sums["values"]],
        processor_seconds=processor_seconds,
        slowest_groups_seconds={name.rpartition(";")[2]: seconds for name, seconds in groups.items()},
        samples=[sample(each["metric"], float(each["value"][1])) for each in every],
    )


def _processor_ratio(url: str) -> float:
    """Cores that Prometheus keeps busy, on the mean of its last 40 seconds: four evaluations, eight scrapes."""
    (only,) = api_data(url, "query", query='rate(process_cpu_seconds_total{job="prometheus"}[40s])')["result"]
    return float(only["value"][1])


def _number(url: str, query: str) -> int:
    (only,) = api_data(url, "query", query=query)["result"]
    return int(float(only["value"][1]))


def _by(url: str, label: str, query: str) -> dict[str, float]:
    return {each["metric"][label]: float(each["value"][1]) for each in api_data(url, "query", query=query)["result"]}
