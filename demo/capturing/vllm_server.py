"""A real vLLM on the loopback interface: started, asked, loaded and ended."""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from questions import COMPLETION, MODEL_NAME, Question

# No proxy stands between us and a server of this machine.
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

START_LIMIT_SECONDS = 300.0
REQUEST_LIMIT_SECONDS = 600.0
# One thread for the model leaves the other cores to the load. What the caller has set wins: vLLM before 0.11 has no "nobind".
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
}


class CaptureError(click.ClickException):
    """A capture that could not be made, in one sentence."""


@dataclass(frozen=True)
class Server:
    """A vLLM that answers on a port of the loopback interface."""

    process: subprocess.Popen[bytes]
    port: int

    def get(self, path: str) -> str:
        """The body of a GET."""
        with _DIRECTLY.open(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read(), "utf-8")

    def post(self, path: str, body: dict[str, Any], limit_seconds: float = REQUEST_LIMIT_SECONDS) -> int:
        """The status of a POST of JSON, once the whole answer is read; OSError when nothing comes within the limit."""
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with _DIRECTLY.open(request, timeout=limit_seconds) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def is_up(self) -> bool:
        """Whether it answers yet; CaptureError when it has ended instead."""
        if self.process.poll() is not None:
            raise CaptureError(f"vLLM ended with code {self.process.returncode} while it started; read its log.")
        try:
            self.get("/health")
        except OSError:
            return False
        return True

    def end(self) -> None:
        """End it and every process of its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def until(condition: Callable[[], bool], limit_seconds: float, waited_for: str) -> None:
    """Ask a condition four times a second until it holds; CaptureError when the limit passes first."""
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CaptureError(f"vLLM did not reach {waited_for} within {limit_seconds:.0f} s; read its log.")
        time.sleep(0.25)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def serving(model: Path, arguments: Sequence[str], log: Path) -> Iterator[Server]:
    """A vLLM that is ready to answer, ended on the way out."""
    port = free_port()
    serve = [sys.executable, str(Path(__file__).with_name("serve.py")), "serve", str(model)]
    name_and_place = ["--served-model-name", MODEL_NAME, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*serve, *name_and_place, *arguments],
            env=ENVIRONMENT | os.environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port)
    try:
        until(server.is_up, START_LIMIT_SECONDS, "readiness")
        yield server
    finally:
        server.end()


def send_a_few(server: Server) -> None:
    """Six completions, a chat, and a completion that is refused for its unknown model."""
    chooser = random.Random(0)
    statuses = [server.post(COMPLETION.path, COMPLETION.body(chooser, 32)) for _ in range(6)]
    message = {"role": "user", "content": "Which fields are on the page?"}
    chat = {"model": MODEL_NAME, "messages": [message], "max_tokens": 32}
    statuses.append(server.post("/v1/chat/completions", chat))
    statuses.append(server.post(COMPLETION.path, COMPLETION.body(chooser, 32) | {"model": "unknown"}))
    if statuses != [http.client.OK] * 7 + [http.client.NOT_FOUND]:
        raise CaptureError(f"vLLM answered the first requests with {statuses}; read its log.")


@dataclass(frozen=True)
class Clients:
    """Workers that each have one request in flight; those with `patience_seconds` give it up after them and send the next."""

    question: Question
    workers: int
    max_tokens: int
    patience_seconds: float | None = None

    def work(self, server: Server, seed: int, stop: threading.Event) -> None:
        """Send one request after another until `stop` is set."""
        chooser = random.Random(seed)
        # Who gives up would otherwise do so together with all the others, and all would come back at once.
        stop.wait((self.patience_seconds or 0.0) * seed / self.workers)
        while not stop.is_set():
            status = self._ask(server, chooser, stop)
            if status not in {http.client.OK, None} and not stop.is_set():
                raise CaptureError(f"vLLM answered a request with {status}; read its log.")

    def _ask(self, server: Server, chooser: random.Random, stop: threading.Event) -> int | None:
        """The status of one answer; None for one that was given up."""
        body = self.question.body(chooser, self.max_tokens)
        try:
            return server.post(self.question.path, body, self.patience_seconds or REQUEST_LIMIT_SECONDS)
        except (OSError, http.client.HTTPException) as problem:
            # A connection that was refused for too long says so inside.
            in_time = not isinstance(getattr(problem, "reason", problem), TimeoutError)
            if not stop.is_set() and (in_time or not self.patience_seconds):
                raise
            return None


@contextlib.contextmanager
def under_load(server: Server, clients: Clients) -> Iterator[Callable[[], None]]:
    """The server with all clients at work; yields a call that raises what a client raised.

    Ends the server on the way out, so that nobody waits for the last answers.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=clients.workers) as pool:
        running = [pool.submit(clients.work, server, seed, stop) for seed in range(clients.workers)]

        def check() -> None:
            for worker in running:
                if worker.done():
                    worker.result()

        try:
            yield check
        finally:
            stop.set()
            server.end()
