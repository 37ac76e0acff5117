"""`python -m glassbox_exporter` as a process."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import glassbox_exporter
from tests.support.exporter_fakes import parse
from tests.support.waiting import eventually

WAIT_SECONDS = 20.0
COMMAND = (sys.executable, "-m", "glassbox_exporter")
FOLDER = Path(glassbox_exporter.__file__).parent.parent


@contextmanager
def exporter_process(*options: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        (*COMMAND, *options), cwd=FOLDER, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    told = re.fullmatch(r"Metrics on (http://127\.0\.0\.1:\d+/metrics)\n", process.stdout.readline())
    assert told is not None
    return told[1]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COMMAND, *options), cwd=FOLDER, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
    )


def without_driver(folder: Path, path: Path) -> dict[str, str]:
    """An environment in which the library is hidden by a loader that finds none, so this holds on a machine with a GPU too."""
    (folder / "sitecustomize.py").write_text(
        "import ctypes\n"
        "class NoLibrary:\n"
        "    def __init__(self, name, *rest, **options): raise OSError(name)\n"
        "ctypes.CDLL = NoLibrary\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(folder), "PATH": str(path)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_the_signal_and_ends_cleanly(number: signal.Signals) -> None:
    with exporter_process("--port", "0", "--backend", "simulated", "--gpu-count", "3") as process:
        found = parse(httpx.get(told_url(process)).text)
        assert {dict(labels)["gpu_id"] for name, labels in found if name == "gpu_power_watts"} == {"0", "1", "2"}
        began = time.monotonic()
        process.send_signal(number)
        rest, diagnostics = process.communicate(timeout=WAIT_SECONDS)
        print(f"ended {time.monotonic() - began:.2f} s after {number.name}")  # noqa: T201  # shown by pytest -s
        assert (process.returncode, rest) == (0, "")
        assert diagnostics == "WARNING The GPU values of this exporter are simulated.\n"


def test_it_ends_on_sigterm_while_nvidia_smi_hangs(tmp_path: Path) -> None:
    script = tmp_path / "nvidia-smi"
    script.write_text("#!/bin/sh\nexec /bin/sleep 600\n", encoding="utf-8")
    script.chmod(0o755)
    environment = without_driver(tmp_path, tmp_path)
    with exporter_process("--port", "0", "--backend", "nvidia-smi", environment=environment) as process:
        url = told_url(process)
        assert parse(httpx.get(url).text)["gpu_exporter_up", frozenset()] == 0
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT_SECONDS)
        print(f"ended {time.monotonic() - began:.2f} s after SIGTERM")  # noqa: T201  # shown by pytest -s
        assert process.returncode == 0


def test_without_a_driver_it_stays_up_says_so_and_reads_nvidia_smi_once_that_is_there(tmp_path: Path) -> None:
    environment = without_driver(tmp_path, tmp_path)
    with exporter_process("--port", "0", "--interval-seconds", "0.05", environment=environment) as process:
        url = told_url(process)
        found = parse(httpx.get(url).text)
        assert found["gpu_exporter_up", frozenset()] == 0
        assert found["gpu_exporter_last_success_timestamp_seconds", frozenset()] == 0
        script = tmp_path / "nvidia-smi.new"
        script.write_text("#!/bin/sh\necho '0, 7, 100, 200, 50.5, 40, 1000, 2000, 0x0'\n", encoding="utf-8")
        script.chmod(0o755)
        script.rename(tmp_path / "nvidia-smi")
        assert eventually(lambda: parse(httpx.get(url).text)["gpu_exporter_up", frozenset()], WAIT_SECONDS, 0.05) == 1
        assert parse(httpx.get(url).text)["gpu_utilization_percent", frozenset({("gpu_id", "0")})] == 7
        process.send_signal(signal.SIGTERM)
        _, diagnostics = process.communicate(timeout=WAIT_SECONDS)
    assert diagnostics.splitlines() == [
        "WARNING GPUs cannot be read (NVML Shared Library Not Found); trying again.",
        "WARNING GPUs are read through nvidia-smi now (NVML: NVML Shared Library Not Found).",
        "INFO GPUs can be read.",
    ]


def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port), "--backend", "none")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert (
        ended.stderr
        == f"Port {port} on 127.0.0.1 is in use: choose another port, or set PROMETHEUS_MULTIPROC_DIR where it is in use by another worker of the same service.\n"
    )


def test_an_unreadable_certificate_is_one_sentence_and_exit_code_1() -> None:
    ended = run("--port", "0", "--tls-certificate", "/nowhere/c.pem", "--tls-key", "/nowhere/k.pem")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "The TLS files /nowhere/c.pem and /nowhere/k.pem cannot be used (No such file or directory): "
        "name a certificate and its key in PEM, without a password, that this user may read.\n"
    )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--port", "many"), "argument --port: invalid int value: 'many'"),
        (("--backend", "cuda"), "argument --backend: invalid choice: 'cuda'"),
        (("--gpu", "nvml"), "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_exit_code_2(options: tuple[str, ...], complaint: str) -> None:
    ended = run(*options)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr.splitlines()[-1]
