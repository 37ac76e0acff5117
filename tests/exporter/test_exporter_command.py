"""`python -m glassbox_exporter` as a process."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import glassbox_exporter
from tests.exporter.exporter_fakes import parse

WAIT_SECONDS = 20.0
COMMAND = (sys.executable, "-m", "glassbox_exporter")
FOLDER = Path(glassbox_exporter.__file__).parent.parent


@contextmanager
def exporter_process(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        (*COMMAND, *options), cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*COMMAND, *options), cwd=FOLDER, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_the_signal_and_ends_cleanly(number: signal.Signals) -> None:
    with exporter_process("--port", "0", "--gpu", "simulated", "--gpu-count", "3") as process:
        assert process.stdout is not None
        told = re.fullmatch(r"Metrics on (http://127\.0\.0\.1:\d+/metrics)\n", process.stdout.readline())
        assert told is not None
        found = parse(httpx.get(told[1]).text)
        assert {dict(labels)["gpu_id"] for name, labels in found if name == "gpu_power_watts"} == {"0", "1", "2"}
        process.send_signal(number)
        rest, diagnostics = process.communicate(timeout=WAIT_SECONDS)
        assert (process.returncode, rest) == (0, "")
        assert diagnostics == "WARNING The GPU values of this exporter are simulated.\n"


def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port), "--gpu", "none")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Port {port} on 127.0.0.1 is in use: choose another with --port or --host.\n"


def test_a_machine_without_a_gpu_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    """The library is hidden by a loader that finds none, so this holds on a machine with a GPU too."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\n"
        "class NoLibrary:\n"
        "    def __init__(self, name, *rest, **options): raise OSError(name)\n"
        "ctypes.CDLL = NoLibrary\n"
    )
    ended = subprocess.run(
        (*COMMAND, "--port", "0"),
        cwd=FOLDER,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "No NVIDIA GPU can be read here (NVML Shared Library Not Found): "
        "install the driver, or choose --gpu simulated or --gpu none.\n"
    )
