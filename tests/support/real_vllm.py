"""A real vLLM on this machine's CPU with a tiny model of random weights, under our load, watched by a real Prometheus."""

import asyncio
import http.client
import os
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from demo.demo import HURRY, compile_content
from demo.server_settings import glassbox_settings, hurry_alerts, prometheus_settings
from environments.vllm_environment import MODEL, PYTHON, RECIPE
from glassbox.errors import GlassboxError
from glassbox.load.arrivals import closed_loop
from glassbox.load.chat import Chat, Outcome
from glassbox.load.progress import Progress
from glassbox.load.prompts import Prompts
from glassbox.load.target import client, first_answer
from glassbox.servers.processes import LOOPBACK, Server, free_port, prometheus

MODEL_NAME = "tiny"
START_SECONDS = 300.0
POLL_SECONDS = 0.5
# Requests without end: the load is cancelled when the last number has been read.
ENDLESS = 10**9
# One thread for the model leaves the other cores to client and Prometheus.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
}


@contextmanager
def vllm_server(arguments: Sequence[str], folder: Path) -> Iterator[Server]:
    """The server, ready to answer; raises GlassboxError with the last lines of its log where it does not come up."""
    folder.mkdir(parents=True)
    port = free_port()
    place = ("--served-model-name", MODEL_NAME, "--host", LOOPBACK, "--port", str(port))
    command = [PYTHON, RECIPE / "serve.py", "serve", MODEL, *place, *arguments]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=ENVIRONMENT | os.environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server("vLLM", port, folder, process)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        server.end()


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(OSError, http.client.HTTPException), urllib.request.urlopen(f"{server.url}/health", timeout=5):
            return
        time.sleep(POLL_SECONDS)
    raise GlassboxError(f"vLLM does not answer; its log ends with:\n{server.last_log_lines()}")


@contextmanager
def watched(server: Server, folder: Path) -> Iterator[str]:
    """The URL of a Prometheus that scrapes it and evaluates our rules; alerts wait a thirtieth of their time."""
    build = compile_content(glassbox_settings(folder, qps_low=0.01), folder / "build")
    hurry_alerts(build, HURRY)
    # Nobody takes the alerts: Prometheus is asked for them.
    nobody = f"http://{LOOPBACK}:{free_port()}"
    settings = prometheus_settings(folder, build, {"vllm": [server.url]}, nobody)
    with prometheus(settings, folder=folder / "prometheus") as metrics:
        yield metrics.url


@dataclass(frozen=True)
class Load:
    """What the clients have seen so far; `offset_seconds` makes their clock that of the wall."""

    outcomes: Sequence[Outcome]
    offset_seconds: float

    def within(self, start: float, end: float) -> list[Outcome]:
        """What ended between two moments (Unix seconds)."""
        return [each for each in self.outcomes if start < each.ended_at + self.offset_seconds <= end]

    def output_tokens(self, start: float, end: float) -> float:
        """Tokens that came between them, of answers that are complete by now; a text may hold several."""
        return sum((each.output_tokens or 0) * self._share(each.text_at, start, end) for each in self.outcomes)

    def prompt_tokens(self, start: float, end: float) -> float:
        """Tokens of prompts whose answers began between them, which is when vLLM counts them."""
        return sum((each.prompt_tokens or 0) * self._share(each.text_at[:1], start, end) for each in self.outcomes)

    def _share(self, moments: Sequence[float], start: float, end: float) -> float:
        return sum(start < moment + self.offset_seconds <= end for moment in moments) / max(len(moments), 1)


@asynccontextmanager
async def under_load(server: Server, *, workers: int, max_tokens: int, words: int) -> AsyncIterator[Load]:
    """So many workers, each with one request in flight, until the body ends."""
    url = f"{server.url}/v1"
    bodies = Prompts(MODEL_NAME, max_tokens=max_tokens, words=words, ignore_eos=True).bodies()
    async with client("", url) as http_client:
        chat = Chat(http_client, url, timeout_seconds=600)
        await first_answer(http_client, url, chat, next(bodies))
        with Progress(None) as progress:
            clients = asyncio.create_task(closed_loop(chat.ask, bodies, ENDLESS, workers, progress))
            try:
                yield Load(progress.outcomes, time.time() - asyncio.get_running_loop().time())
            finally:
                clients.cancel()
                with suppress(asyncio.CancelledError):
                    await clients
