"""Services as users start them: a program of a file or of a server's command line, with its own session and pipes."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

import glassbox_exporter
from glassbox.servers.processes import free_port
from tests.support.exporter_fakes import Labels, parse

WAIT_SECONDS = 60.0
EXPORTER = Path(glassbox_exporter.__file__).parent.parent


@contextmanager
def service(
    folder: Path, *command: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`python COMMAND` in `folder`, which holds its modules, and the address of its metrics, whose port is METRICS_PORT."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    started = subprocess.Popen(
        [sys.executable, "-u", *command],
        cwd=folder,
        env={**inherited, "PYTHONPATH": f"{EXPORTER}:{folder}", "METRICS_PORT": str(port), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield started, f"http://127.0.0.1:{port}/metrics"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait(WAIT_SECONDS)
        for pipe in (started.stdin, started.stdout):
            assert pipe is not None
            pipe.close()


def read_until(started: "subprocess.Popen[str]", pattern: str) -> str:
    """What the service says in the pattern's group; it is ended where it does not in time."""
    assert started.stdout is not None
    lines = []
    deadline = threading.Timer(WAIT_SECONDS, os.killpg, (started.pid, signal.SIGKILL))
    deadline.start()
    try:
        # Not `for line in`, which reads ahead.
        while line := started.stdout.readline():
            lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
    finally:
        deadline.cancel()
    pytest.fail(f"the service never said {pattern}, but: {''.join(lines)}")


def metrics(url: str) -> dict[tuple[str, Labels], float]:
    """Every sample of a scrape; none while nobody listens there."""
    try:
        return parse(httpx.get(url, timeout=WAIT_SECONDS).raise_for_status().text)
    except httpx.TransportError:
        return {}


def count(url: str, endpoint: str = "/infer", method: str = "GET", status: str = "200") -> float | None:
    labels = {"method": method, "endpoint": endpoint, "status": status}
    return metrics(url).get(("http_requests_total", frozenset(labels.items())))


def gauge(url: str, name: str, endpoint: str) -> float | None:
    return metrics(url).get((name, frozenset({("endpoint", endpoint)})))
