"""A service that forks, as one does that prepares its images in a pool: its children hold nothing of its metrics."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.services import EXPORTER, WAIT_SECONDS, count, free_port, gauge, metrics, read_until, service
from tests.support.waiting import eventually

# Both workers have a pool as soon as they have answered; its children outlive a worker that is killed.
POOLED = """
import multiprocessing, os, time
from flask import Flask
from glassbox_exporter import instrument

app = Flask(__name__)
children = []

def rest():
    time.sleep(600)

@app.post("/infer")
def infer():
    if not children:
        children.append(multiprocessing.get_context("fork").Process(target=rest))
        children[0].start()
    return f"{os.getpid()} {children[0].pid}"

@app.get("/hold")
def hold():
    infer()
    print("held with", children[0].pid, flush=True)
    time.sleep(600)

instrument(app, endpoints=["/infer", "/hold"], port=int(os.environ["METRICS_PORT"]), backend="simulated")
"""


# A parent in the middle of a request, whose child has one of its own.
FORKED = """
import os
from prometheus_client import generate_latest
from glassbox_exporter import ServiceRequests

requests = ServiceRequests(endpoints=["/infer"])
begun = [requests.begin("POST", "/infer") for _ in range(4)]
if not os.fork():
    def shown():
        return [line.rpartition(" ")[2] for line in generate_latest().decode().splitlines() if line.startswith(("qps", "http_requests_inpr")) and "infer" in line]
    seen = [shown()]
    own = requests.begin("POST", "/infer")
    seen.append(shown())
    own.finish("200")
    begun[0].finish("200")
    seen.append(shown())
    print(seen, flush=True)
    os._exit(0)
os.wait()
"""


# A parent that gives its place up while its child, forked before it has begun to serve, lives on.
PLACED = """
import os, sys
from contextlib import ExitStack
from pathlib import Path
from glassbox_exporter.workers import take_place

folder, held = Path(sys.argv[1]), ExitStack()
taken = [take_place(folder, held)]
(waiting, ending), (begun, begins) = os.pipe(), os.pipe()
if not os.fork():
    os.close(ending)
    os.write(begins, b"x")
    os.read(waiting, 1)
    os._exit(0)
os.read(begun, 1)
taken.append(take_place(folder, ExitStack()))
held.close()
taken.append(take_place(folder, ExitStack()))
print(taken)
"""


def ask(address: str) -> list[int]:
    return [int(number) for number in httpx.post(f"{address}/infer", timeout=WAIT_SECONDS).text.split()]


def gunicorn(port: int, *options: str) -> tuple[str, ...]:
    return ("-m", "gunicorn", "pooled:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket", *options)


@pytest.fixture
def pooled(tmp_path: Path) -> Path:
    (tmp_path / "pooled.py").write_text(POOLED, encoding="utf-8")
    return tmp_path


def test_another_worker_takes_over_from_a_killed_one_whose_pool_lives_on(pooled: Path) -> None:
    port = free_port()
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(pooled / "metrics")}
    with service(pooled, *gunicorn(port, "--workers", "2"), environment=shared) as (started, url):
        for _ in range(2):
            read_until(started, r"Booting worker with pid: (\d+)")
        address = f"http://127.0.0.1:{port}"
        assert eventually(lambda: metrics(url), WAIT_SECONDS, poll_seconds=0.1)
        pools: dict[int, int] = {}
        asked = 0
        while len(pools) < 2:
            worker, child = ask(address)
            pools[worker] = child
            asked += 1
        # One of them has served the metrics until now.
        for worker in pools:
            os.kill(worker, signal.SIGKILL)
            asked += 1
            while ask(address)[0] in pools:
                asked += 1
            assert eventually(lambda asked=asked: count(url, method="POST") == asked, WAIT_SECONDS, 0.1)
        for child in pools.values():
            os.kill(child, 0)


@pytest.mark.parametrize("folder", ["", "metrics"])
def test_a_killed_service_leaves_its_port_though_its_children_live_on(pooled: Path, folder: str) -> None:
    port = free_port()
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(pooled / folder)} if folder else {}
    with service(pooled, "-m", "flask", "--app", "pooled", "run", "--port", str(port), environment=shared) as (
        started,
        url,
    ):
        address = f"http://127.0.0.1:{port}"
        assert eventually(lambda: _answers(port), WAIT_SECONDS, poll_seconds=0.1)
        _, child = ask(address)
        os.kill(started.pid, signal.SIGKILL)
        started.wait(WAIT_SECONDS)
        os.kill(child, 0)
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, timeout=WAIT_SECONDS)


def test_children_that_were_forked_during_requests_have_none_in_progress(pooled: Path) -> None:
    port = free_port()
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(pooled / "metrics")}
    options = ("--workers", "1", "--threads", "4")
    with service(pooled, *gunicorn(port, *options), environment=shared) as (started, url):
        worker = int(read_until(started, r"Booting worker with pid: (\d+)"))
        assert eventually(lambda: _answers(port), WAIT_SECONDS, poll_seconds=0.1)
        with socket.create_connection(("127.0.0.1", port)) as held:
            held.sendall(b"GET /hold HTTP/1.1\r\nHost: service\r\n\r\n")
            child = int(read_until(started, r"held with (\d+)"))
            assert eventually(lambda: gauge(url, "http_requests_inprogress", "/hold") == 1, WAIT_SECONDS, 0.1)
        os.kill(worker, signal.SIGKILL)
        read_until(started, r"Booting worker with pid: (\d+)")
        assert eventually(lambda: gauge(url, "http_requests_inprogress", "/hold") == 0, WAIT_SECONDS, 0.1)
        os.kill(child, 0)


def test_a_child_counts_its_own_requests_alone(tmp_path: Path) -> None:
    (tmp_path / "forked.py").write_text(FORKED, encoding="utf-8")
    with service(tmp_path, "forked.py") as (started, _):
        said = read_until(started, r"(\[\[.*)")
    # In progress, and arrived in the last second.
    assert said == str([["0.0", "0.0"], ["1.0", "1.0"], ["0.0", "1.0"]])


def test_a_child_does_not_hold_the_place_that_its_parent_gives_up(tmp_path: Path) -> None:
    command = (sys.executable, "-c", PLACED, str(tmp_path))
    environment = {**os.environ, "PYTHONPATH": str(EXPORTER)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT_SECONDS, check=True)
    assert ended.stdout == "[True, False, True]\n"


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
