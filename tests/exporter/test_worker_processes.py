"""Several worker processes of one service: the totals are those of all, whoever is asked."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.services import WAIT_SECONDS, count, gauge, metrics, read_until, service
from tests.support.waiting import eventually

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


@contextmanager
def process(folder: Path, *command: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service whose workers share a folder that does not exist yet, and where its metrics are."""
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder / "not there yet")}
    with service(folder, *command, environment=environment) as started:
        yield started


def wait_until(condition: Callable[[], bool]) -> None:
    assert eventually(condition, WAIT_SECONDS, poll_seconds=0.1)


def ask_each_worker(address: str, seen: set[int]) -> int:
    """Requests until each of the workers has answered one; how many."""
    asked, answered = 0, set()
    deadline = time.monotonic() + WAIT_SECONDS
    while len(answered) < WORKERS:
        assert time.monotonic() < deadline
        answered.add(int(httpx.get(f"{address}/infer", timeout=WAIT_SECONDS).text))
        asked += 1
    seen |= answered
    return asked


def test_three_workers_of_uvicorn_are_one_service(tmp_path: Path) -> None:
    (tmp_path / "ocr.py").write_text(APP, encoding="utf-8")
    command = ("-m", "uvicorn", "ocr:app", "--workers", str(WORKERS), "--port", "0", "--log-level", "info")
    with process(tmp_path, *command) as (started, url):
        address = read_until(started, r"running on (http://127\.0\.0\.1:\d+)")
        for _ in range(WORKERS):
            read_until(started, "Application startup (complete)")
        workers: set[int] = set()
        asked = ask_each_worker(address, workers)
        assert len(workers) == WORKERS
        assert [count(url) for _ in range(5)] == [asked] * 5
        assert metrics(url)["gpu_exporter_up", frozenset()] == 1
        # Whatever was asked within the last second, and nothing once it is over.
        wait_until(lambda: gauge(url, "qps", "/infer") == 0)
        for _ in range(4):
            httpx.get(f"{address}/infer", timeout=WAIT_SECONDS)
        asked += 4
        wait_until(lambda: (gauge(url, "qps", "/infer") or 0) >= 1)
        wait_until(lambda: gauge(url, "qps", "/infer") == 0)

        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as held:
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
        asked += ask_each_worker(address, workers)
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
