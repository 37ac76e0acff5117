"""start_exporter over real loopback sockets."""

import logging
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from glassbox_exporter import ExporterError, ServiceRequests, serving, start_exporter
from tests.support.exporter_fakes import parse, samples

WAIT_SECONDS = 10.0


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_the_server_exposes_gpus_and_requests_of_one_registry(registry: CollectorRegistry) -> None:
    ServiceRequests(endpoints=("/infer",), registry=registry).begin("POST", "/infer").finish("200")
    with start_exporter(port=0, backend="simulated", gpu_count=2, interval_seconds=3600, registry=registry) as exporter:
        assert exporter.url == f"http://127.0.0.1:{exporter.port}/metrics"
        answer = httpx.get(exporter.url)
    found = parse(answer.text)
    assert answer.status_code == 200
    assert found[key("http_requests_total", method="POST", endpoint="/infer", status="200")] == 1
    assert found[key("gpu_utilization_percent", gpu_id="0")] == 65
    assert found[key("gpu_memory_total_mb", gpu_id="1")] == 81920
    assert found[key("gpu_read_errors_total", gpu_id="1")] == 0
    assert found[key("gpu_exporter_up")] == 1


def test_simulated_values_say_so_in_the_exposition(registry: CollectorRegistry) -> None:
    with start_exporter(port=0, backend="simulated", registry=registry) as exporter:
        text = httpx.get(exporter.url).text
    assert (
        "# HELP gpu_utilization_percent Share of time the GPU was busy, 0 to 100. Source: simulated.\n"
        "# TYPE gpu_utilization_percent gauge\n"
    ) in text


def test_without_gpus_there_are_no_gpu_series(registry: CollectorRegistry) -> None:
    with start_exporter(port=0, backend="none", registry=registry) as exporter:
        assert httpx.get(exporter.url).text == ""


def test_close_frees_the_port_the_registry_and_both_threads(registry: CollectorRegistry) -> None:
    threads = set(threading.enumerate())
    first = start_exporter(port=0, backend="simulated", registry=registry)
    assert len(set(threading.enumerate()) - threads) == 2
    first.close()
    first.close()
    assert set(threading.enumerate()) <= threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(first.url)
    assert samples(registry) == {}
    with start_exporter(port=first.port, backend="simulated", registry=registry) as second:
        assert httpx.get(second.url).status_code == 200


def test_a_port_in_use_is_one_sentence_and_leaves_nothing(registry: CollectorRegistry) -> None:
    threads = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ExporterError) as caught:
            start_exporter(port=port, backend="simulated", registry=registry)
    assert (
        str(caught.value)
        == f"Port {port} on 127.0.0.1 is in use: choose another port, or set PROMETHEUS_MULTIPROC_DIR where it is in use by another worker of the same service."
    )
    assert samples(registry) == {}
    assert set(threading.enumerate()) <= threads


def test_an_address_of_another_machine_is_one_sentence(registry: CollectorRegistry) -> None:
    """192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it."""
    with pytest.raises(ExporterError, match=r"^Port 0 on 192\.0\.2\.1 cannot be used \(.+\): choose another"):
        start_exporter(bind="192.0.2.1", port=0, backend="none", registry=registry)


def test_a_clash_of_names_leaves_the_registry_as_it_was(registry: CollectorRegistry) -> None:
    Counter("gpu_read_errors_total", "Somebody else's.", registry=registry)
    before = samples(registry)
    with pytest.raises(ExporterError, match="CollectorRegistry of its own"):
        start_exporter(port=0, backend="simulated", registry=registry)
    assert samples(registry) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"port": 65536}, "Port 65536 does not exist"),
        ({"port": -1}, "Port -1 does not exist"),
        ({"backend": "cuda"}, 'Backend "cuda" is unknown: choose one of nvml, nvidia-smi, simulated, none.'),
        ({"backend": "none", "gpu_count": 2}, "A GPU count works with simulated GPUs only, not with none"),
        ({"backend": "simulated", "gpu_count": 0}, "GPU count 0 is too small"),
        ({"backend": "simulated", "interval_seconds": 0.0}, "Interval 0.0 cannot be the time"),
        ({"backend": "simulated", "interval_seconds": float("nan")}, "Interval nan cannot be the time"),
        ({"tls_certificate": "cert.pem"}, "A TLS certificate and its key go together"),
        ({"tls_key": "key.pem"}, "A TLS certificate and its key go together"),
        (
            {"tls_certificate": "/nowhere/cert.pem", "tls_key": "/nowhere/key.pem"},
            "The TLS files /nowhere/cert.pem and /nowhere/key.pem cannot be used (No such file or directory): name a",
        ),
        (
            {"tls_certificate": __file__, "tls_key": __file__},
            f"The TLS files {__file__} and {__file__} cannot be used (",
        ),
    ],
)
def test_an_argument_out_of_range_is_one_sentence(
    registry: CollectorRegistry, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ExporterError) as caught:
        start_exporter(registry=registry, **arguments)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="session")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the program openssl, which makes the certificate: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        (
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"),
            *("-keyout", str(private), "-out", str(certificate)),
        ),
        check=True,
        capture_output=True,
    )
    return certificate, private


def test_with_a_certificate_it_speaks_https_alone(registry: CollectorRegistry, tls_files: tuple[Path, Path]) -> None:
    certificate, private = tls_files
    with start_exporter(
        port=0, backend="simulated", tls_certificate=certificate, tls_key=private, registry=registry
    ) as exporter:
        assert exporter.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert "gpu_exporter_up 1.0" in httpx.get(exporter.url, verify=trusting).text
        with pytest.raises(httpx.HTTPError):
            httpx.get(exporter.url.replace("https", "http"))


def test_a_client_that_never_shakes_hands_holds_nobody_up(
    registry: CollectorRegistry, tls_files: tuple[Path, Path]
) -> None:
    certificate, private = tls_files
    with (
        start_exporter(
            port=0, backend="simulated", tls_certificate=certificate, tls_key=private, registry=registry
        ) as exporter,
        socket.create_connection(("127.0.0.1", exporter.port), timeout=WAIT_SECONDS),
    ):
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert httpx.get(exporter.url, verify=trusting, timeout=WAIT_SECONDS).status_code == 200


def test_a_client_that_says_nothing_is_dropped(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert serving._Handler.timeout == 30
    monkeypatch.setattr(serving._Handler, "timeout", 0.1)
    with (
        start_exporter(port=0, backend="none", registry=registry) as exporter,
        socket.create_connection(("127.0.0.1", exporter.port), timeout=WAIT_SECONDS) as client,
    ):
        assert client.recv(1) == b""


@pytest.mark.parametrize(("bind", "warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_listening_beyond_loopback_is_warned_about(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture, bind: str, warned: bool
) -> None:
    caplog.set_level(logging.WARNING, logger="glassbox_exporter.serving")
    start_exporter(bind=bind, port=0, backend="none", registry=registry).close()
    assert any("public networks" in message for message in caplog.messages) is warned
