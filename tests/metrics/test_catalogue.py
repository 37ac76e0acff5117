"""The catalogue against what real servers expose: name, type, labels, buckets, and the versions that have it."""

import importlib
import re
from functools import cache

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from glassbox import metrics
from glassbox.metrics import CATALOGUE, service, vllm
from glassbox.metrics.types import Counter, FormerEnd, Gauge, Histogram, Metric, SummaryMetric, Unit
from glassbox_exporter import ServiceRequests, start_exporter
from glassbox_exporter.workers import WorkersCollector
from tests.support.paths import EXPOSITIONS

CAPTURES = sorted(EXPOSITIONS.glob("vllm-*.prom"))
# Prometheus' own words for our classes.
TYPES = {Counter: "counter", Gauge: "gauge", Histogram: "histogram", SummaryMetric: "summary"}
# Exporters whose counters are named as they please.
WITHOUT_TOTAL = ("DCGM_", "tgi_", "nv_")
# What several API processes or a scrape add to a metric's own labels.
EXTRA_LABELS = {"le", "pid"}


def version_of(text):
    return tuple(int(part) for part in text.split("."))


@cache
def exposed(path):
    """{family name as on the wire: family}"""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in families}


def names_in(metric, version):
    """The names under which this version exposes the metric."""
    current = [metric.name] if version >= version_of(metric.since or "0") else []
    return current + [former.name for former in metric.formerly if version <= version_of(former.last)]


CASES = [(path, metric) for path in CAPTURES for metric in (*CATALOGUE["vllm"], *CATALOGUE["process"])]


def test_real_captures_are_there():
    assert len(CAPTURES) >= 6


@pytest.mark.parametrize(("path", "metric"), CASES, ids=[f"{path.stem} {metric.name}" for path, metric in CASES])
def test_a_capture_exposes_the_metric_as_the_catalogue_says(path, metric):
    version = version_of(re.search(r"vllm-(\d+\.\d+\.\d+)-", path.name)[1])
    families = exposed(path)
    for name in names_in(metric, version):
        family = families.get(name)
        if family is None or not family.samples:
            assert metric.often_absent, f"{path.name} lacks {name}"
            continue
        assert family.type == TYPES[type(metric)]
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                labels = set(sample.labels) - EXTRA_LABELS
                assert labels >= set(metric.labels) if metric.open_labels else labels == set(metric.labels)
        if isinstance(metric, Histogram):
            bounds = {float(sample.labels["le"]) for sample in family.samples if sample.name.endswith("_bucket")}
            largest = max(bounds - {float("inf")}) if metric.ends_at else metric.bounds[-1]
            assert bounds == {*(bound for bound in metric.bounds if bound <= largest), float("inf")}
            assert len(bounds) > 3


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_all_that_a_server_of_ours_exposes_is_in_the_catalogue(path):
    """Metrics of Python itself are nobody's."""
    known = {
        name for metric in (*CATALOGUE["vllm"], *CATALOGUE["process"]) for name in (metric.name, *metric.former_names)
    }
    others = {
        name for name in exposed(path) if not name.startswith(("python_", "process_")) and not name.endswith("_created")
    }
    assert others - known == set()


@pytest.mark.parametrize("connector", ["nixl", "mooncake"])
def test_the_connectors_of_one_kind_are_told_alike(connector):
    """Their boards and alerts read one as the other."""
    names = {metric.name.removeprefix(f"vllm:{connector}_") for metric in CATALOGUE["vllm"] if connector in metric.name}
    assert names >= {
        "xfer_time_seconds",
        "bytes_transferred",
        "num_failed_transfers_total",
        "num_kv_expired_reqs_total",
    }


@pytest.mark.parametrize("kind", ["idle", "multiproc", "dp2", "dp2-multiproc"])
def test_the_engine_counts_what_has_not_happened_yet(kind):
    """So `rate` sees the first event. Each engine has every reason; refusals are counted for all engines together."""
    families = exposed(EXPOSITIONS / f"vllm-0.32.0-{kind}-1.prom")

    def at_zero(metric, *labels):
        samples = families[metric.name].samples
        return {
            tuple(each.labels[label] for label in labels)
            for each in samples
            if each.name == metric.name and each.value == 0
        }

    engines = ["0", "1"] if "dp2" in kind else ["0"]
    never = {(engine, reason) for engine in engines for reason in ("abort", "error", "repetition")}
    assert at_zero(vllm.REQUEST_SUCCESS, "engine", "finished_reason") >= never
    assert at_zero(vllm.NUM_PREEMPTIONS, "engine") == {(engine,) for engine in engines}
    assert at_zero(vllm.ADMISSION_REJECTIONS, "reason") == {("max_num_queued_reqs",), ("max_num_queued_tokens",)}


@pytest.mark.parametrize("metric", CATALOGUE["process"], ids=lambda metric: metric.name)
def test_process_metrics_are_missing_only_with_several_api_servers(metric):
    """`multiproc` in a capture's name; a single server, with one engine or two, tells about its process."""
    for path in CAPTURES:
        assert (metric.name in exposed(path)) == ("multiproc" not in path.name), path.name


@pytest.mark.parametrize("told", [{}, {"model_version": "1", "inference_engine": "pytorch", "task_types": ("ocr",)}])
def test_our_exporter_exposes_exactly_its_catalogue(told, tmp_path):
    """A PyTorch service with the middleware and two simulated GPUs, and what several workers add, before a request."""
    registry = CollectorRegistry()
    registry.register(WorkersCollector(tmp_path))
    ServiceRequests(endpoints=("/infer",), registry=registry, **told)
    with start_exporter(port=0, backend="simulated", gpu_count=2, registry=registry):
        text = generate_latest(registry).decode()
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }
    assert set(families) == {metric.name for metric in CATALOGUE["service"]}
    for metric in CATALOGUE["service"]:
        family = families[metric.name]
        assert family.type == TYPES[type(metric)]
        labels = {*metric.labels, *(metric.optional_labels if told else ())}
        shapes = {frozenset(sample.labels) - EXTRA_LABELS for sample in family.samples}
        assert shapes == {frozenset(labels)} or (metric.often_absent and not shapes)
        if isinstance(metric, Histogram):
            bounds = {float(sample.labels["le"]) for sample in family.samples if sample.name.endswith("_bucket")}
            assert bounds == {*metric.bounds, float("inf")}


def test_a_name_that_a_version_no_longer_has_is_not_exposed():
    """A rename is over after the version the catalogue names."""
    for path in CAPTURES:
        version = version_of(re.search(r"vllm-(\d+\.\d+\.\d+)-", path.name)[1])
        gone = {f.name for metric in CATALOGUE["vllm"] for f in metric.formerly if version > version_of(f.last)}
        assert not gone & set(exposed(path))


def test_a_metric_is_in_the_catalogue_of_the_module_that_defines_it(monkeypatch):
    added = Gauge(name="scrape_timeout_seconds", unit=Unit.SECONDS, help="Added by the test.")
    monkeypatch.setattr(metrics.scrape, "SCRAPE_TIMEOUT", added, raising=False)
    try:
        assert importlib.reload(metrics).CATALOGUE["scrape"] == (*CATALOGUE["scrape"], added)
    finally:
        monkeypatch.undo()
        importlib.reload(metrics)


@pytest.mark.parametrize("exporter", CATALOGUE)
def test_names_are_unique_within_an_exporter(exporter):
    names = [name for metric in CATALOGUE[exporter] for name in (metric.name, *metric.former_names)]
    assert len(names) == len(set(names))


ALL: list[Metric] = [metric for metrics in CATALOGUE.values() for metric in metrics]


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_an_entry_explains_itself(metric):
    assert metric.help.endswith(".")
    if isinstance(metric, Counter) and not metric.name.startswith(WITHOUT_TOTAL):
        assert metric.name.endswith("_total")


def test_a_name_that_two_exporters_use_has_the_buckets_of_ours():
    """vLLM has the name of our exporter's histogram, with three buckets."""
    assert metrics.HISTOGRAMS["http_request_duration_seconds"] is service.HTTP_REQUEST_DURATION


def test_a_histogram_ended_at_one_of_its_bounds():
    with pytest.raises(ValueError, match="cannot have ended at a bound that it does not have"):
        Histogram(name="x", unit=vllm.E2E_REQUEST_LATENCY.unit, bounds=(1, 2), formerly_ended=FormerEnd(3, last="0.1"))


def test_bucket_bounds_must_ascend():
    with pytest.raises(ValueError, match="ascending"):
        Histogram(name="x", unit=vllm.E2E_REQUEST_LATENCY.unit, bounds=(1, 1))
