"""Each server and framework as its users start it, with nothing of ours in between."""

import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.services import WAIT_SECONDS, count, free_port, metrics, read_until, service
from tests.support.waiting import eventually

INSTRUMENT = """
import os
from glassbox_exporter import instrument
instrument(app, endpoints=["/infer"], methods=["GET"], port=int(os.environ["METRICS_PORT"]), backend="simulated")
"""
FLASK = """
import os
from flask import Flask
app = Flask(__name__)

@app.get("/infer")
def infer():
    return str(os.getpid())
"""
APPS = {
    "flask": FLASK + INSTRUMENT,
    "fastapi": """
import os
from fastapi import FastAPI
app = FastAPI()

@app.get("/infer")
def infer() -> str:
    return str(os.getpid())
"""
    + INSTRUMENT,
    "starlette": """
import os
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def infer(request):
    return PlainTextResponse(str(os.getpid()))

app = Starlette(routes=[Route("/infer", infer)])
"""
    + INSTRUMENT,
    "django": """
import os
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from glassbox_exporter import GlassboxWsgiMiddleware, ServiceRequests, start_exporter

urlpatterns = [path("infer", lambda request: HttpResponse(str(os.getpid())))]
if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for this test", WSGI_APPLICATION="django_app.app")
requests = ServiceRequests(endpoints=["/infer"], methods=["GET"])
app = GlassboxWsgiMiddleware(get_wsgi_application(), requests=requests)
start_exporter(port=int(os.environ["METRICS_PORT"]), backend="simulated")
""",
}
SERVERS: dict[str, Sequence[str]] = {
    "uvicorn": ("uvicorn", "{app}:app", "--port", "{port}"),
    "hypercorn": ("hypercorn", "{app}:app", "--bind", "127.0.0.1:{port}"),
    "gunicorn": ("gunicorn", "{app}:app", "--bind", "127.0.0.1:{port}", "--no-control-socket"),
    "gunicorn of uvicorn": (
        *("gunicorn", "{app}:app", "--bind", "127.0.0.1:{port}", "--no-control-socket"),
        *("-k", "uvicorn_worker.UvicornWorker"),
    ),
    "flask": ("flask", "--app", "{app}", "run", "--port", "{port}"),
    "flask in debug mode": ("flask", "--app", "{app}", "run", "--port", "{port}", "--debug"),
}
STARTED = (
    *(("fastapi", server) for server in ("uvicorn", "hypercorn", "gunicorn of uvicorn")),
    *(("starlette", server) for server in ("uvicorn", "hypercorn", "gunicorn of uvicorn")),
    *(("flask", server) for server in ("gunicorn", "flask", "flask in debug mode", "hypercorn")),
    *(("django", server) for server in ("gunicorn", "hypercorn")),
)


def write(folder: Path, app: str, more: str = "") -> None:
    (folder / f"{app}_app.py").write_text(APPS[app] + more, encoding="utf-8")


def answering(port: int) -> str:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/infer", timeout=WAIT_SECONDS).text.strip('"')
    except httpx.TransportError:
        return ""


def first_answer(port: int) -> int:
    return int(eventually(lambda: answering(port), WAIT_SECONDS, poll_seconds=0.05) or pytest.fail("no answer"))


def counts(url: str, number: int) -> bool:
    return eventually(lambda: count(url) == number, WAIT_SECONDS, poll_seconds=0.05)


@pytest.mark.parametrize(("app", "server"), STARTED)
def test_its_requests_are_counted_and_its_gpus_read_until_it_ends(tmp_path: Path, app: str, server: str) -> None:
    write(tmp_path, app)
    port = free_port()
    command = [part.format(app=f"{app}_app", port=port) for part in SERVERS[server]]
    with service(tmp_path, "-m", *command) as (started, url):
        first_answer(port)
        for _ in range(4):
            answering(port)
        assert counts(url, 5)
        assert metrics(url)["gpu_exporter_up", frozenset()] == 1
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(WAIT_SECONDS)
        assert eventually(lambda: not metrics(url), WAIT_SECONDS, poll_seconds=0.05)


RUN = """
if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]), debug=True)
"""


@pytest.mark.parametrize("folder", ["", "metrics"])
def test_a_reloader_leaves_the_metrics_to_its_child_however_often_it_reloads(tmp_path: Path, folder: str) -> None:
    write(tmp_path, "flask", RUN)
    port = free_port()
    environment = {"PORT": str(port), **({"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / folder)} if folder else {})}
    with service(tmp_path, "flask_app.py", environment=environment) as (started, url):
        child = first_answer(port)
        assert child != started.pid
        assert counts(url, 1)
        assert eventually(lambda: _listener(url) == child, WAIT_SECONDS, poll_seconds=0.05)
        (tmp_path / "flask_app.py").touch()
        assert eventually(lambda: int(answering(port) or child) != child, WAIT_SECONDS, poll_seconds=0.05)
        again = first_answer(port)
        assert eventually(lambda: _listener(url) == again, WAIT_SECONDS, poll_seconds=0.05)


def _listener(url: str) -> int | None:
    """The process that listens where the metrics are, as the kernel says."""
    port = f"{httpx.URL(url).port:04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
        if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"
    }
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in {f"socket:[{inode}]" for inode in inodes}:
                return int(descriptor.parts[2])
        except OSError:
            continue
    return None


MANAGE = """
import sys
from django.conf import settings
settings.configure(
    DEBUG=True, ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], SECRET_KEY="for this test", WSGI_APPLICATION="django_app.app",
    INSTALLED_APPS=["watched.Watched"],
)
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
URLS = """
import os
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("infer", lambda request: HttpResponse(str(os.getpid())))]
"""
WATCHED = """
import os
from django.apps import AppConfig
from glassbox_exporter import start_exporter

class Watched(AppConfig):
    name = "watched"
    def ready(self):
        start_exporter(port=int(os.environ["METRICS_PORT"]), backend="simulated")
"""


def test_django_that_serves_its_files_anew_has_one_exporter(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(MANAGE, encoding="utf-8")
    (tmp_path / "urls.py").write_text(URLS, encoding="utf-8")
    (tmp_path / "django_app.py").write_text(
        "from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n", encoding="utf-8"
    )
    (tmp_path / "watched.py").write_text(WATCHED, encoding="utf-8")
    port = free_port()
    with service(tmp_path, "manage.py", "runserver", str(port)) as (started, url):
        child = first_answer(port)
        assert child != started.pid
        assert eventually(lambda: _listener(url) == child, WAIT_SECONDS, poll_seconds=0.05)


def test_preloaded_workers_without_a_folder_say_that_nobody_counts_them_and_scrapes_fail(tmp_path: Path) -> None:
    write(tmp_path, "flask")
    port = free_port()
    command = [part.format(app="flask_app", port=port) for part in SERVERS["gunicorn"]]
    with service(tmp_path, "-m", *command, "--preload", "--workers", "2") as (started, url):
        assert eventually(lambda: metrics(url), WAIT_SECONDS, poll_seconds=0.05)
        worker = first_answer(port)
        said = read_until(started, r"(Process \d+ answers requests .*)")
        assert said.startswith(f"Process {worker} answers requests that the metrics of process {started.pid}, ")
        assert said.endswith("or let the server load the app in its workers (gunicorn without --preload).")
        scraped = httpx.get(url)
        assert (scraped.status_code, scraped.text) == (
            503,
            f"Process {started.pid} does not count the requests that its forked children answer: name a folder in "
            "PROMETHEUS_MULTIPROC_DIR, or let the server load the app in its workers (gunicorn without --preload).\n",
        )


def test_preloaded_workers_with_a_folder_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "flask")
    port = free_port()
    command = [part.format(app="flask_app", port=port) for part in SERVERS["gunicorn"]]
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    with service(tmp_path, "-m", *command, "--preload", "--workers", "2", environment=shared) as (_, url):
        first_answer(port)
        for _ in range(9):
            answering(port)
        assert counts(url, 10)


def test_gunicorn_reloads_its_workers_and_goes_on_counting(tmp_path: Path) -> None:
    write(tmp_path, "flask")
    port = free_port()
    command = [part.format(app="flask_app", port=port) for part in SERVERS["gunicorn"]]
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    with service(tmp_path, "-m", *command, environment=shared) as (started, url):
        worker = first_answer(port)
        assert counts(url, 1)
        os.kill(started.pid, signal.SIGHUP)
        asked = 1
        while int(answering(port) or worker) == worker:
            asked += 1
        # Anew where the only worker had gone before the next one was there.
        assert eventually(lambda: count(url) in {1, asked + 1}, WAIT_SECONDS, poll_seconds=0.05)


@pytest.mark.parametrize("app", ["fastapi", "flask"])
def test_a_metrics_port_that_is_taken_is_told_and_nothing_is_answered(tmp_path: Path, app: str) -> None:
    write(tmp_path, app)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        metrics_port = taken.getsockname()[1]
        server = "uvicorn" if app == "fastapi" else "gunicorn"
        command = [part.format(app=f"{app}_app", port=free_port()) for part in SERVERS[server]]
        with service(tmp_path, "-m", *command, environment={"METRICS_PORT": str(metrics_port)}) as (started, _):
            read_until(started, rf"(Port {metrics_port} on 127\.0\.0\.1 is in use: choose another port)")
            assert started.wait(WAIT_SECONDS) == 3
