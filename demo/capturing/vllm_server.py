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

START_LIMIT_SECONDS = 300.0
REQUEST_LIMIT_SECONDS = 180.0
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
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read(), "utf-8")

    def post(self, path: str, body: dict[str, Any]) -> int:
        """The status of a POST of JSON, once the whole answer is read."""
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_LIMIT_SECONDS) as answer:
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


def work(server: Server, question: Question, seed: int, max_tokens: int, stop: threading.Event) -> None:
    """Send one request after another until `stop` is set."""
    chooser = random.Random(seed)
    while not stop.is_set():
        try:
            status = server.post(question.path, question.body(chooser, max_tokens))
        except (OSError, http.client.HTTPException):
            if stop.is_set():
                return
            raise
        if status != http.client.OK and not stop.is_set():
            raise CaptureError(f"vLLM answered a request with {status}; read its log.")


@contextlib.contextmanager
def under_load(server: Server, question: Question, workers: int, max_tokens: int) -> Iterator[Callable[[], None]]:
    """That many workers, each with one request in flight; yields a call that raises what a worker raised.

    Ends the server on the way out, so that nobody waits for the last answers.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        running = [pool.submit(work, server, question, seed, max_tokens, stop) for seed in range(workers)]

        def check() -> None:
            for worker in running:
                if worker.done():
                    worker.result()

        try:
            yield check
        finally:
            stop.set()
            server.end()
