"""Several worker processes of one service: the totals are those of all, whoever is asked."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

import glassbox_exporter
from tests.support.exporter_fakes import parse
from tests.support.waiting import eventually

WAIT_SECONDS = 60.0
EXPORTER = Path(glassbox_exporter.__file__).parent.parent
WORKERS = 3

APP = """
import asyncio, os
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from glassbox_exporter import instrument

async def infer(request):
    return PlainTextResponse(str(os.getpid()), headers={"Connection": "close"})

async def hold(request):
    print("held by", os.getpid(), flush=True)
    await asyncio.Event().wait()

app = Starlette(routes=[Route("/infer", infer), Route("/hold", hold)])
instrument(app, endpoints=["/infer", "/hold"], port=int(os.environ["METRICS_PORT"]), backend="simulated")
"""

# As a server that loads the app once and then forks, such as `gunicorn --preload`: the parent serves.
PRELOADED = """
import os, sys
from glassbox_exporter import instrument

class Flask:
    def wsgi_app(self, environ, start_response):
        start_response("200 OK", [])
        return [b"ok"]

app = Flask()
instrument(app, endpoints=["/infer"], port=int(os.environ["METRICS_PORT"]), backend="none")
children = []
for _ in range(2):
    child = os.fork()
    if not child:
        for _ in range(50):
            b"".join(app.wsgi_app({"REQUEST_METHOD": "POST", "PATH_INFO": "/infer"}, lambda *_: None))
        os.write(1, b"done\\n")
        sys.stdin.read()
        os._exit(0)
    children.append(child)
sys.stdin.read()
for child in children:
    os.waitpid(child, 0)
print("children ended", flush=True)
import time
time.sleep(600)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(folder: Path, *command: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service whose workers share a folder that does not exist yet, and where its metrics are."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{EXPORTER}:{folder}",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "not there yet"),
        "METRICS_PORT": str(port),
    }
    started = subprocess.Popen(
        [sys.executable, *command],
        env=environment,
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


def metrics(url: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    try:
        return parse(httpx.get(url, timeout=WAIT_SECONDS).raise_for_status().text)
    except httpx.TransportError:
        return {}


def count(url: str, endpoint: str = "/infer", method: str = "GET", status: str = "200") -> float | None:
    labels = {"method": method, "endpoint": endpoint, "status": status}
    return metrics(url).get(("http_requests_total", frozenset(labels.items())))


def gauge(url: str, name: str, endpoint: str) -> float | None:
    return metrics(url).get((name, frozenset({("endpoint", endpoint)})))


def wait_until(condition: Callable[[], bool]) -> None:
    assert eventually(condition, WAIT_SECONDS, poll_seconds=0.1)


def ask_each_worker(service: str, seen: set[int]) -> int:
    """Requests until each of the workers has answered one; how many."""
    asked, answered = 0, set()
    deadline = time.monotonic() + WAIT_SECONDS
    while len(answered) < WORKERS:
        assert time.monotonic() < deadline
        answered.add(int(httpx.get(f"{service}/infer", timeout=WAIT_SECONDS).text))
        asked += 1
    seen |= answered
    return asked


def test_three_workers_of_uvicorn_are_one_service(tmp_path: Path) -> None:
    (tmp_path / "ocr.py").write_text(APP, encoding="utf-8")
    command = ("-m", "uvicorn", "ocr:app", "--workers", str(WORKERS), "--port", "0", "--log-level", "info")
    with process(tmp_path, *command) as (started, url):
        service = read_until(started, r"running on (http://127\.0\.0\.1:\d+)")
        for _ in range(WORKERS):
            read_until(started, "Application startup (complete)")
        workers: set[int] = set()
        asked = ask_each_worker(service, workers)
        assert len(workers) == WORKERS
        assert [count(url) for _ in range(5)] == [asked] * 5
        assert metrics(url)["gpu_exporter_up", frozenset()] == 1
        # Whatever was asked within the last second, and nothing once it is over.
        wait_until(lambda: gauge(url, "qps", "/infer") == 0)
        for _ in range(4):
            httpx.get(f"{service}/infer", timeout=WAIT_SECONDS)
        asked += 4
        wait_until(lambda: (gauge(url, "qps", "/infer") or 0) >= 1)
        wait_until(lambda: gauge(url, "qps", "/infer") == 0)

        with socket.create_connection(("127.0.0.1", int(service.rpartition(":")[2]))) as held:
            held.sendall(b"GET /hold HTTP/1.1\r\nHost: service\r\n\r\n")
            holder = int(read_until(started, r"held by (\d+)"))
            wait_until(lambda: gauge(url, "http_requests_inprogress", "/hold") == 1)
            os.kill(holder, signal.SIGKILL)
            read_until(started, "Application startup (complete)")
        # The gauges of the dead worker go, and what it has counted stays.
        wait_until(lambda: gauge(url, "http_requests_inprogress", "/hold") == 0)
        assert count(url) == asked

        # Whoever has served the metrics until now is among these.
        for worker in workers - {holder}:
            os.kill(worker, signal.SIGKILL)
            read_until(started, "Application startup (complete)")
        asked += ask_each_worker(service, workers)
        assert len(workers) == 2 * WORKERS
        wait_until(lambda: count(url) == asked)

        os.kill(started.pid, signal.SIGTERM)
        assert started.wait(WAIT_SECONDS) == 0


def test_a_parent_that_forks_its_workers_serves_what_they_count(tmp_path: Path) -> None:
    (tmp_path / "preloaded.py").write_text(PRELOADED, encoding="utf-8")
    with process(tmp_path, str(tmp_path / "preloaded.py")) as (started, url):
        for _ in range(2):
            read_until(started, "(done)")
        assert count(url, method="POST") == 100
        wait_until(lambda: gauge(url, "qps", "/infer") == 0)
        assert started.stdin is not None
        started.stdin.close()
        read_until(started, "(children ended)")
        assert count(url, method="POST") == 100


def test_the_files_of_a_run_that_has_ended_are_not_counted_again(tmp_path: Path) -> None:
    (tmp_path / "preloaded.py").write_text(PRELOADED, encoding="utf-8")
    for _ in range(2):
        with process(tmp_path, str(tmp_path / "preloaded.py")) as (started, url):
            for _ in range(2):
                read_until(started, "(done)")
            wait_until(lambda url=url: count(url, method="POST") is not None)
            assert count(url, method="POST") == 100


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "not there yet").write_text("a file", encoding="utf-8")
    (tmp_path / "preloaded.py").write_text(PRELOADED, encoding="utf-8")
    with process(tmp_path, str(tmp_path / "preloaded.py")) as (started, _):
        assert read_until(started, "ExporterError: (.+)") == (
            f"The folder {tmp_path}/not there yet cannot be written (File exists): "
            "name one in PROMETHEUS_MULTIPROC_DIR that this service may write."
        )
