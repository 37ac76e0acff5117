"""start_exporter over real loopback sockets."""

import logging
import socket
import threading
from typing import Any

import httpx
import pynvml
import pytest
from prometheus_client import CollectorRegistry, Counter

from glassbox_exporter import ExporterError, start_exporter
from glassbox_exporter.requests import request_metrics
from tests.exporter.exporter_fakes import parse, samples


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_the_server_exposes_gpus_and_requests_of_one_registry(registry: CollectorRegistry) -> None:
    metrics = request_metrics(registry)
    metrics.declare(("/infer",), methods=("POST",))
    metrics.begin("POST", "/infer").finish("200")
    with start_exporter(port=0, gpu="simulated", gpu_count=2, interval_seconds=3600, registry=registry) as exporter:
        assert exporter.url == f"http://127.0.0.1:{exporter.port}/metrics"
        answer = httpx.get(exporter.url)
    found = parse(answer.text)
    assert answer.status_code == 200
    assert found[key("http_requests_total", method="POST", endpoint="/infer", status="200")] == 1
    assert found[key("gpu_utilization_percent", gpu_id="0")] == 65
    assert found[key("gpu_memory_total_mb", gpu_id="1")] == 81920
    assert found[key("gpu_read_errors_total", gpu_id="1")] == 0


def test_simulated_values_say_so_in_the_exposition(registry: CollectorRegistry) -> None:
    with start_exporter(port=0, gpu="simulated", registry=registry) as exporter:
        text = httpx.get(exporter.url).text
    assert (
        "# HELP gpu_utilization_percent Share of time the GPU was busy, 0 to 100. Source: simulated.\n"
        "# TYPE gpu_utilization_percent gauge\n"
    ) in text


def test_without_gpus_there_are_no_gpu_series(registry: CollectorRegistry) -> None:
    with start_exporter(port=0, gpu="none", registry=registry) as exporter:
        assert httpx.get(exporter.url).text == ""


def test_close_frees_the_port_the_registry_and_both_threads(registry: CollectorRegistry) -> None:
    threads = set(threading.enumerate())
    first = start_exporter(port=0, gpu="simulated", registry=registry)
    assert len(set(threading.enumerate()) - threads) == 2
    first.close()
    first.close()
    assert set(threading.enumerate()) <= threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(first.url)
    assert samples(registry) == {}
    with start_exporter(port=first.port, gpu="simulated", registry=registry) as second:
        assert httpx.get(second.url).status_code == 200


def test_a_port_in_use_is_one_sentence_and_leaves_nothing(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ExporterError) as caught:
            start_exporter(port=port, gpu="simulated", registry=registry)
    assert str(caught.value) == f"Port {port} on 127.0.0.1 is in use: choose another with --port or --host."
    assert samples(registry) == {}


def test_an_address_of_another_machine_is_one_sentence(registry: CollectorRegistry) -> None:
    """192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it."""
    with pytest.raises(ExporterError, match=r"^Port 0 on 192\.0\.2\.1 cannot be had \(.+\): choose another"):
        start_exporter(host="192.0.2.1", port=0, gpu="none", registry=registry)


def test_a_clash_of_names_leaves_the_registry_as_it_was(registry: CollectorRegistry) -> None:
    Counter("gpu_read_errors_total", "Somebody else's.", registry=registry)
    before = samples(registry)
    with pytest.raises(ExporterError, match="CollectorRegistry of its own"):
        start_exporter(port=0, gpu="simulated", registry=registry)
    assert samples(registry) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"port": 65536}, "Port 65536 does not exist"),
        ({"port": -1}, "Port -1 does not exist"),
        ({"gpu": "cuda"}, 'GPU source "cuda" is unknown: choose one of nvml, simulated, none.'),
        ({"gpu": "none", "gpu_count": 2}, "A GPU count goes with simulated GPUs only, not with none"),
        ({"gpu": "simulated", "gpu_count": 0}, "GPU count 0 is too small"),
        ({"gpu": "simulated", "interval_seconds": 0.0}, "Interval 0.0 is no time"),
        ({"gpu": "simulated", "interval_seconds": float("nan")}, "Interval nan is no time"),
    ],
)
def test_an_argument_out_of_range_is_one_sentence(
    registry: CollectorRegistry, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ExporterError) as caught:
        start_exporter(registry=registry, **arguments)
    assert str(caught.value).startswith(sentence)


def test_nvml_is_the_default_and_its_absence_is_told(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_driver() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_driver)
    with pytest.raises(ExporterError, match="choose --gpu simulated or --gpu none"):
        start_exporter(port=0, registry=registry)


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_listening_beyond_loopback_is_warned_about(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture, host: str, warned: bool
) -> None:
    caplog.set_level(logging.WARNING, logger="glassbox_exporter.server")
    start_exporter(host=host, port=0, gpu="none", registry=registry).close()
    assert any("public networks" in message for message in caplog.messages) is warned
