"""The HTTP series as Prometheus reads them."""

from threading import Thread

import pytest
from prometheus_client import CollectorRegistry, Counter

from glassbox_exporter import ExporterError
from glassbox_exporter.requests import PRECREATED_STATUSES, RequestMetrics, request_metrics
from tests.exporter.exporter_fakes import HandClock, samples, value

BUCKETS = (
    *("0.05", "0.1", "0.2", "0.3", "0.5", "0.8", "1.0", "1.5", "2.0", "2.5", "5.0", "10.0", "15.0", "20.0", "30.0"),
    *("40.0", "50.0", "60.0", "120.0", "240.0", "480.0", "960.0", "1920.0", "7680.0", "+Inf"),
)


def test_declared_series_exist_at_zero_before_the_first_request(registry: CollectorRegistry) -> None:
    RequestMetrics(registry).declare(("/infer",), methods=("POST",))
    assert {
        status: value(registry, "http_requests_total", method="POST", endpoint="/infer", status=status)
        for status in PRECREATED_STATUSES
    } == dict.fromkeys(("200", "400", "422", "429", "499", "500", "503", "504"), 0.0)
    assert value(registry, "http_request_duration_seconds_count", method="POST", endpoint="/infer") == 0
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert value(registry, "qps", endpoint="/infer") == 0


def test_a_request_falls_into_the_buckets_of_its_duration(registry: CollectorRegistry, clock: HandClock) -> None:
    metrics = RequestMetrics(registry, clock)
    metrics.declare(("/infer",), methods=("POST",))
    request = metrics.begin("POST", "/infer")
    clock.advance(0.75)
    request.finish("200")
    counts = [
        value(registry, "http_request_duration_seconds_bucket", method="POST", endpoint="/infer", le=le)
        for le in BUCKETS
    ]
    assert counts == [0.0] * 5 + [1.0] * 20
    assert value(registry, "http_request_duration_seconds_sum", method="POST", endpoint="/infer") == 0.75
    found = {dict(labels)["le"] for name, labels in samples(registry) if name == "http_request_duration_seconds_bucket"}
    assert found == set(BUCKETS)


def test_a_request_is_in_progress_until_it_finishes_and_counts_once(registry: CollectorRegistry) -> None:
    metrics = RequestMetrics(registry)
    metrics.declare(("/infer",), methods=("POST",))
    request = metrics.begin("POST", "/infer")
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 1
    request.finish("200")
    request.finish("500")
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 1
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="500") == 0


def test_qps_falls_to_zero_in_the_exposition_when_traffic_stops(registry: CollectorRegistry, clock: HandClock) -> None:
    metrics = RequestMetrics(registry, clock)
    metrics.declare(("/infer",), methods=("POST",))
    for _ in range(7):
        metrics.begin("POST", "/infer").finish("200")
    assert value(registry, "qps", endpoint="/infer") == 7
    clock.advance(1.0)
    assert value(registry, "qps", endpoint="/infer") == 0


def test_invented_methods_share_one_label(registry: CollectorRegistry) -> None:
    metrics = RequestMetrics(registry)
    for method in ("BREW", "post", "X" * 500):
        metrics.begin(method, "other").finish("405")
    assert value(registry, "http_requests_total", method="other", endpoint="other", status="405") == 3
    methods = {dict(labels)["method"] for name, labels in samples(registry) if name == "http_requests_total"}
    assert methods == {"other"}


def test_eight_threads_are_counted_exactly(registry: CollectorRegistry, clock: HandClock) -> None:
    metrics = RequestMetrics(registry, clock)
    metrics.declare(("/infer",), methods=("POST",))

    def serve_many() -> None:
        for _ in range(1_000):
            metrics.begin("POST", "/infer").finish("200")

    threads = [Thread(target=serve_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 8_000
    assert value(registry, "http_request_duration_seconds_count", method="POST", endpoint="/infer") == 8_000
    assert value(registry, "qps", endpoint="/infer") == 8_000
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_two_middlewares_on_one_registry_share_their_series(registry: CollectorRegistry) -> None:
    assert request_metrics(registry) is request_metrics(registry)
    assert request_metrics(registry) is not request_metrics(CollectorRegistry())


def test_a_clash_of_names_is_one_sentence_and_registers_nothing(registry: CollectorRegistry) -> None:
    Counter("qps", "Somebody else's.", registry=registry)
    before = samples(registry).keys()
    with pytest.raises(ExporterError, match=r"CollectorRegistry of its own"):
        RequestMetrics(registry)
    assert samples(registry).keys() == before
