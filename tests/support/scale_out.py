"""The same quarter of an hour in Prometheus and in VictoriaMetrics, and the same rules on both from then on."""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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

from demo.captures import find_capture
from demo.replay import TEXT_FORMAT, Replay
from demo.server_settings import hurry_alerts
from demo.simulated_dcgm import SimulatedDcgm
from glassbox.compile.outputs import write_bundle
from glassbox.metrics.service import DURATION_SECONDS
from glassbox.prometheus import board_queries
from glassbox.query.buckets import bound_text
from glassbox.servers.background import served
from glassbox.servers.blocks import import_lines, sample
from glassbox.servers.processes import Server, alertmanager, prometheus
from glassbox.servers.victoria import victoria_metrics, vmalert
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

RECIPES = Path(__file__).resolve().parents[2] / "install" / "scale-out"
# Longer than the longest window of a rate: until one is full, the two engines mean different things by it (see the recipe's page).
PAST_SECONDS = 15 * 60
SCRAPE_SECONDS, EVALUATION_SECONDS = 10, 10
# A counter that began so long ago and grows by 2 a second, under a name of its own.
NEWBORN, NEWBORN_SECONDS, NEWBORN_RATE = "newborn_total", 60, 2
LABELS = {
    "hunyuanocr": {"model_name": "tencent/HunyuanOCR", "model_version": "1.0", "inference_engine": "pytorch"},
    "vllm": {"model_version": "1", "inference_engine": "vllm"},
    "dcgm": {},
}
GPUS = 2
# Shares of the OCR service's requests by their seconds.
TOOK = {2: 0.6, 4: 0.4}
NOBODY = "127.0.0.1:1"


class Feed:
    """What three targets expose at any time since the feed's start: a saturated vLLM, its GPUs, an OCR service."""

    def __init__(self) -> None:
        self.start = int(time.time()) - PAST_SECONDS
        self._seconds = 0.0
        self._vllm = CollectorRegistry()
        self._vllm.register(Replay(find_capture("saturated"), clock=self._clock))
        self._dcgm = SimulatedDcgm(gpus=GPUS, clock=self._clock)

    def _clock(self) -> float:
        return self._seconds

    def text(self, job: str, moment: float) -> str:
        """The exposition of the job's target at that Unix time; times of a job must not fall."""
        self._seconds = moment - self.start
        if job == "vllm":
            return generate_latest(self._vllm).decode()
        if job == "dcgm":
            return self._dcgm.exposition()
        return _ocr_text(int(3 * self._seconds))

    def past(self, instances: Mapping[str, str], until: int) -> Iterator[tuple[str, int]]:
        """Every sample of the past, each a line of an exposition with the labels of its target, and its Unix time.

        The second target of each job never answered.
        """
        for job, instance in instances.items():
            target = {"job": job, "instance": instance, **LABELS[job]}
            for moment in range(self.start, until, SCRAPE_SECONDS):
                yield sample({"__name__": "up", **target}, 1), moment
                yield sample({"__name__": "up", **target, "instance": NOBODY}, 0), moment
                for line in self.text(job, moment).splitlines():
                    if not line.startswith("#"):
                        yield _of_target(line, target), moment
        for age in range(0, NEWBORN_SECONDS + 1, SCRAPE_SECONDS):
            yield f"{NEWBORN} {1000 + NEWBORN_RATE * age}", until - NEWBORN_SECONDS + age


@dataclass(frozen=True)
class Both:
    """One Prometheus with our rules, and what it writes to: raw series alone, for vmalert, and everything.

    `past_end` is the Unix time at which the past ends and scrapes begin.
    """

    past_end: int
    rules: tuple[Mapping[str, Any], ...]
    prometheus: Server
    raw_and_vmalert: Server
    everything: Server
    vmalert: Server
    alerts_of_prometheus: Server
    alerts_of_vmalert: Server


@contextmanager
def both(folder: Path) -> Iterator[Both]:
    """All of it, on free ports; the alerts wait a thirtieth of their time."""
    build = _build(folder / "build")
    feed = Feed()
    with ExitStack() as resources:
        instances = {job: resources.enter_context(_target(feed, job)).removeprefix("http://") for job in LABELS}
        raw = resources.enter_context(victoria_metrics(folder / "raw"))
        everything = resources.enter_context(victoria_metrics(folder / "everything"))
        routes = folder / "alertmanager.yml"
        routes.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        alerts, other_alerts = (resources.enter_context(alertmanager(routes)) for _ in range(2))
        past_end = int(time.time())
        past = list(feed.past(instances, past_end))
        import_lines((f"{line} {moment}" for line, moment in past), folder / "prometheus" / "data")
        for storage in (raw, everything):
            _post(f"{storage.url}/api/v1/import/prometheus", (f"{line} {moment * 1000}" for line, moment in past))
        settings = _prometheus_settings(folder, build, instances, (raw, everything), alerts)
        yield Both(
            past_end=past_end,
            rules=tuple(_rules(build)),
            prometheus=resources.enter_context(prometheus(settings, folder=folder / "prometheus")),
            raw_and_vmalert=raw,
            everything=everything,
            vmalert=resources.enter_context(vmalert(folder / "vmalert", build, raw.url, other_alerts.url)),
            alerts_of_prometheus=alerts,
            alerts_of_vmalert=other_alerts,
        )


def ask(server: Server, query: str, moment: float | None = None) -> dict[tuple[tuple[str, str], ...], float]:
    """The values of an instant query by their labels."""
    parameters = {"query": query} | ({"time": f"{moment:.3f}"} if moment else {})
    answer = board_queries.api_data(server.url, "query", **parameters)
    return {tuple(sorted(each["metric"].items())): float(each["value"][1]) for each in answer["result"]}


def texts(server: Server) -> dict[tuple[tuple[str, str], ...], dict[str, str]]:
    """The annotations of the alerts that an Alertmanager has, by their labels."""
    with urllib.request.urlopen(f"{server.url}/api/v2/alerts", timeout=30) as answer:
        return {tuple(sorted(each["labels"].items())): each["annotations"] for each in json.load(answer)}


def recorded_lately(server: Server, seconds: int) -> dict[tuple[tuple[str, str], ...], list[float]]:
    """What each recorded series was in the last so many seconds, by its labels."""
    now = time.time()
    parameters = {"query": '{__name__=~"[^:]+:[^:]+:[^:]+"}', "start": now - seconds, "end": now, "step": 5}
    answer = board_queries.api_data(server.url, "query_range", **parameters)
    return {
        tuple(sorted(each["metric"].items())): [float(value) for _, value in each["values"]]
        for each in answer["result"]
    }


def _of_target(line: str, target: Mapping[str, str]) -> str:
    """A line of an exposition as Prometheus keeps it: with the labels of its target."""
    series, _, value = line.rpartition(" ")
    name, _, own = series.partition("{")
    labels = [f"{label}={json.dumps(text)}" for label, text in target.items()]
    return f"{name}{{{','.join([*labels, *filter(None, [own.removesuffix('}')])])}}} {value}"


def _ocr_text(requests: int) -> str:
    """One request in twenty has failed; three of five took 2 s, the others 4 s, so that no quantile lies between two buckets."""
    shared = {"endpoint": "/infer", "method": "POST"}
    failed = requests // 20
    counts = {"200": requests - failed, "500": failed}
    within = {
        bound_text(bound): sum(share * requests for took, share in TOOK.items() if took <= bound)
        for bound in DURATION_SECONDS
    }
    histogram = "http_request_duration_seconds"
    lines = [
        *(sample({"__name__": "http_requests_total", **shared, "status": code}, n) for code, n in counts.items()),
        *(sample({"__name__": f"{histogram}_bucket", **shared, "le": le}, n) for le, n in within.items()),
        sample({"__name__": f"{histogram}_bucket", **shared, "le": "+Inf"}, requests),
        sample({"__name__": f"{histogram}_count", **shared}, requests),
        sample({"__name__": f"{histogram}_sum", **shared}, 2.8 * requests),
    ]
    return "\n".join(lines) + "\n"


def vmalert_groups(server: Server) -> list[dict[str, Any]]:
    """What vmalert says of the groups that it evaluates."""
    groups: list[dict[str, Any]] = board_queries.api_data(server.url, "rules")["groups"]
    return groups


def _build(folder: Path) -> Path:
    write_bundle(our_bundle(Settings(evaluation_interval_seconds=EVALUATION_SECONDS)), folder)
    hurry_alerts(folder, 1 / 30)
    for file in (folder / "recording_rules").glob("*.yaml"):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for group in content["groups"]:
            group["interval"] = f"{EVALUATION_SECONDS}s"
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder


def _rules(build: Path) -> Iterator[Mapping[str, Any]]:
    for file in sorted(build.glob("*_rules/*.yaml")) + sorted(build.glob("alerts/*.yaml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


@contextmanager
def _target(feed: Feed, job: str) -> Iterator[str]:
    async def metrics(_request: Request) -> Response:
        return Response(feed.text(job, time.time()), media_type=TEXT_FORMAT)

    with served(Starlette(routes=[Route("/metrics", metrics)])) as url:
        yield url


def _prometheus_settings(
    folder: Path, build: Path, instances: Mapping[str, str], storages: tuple[Server, Server], alerts: Server
) -> Path:
    raw, everything = storages
    (remote,) = yaml.safe_load((RECIPES / "remote-write.yaml").read_text())["remote_write"]
    recorded = {"source_labels": ["__name__"], "regex": "[^:]+:[^:]+:[^:]+|ALERTS.*", "action": "drop"}
    settings = {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "scrape_timeout": "4s",
            "evaluation_interval": f"{EVALUATION_SECONDS}s",
        },
        "rule_files": [f"{build}/recording_rules/*.yaml", f"{build}/alerts/*.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alerts.url.removeprefix("http://")]}]}]},
        "scrape_configs": [
            # The second target of each is down.
            {"job_name": job, "static_configs": [{"targets": [instance, NOBODY], "labels": LABELS[job]}]}
            for job, instance in instances.items()
        ],
        "remote_write": [
            {**remote, "url": _moved(remote["url"], raw), "write_relabel_configs": [recorded]},
            {**remote, "url": _moved(remote["url"], everything)},
        ],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return file


def _moved(url: str, server: Server) -> str:
    return f"{server.url}{urllib.parse.urlsplit(url).path}"


def _post(url: str, lines: Iterable[str]) -> None:
    urllib.request.urlopen(url, "\n".join(lines).encode(), timeout=60).close()
