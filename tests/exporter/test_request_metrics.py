"""The HTTP series as Prometheus reads them."""

from contextvars import Context
from threading import Thread

import pytest
from prometheus_client import CollectorRegistry, Counter

from glassbox_exporter import ExporterError, ServiceRequests, current_request
from glassbox_exporter.families import request_families
from glassbox_exporter.requests import MAX_STATUSES, PRECREATED_STATUSES
from tests.support.exporter_fakes import HandClock, samples, value

BUCKETS = (
    *("0.05", "0.1", "0.2", "0.3", "0.5", "0.8", "1.0", "1.5", "2.0", "2.5", "5.0", "10.0", "15.0", "20.0", "30.0"),
    *("40.0", "50.0", "60.0", "120.0", "240.0", "480.0", "960.0", "1920.0", "7680.0", "+Inf"),
)


def service(registry: CollectorRegistry) -> ServiceRequests:
    return ServiceRequests(endpoints=("/infer",), registry=registry)


def test_declared_series_exist_at_zero_before_the_first_request(registry: CollectorRegistry) -> None:
    service(registry)
    assert {
        status: value(registry, "http_requests_total", method="POST", endpoint="/infer", status=status)
        for status in PRECREATED_STATUSES
    } == dict.fromkeys(("200", "400", "422", "429", "499", "500", "503", "504"), 0.0)
    assert value(registry, "http_request_duration_seconds_count", method="POST", endpoint="/infer") == 0
    gauges_and_counters = (
        *("http_requests_inprogress", "qps", "inference_pages_total"),
        *("inference_prompt_tokens_total", "inference_generation_tokens_total"),
    )
    assert [value(registry, name, endpoint="/infer") for name in gauges_and_counters] == [0, 0, 0, 0, 0]


def test_a_request_falls_into_the_buckets_of_its_duration(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)
    request = service(registry).begin("POST", "/infer")
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
    request = service(registry).begin("POST", "/infer")
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 1
    request.finish("200")
    request.finish("500")
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 1
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="500") == 0


def test_qps_falls_to_zero_in_the_exposition_when_traffic_stops(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)
    requests = service(registry)
    for _ in range(7):
        requests.begin("POST", "/infer").finish("200")
    assert value(registry, "qps", endpoint="/infer") == 7
    clock.advance(1.0)
    assert value(registry, "qps", endpoint="/infer") == 0


def test_invented_methods_share_one_label(registry: CollectorRegistry) -> None:
    requests = ServiceRequests(endpoints=(), registry=registry)
    for method in ("BREW", "post", "X" * 500):
        requests.begin(method, "/nowhere").finish("405")
    assert value(registry, "http_requests_total", method="other", endpoint="other", status="405") == 3
    methods = {dict(labels)["method"] for name, labels in samples(registry) if name == "http_requests_total"}
    assert methods == {"other"}


def test_statuses_without_end_end_in_other(registry: CollectorRegistry) -> None:
    """An app that passes on every number it gets, and words besides; what the server made of 529 stays a server error."""
    requests = ServiceRequests(endpoints=("/infer",), methods=(), registry=registry)
    for status in ("529", *map(str, range(100, 600)), "OK", "2000", "", "²00"):
        requests.begin("POST", "/infer").finish(status)
    series = {
        dict(labels)["status"]: n for (name, labels), n in samples(registry).items() if name == "http_requests_total"
    }
    assert len(series) == MAX_STATUSES + 1
    assert series["529"] == 2
    assert series["other"] == 505 - 101
    assert sum(series.values()) == 505


def test_eight_threads_are_counted_exactly(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)
    requests = service(registry)

    def serve_many() -> None:
        for _ in range(1_000):
            requests.begin("POST", "/infer").finish("200")

    threads = [Thread(target=serve_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 8_000
    assert value(registry, "http_request_duration_seconds_count", method="POST", endpoint="/infer") == 8_000
    assert value(registry, "qps", endpoint="/infer") == 8_000
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_two_services_on_one_registry_share_their_series(registry: CollectorRegistry) -> None:
    for requests in (service(registry), service(registry)):
        requests.begin("POST", "/infer").finish("200")
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 2
    assert value(registry, "qps", endpoint="/infer") == 2


def test_a_clash_of_names_is_one_sentence_and_registers_nothing(registry: CollectorRegistry) -> None:
    Counter("qps", "Somebody else's.", registry=registry)
    before = samples(registry).keys()
    with pytest.raises(ExporterError, match=r"CollectorRegistry of its own"):
        service(registry)
    assert samples(registry).keys() == before


def test_version_and_engine_are_labels_of_every_series_of_the_service(registry: CollectorRegistry) -> None:
    requests = ServiceRequests(endpoints=("/infer",), model_version="2", inference_engine="pytorch", registry=registry)
    requests.begin("POST", "/infer").finish("200")
    requests.begin("POST", "/scan").finish("404")
    for (name, labels), _ in samples(registry).items():
        assert {"model_version": "2", "inference_engine": "pytorch"}.items() <= dict(labels).items(), name
        assert "task_type" not in dict(labels)
    total = {
        "method": "POST",
        "endpoint": "/infer",
        "status": "200",
        "model_version": "2",
        "inference_engine": "pytorch",
    }
    assert value(registry, "http_requests_total", **total) == 1


def test_labels_that_nobody_gives_do_not_exist(registry: CollectorRegistry) -> None:
    service(registry).begin("POST", "/infer").finish("200")
    found = {label for _, labels in samples(registry) for label, _ in labels}
    assert found == {"method", "endpoint", "status", "le"}


def test_two_versions_in_one_process_stay_apart(registry: CollectorRegistry) -> None:
    for version, count in (("1", 3), ("2", 5)):
        requests = ServiceRequests(endpoints=("/infer",), model_version=version, registry=registry)
        for _ in range(count):
            requests.begin("POST", "/infer").finish("200")
    assert value(registry, "qps", endpoint="/infer", model_version="1") == 3
    assert value(registry, "qps", endpoint="/infer", model_version="2") == 5


def test_services_with_other_labels_need_another_registry(registry: CollectorRegistry) -> None:
    service(registry)
    with pytest.raises(ExporterError, match=r"\(model_version\) differ .* \(none\): give both the same ones"):
        ServiceRequests(endpoints=("/infer",), model_version="1", registry=registry)


def test_an_endpoint_has_its_task_type_and_another_has_none(registry: CollectorRegistry) -> None:
    requests = ServiceRequests(endpoints=("/ocr", "/ping"), task_types={"/ocr": "doc_ocr"}, registry=registry)
    requests.begin("POST", "/ocr").finish("200")
    requests.begin("POST", "/ping").finish("200")
    assert value(registry, "qps", endpoint="/ocr", task_type="doc_ocr") == 1
    assert (
        value(registry, "http_requests_total", method="POST", endpoint="/ocr", status="200", task_type="doc_ocr") == 1
    )
    # Prometheus takes an empty label for none.
    assert value(registry, "http_requests_total", method="POST", endpoint="/ping", status="200", task_type="") == 1


def test_a_request_may_name_a_declared_task_type_and_no_other(registry: CollectorRegistry) -> None:
    requests = ServiceRequests(endpoints=("/infer",), task_types=("doc_ocr", "fields"), registry=registry)
    for task_type in ("fields", "fields", "whatever a client sends", "x" * 1000):
        request = requests.begin("POST", "/infer")
        request.set_task_type(task_type)
        request.count_pages(3)
        request.finish("200")
    request = {"method": "POST", "endpoint": "/infer", "status": "200"}
    assert value(registry, "http_requests_total", **request, task_type="fields") == 2
    assert value(registry, "http_requests_total", **request, task_type="other") == 2
    assert value(registry, "inference_pages_total", endpoint="/infer", task_type="fields") == 6
    found = {dict(labels)["task_type"] for _, labels in samples(registry)}
    assert found == {"", "fields", "other"}


def test_pages_and_tokens_are_added_to_the_endpoint(registry: CollectorRegistry) -> None:
    request = service(registry).begin("POST", "/infer")
    request.count_pages(2)
    request.count_pages(5)
    request.count_tokens(prompt=812, generation=240)
    request.count_tokens(generation=10)
    assert value(registry, "inference_pages_total", endpoint="/infer") == 7
    assert value(registry, "inference_prompt_tokens_total", endpoint="/infer") == 812
    assert value(registry, "inference_generation_tokens_total", endpoint="/infer") == 250


def test_outside_of_a_request_there_is_nothing_to_count_for() -> None:
    with pytest.raises(
        ExporterError, match=r"No request is being answered here: call current_request\(\) in a handler"
    ):
        Context().run(current_request)


@pytest.mark.parametrize(
    ("task_types", "sentence"),
    [
        ("doc_ocr", r'task_types is the text "doc_ocr", not a list: write task_types=\("doc_ocr",\)'),
        ({"/other": "doc_ocr"}, 'Task type of "/other", which is not a declared endpoint: add it to endpoints'),
    ],
)
def test_task_types_that_cannot_be_meant_are_refused(registry: CollectorRegistry, task_types, sentence: str) -> None:
    with pytest.raises(ExporterError, match=sentence):
        ServiceRequests(endpoints=("/infer",), task_types=task_types, registry=registry)
