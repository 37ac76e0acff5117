"""Capture the /metrics of a real vLLM on a CPU, in known regimes, and enter each capture in index.yaml.

Runs in vLLM's own environment; demo/expositions/README.md says how to make it. A run starts one server on a free port of the loopback interface,
brings it into each of the run's regimes, writes what /metrics says without a change, and ends the server.
"""

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import yaml
from prometheus_client.parser import text_string_to_metric_families
from questions import COMPLETION, PAGE_CHAT, WHOLE_COMPLETION, Question
from vllm_server import CaptureError, Clients, Server, send_a_few, serving, under_load

HERE = Path(__file__).resolve().parent.parent / "expositions"
REGIME_LIMIT_SECONDS = 900.0
BETWEEN_CAPTURES_SECONDS = 10.0
WARM_UP_SECONDS = 30.0
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Exposition:
    """One scrape: its text as served, and when it was taken."""

    text: str
    captured_at: datetime
    monotonic_seconds: float

    @classmethod
    def of(cls, server: Server) -> "Exposition":
        """What /metrics says now."""
        return cls(server.get("/metrics"), datetime.now(UTC), time.monotonic())

    def values(self, name: str) -> list[float]:
        """The values of every sample of that name."""
        families = text_string_to_metric_families(self.text)
        return [sample.value for family in families for sample in family.samples if sample.name == name]

    def total(self, name: str) -> float:
        """The sum of every sample of that name."""
        return sum(self.values(name))


RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
FINISHED, E2E = "vllm:e2e_request_latency_seconds_count", "vllm:e2e_request_latency_seconds_sum"
FIRST_TOKENS = "vllm:time_to_first_token_seconds_count"
PREEMPTIONS = "vllm:num_preemptions_total"
PRESSING_CLIENTS, LEAVING_CLIENTS = 48, 56


def is_idle(exposition: Exposition) -> bool:
    """No request runs or waits."""
    return exposition.total(RUNNING) + exposition.total(WAITING) == 0


def is_loaded(exposition: Exposition) -> bool:
    """At least 4 requests run, and fewer wait than run."""
    running = exposition.total(RUNNING)
    return running >= 4 and exposition.total(WAITING) < running


def is_light(exposition: Exposition) -> bool:
    """At least 2 requests run, and none waits."""
    return exposition.total(RUNNING) >= 2 and exposition.total(WAITING) == 0


def is_saturated(exposition: Exposition) -> bool:
    """The KV cache is at least 95% full and at least 16 requests wait, some were preempted, and it has long been so.

    Three answers for each client: what finishes now has waited in a queue that does not change any more.
    """
    is_full = max(exposition.values("vllm:kv_cache_usage_perc")) >= 0.95 and exposition.total(WAITING) >= 16
    return is_full and exposition.total(PREEMPTIONS) > 0 and exposition.total(FINISHED) >= 3 * PRESSING_CLIENTS


def is_abandoned(exposition: Exposition) -> bool:
    """At least 10 requests run and 16 wait, and three requests of each client were started and given up."""
    given_up = exposition.total(FIRST_TOKENS) - exposition.total(FINISHED) - exposition.total(RUNNING)
    is_full = exposition.total(RUNNING) >= 10 and exposition.total(WAITING) >= 16
    return is_full and given_up >= 3 * LEAVING_CLIENTS


def has_queue(exposition: Exposition) -> bool:
    """At least one request waits."""
    return exposition.total(WAITING) > 0


def is_frontend_bound(exposition: Exposition) -> bool:
    """One to 4 requests run, none waits, and most of the time of the finished ones passed before the engine got them."""
    whole = exposition.total(E2E)
    inside = sum(exposition.total(f"vllm:request_{phase}_time_seconds_sum") for phase in ("queue", "inference"))
    return 1 <= exposition.total(RUNNING) <= 4 and exposition.total(WAITING) == 0 and whole - inside > 0.5 * whole


@dataclass(frozen=True)
class Regime:
    """A state of the server: the load that leads to it, the condition by which it is reached, how often it is captured.

    `throughout` holds every second from one capture to the next. Clients give up after `patience_seconds`.
    """

    name: str
    workers: int
    max_tokens: int
    reached: Callable[[Exposition], bool]
    captures: int
    question: Question = COMPLETION
    between_captures_seconds: float = BETWEEN_CAPTURES_SECONDS
    throughout: Callable[[Exposition], bool] | None = None
    patience_seconds: float | None = None

    @property
    def load(self) -> str:
        """The load in words."""
        if not self.workers:
            return "none, after six completions, a chat and a completion refused for its unknown model"
        limit = f", given up after {self.patience_seconds:g} s" if self.patience_seconds else ""
        one = f"one {self.question.name} of at most {self.max_tokens} tokens in flight"
        return f"{self.workers} workers, each with {one}{limit}"


@dataclass(frozen=True)
class Run:
    """One server and the regimes that it is brought into, in order; only the last may have workers."""

    server_arguments: tuple[str, ...]
    regimes: tuple[Regime, ...]


STEADY = ("--max-model-len", "2048", "--enforce-eager", "--max-num-seqs", "14")
PRESSED = ("--max-model-len", "1024", "--enforce-eager", "--max-num-seqs", "32", "--num-gpu-blocks-override", "24")
SATURATED = Regime(
    "saturated", PRESSING_CLIENTS, 250, is_saturated, 2, between_captures_seconds=240.0, throughout=has_queue
)
# A few answers come first, so that the counters of answers stand still above 0.
ANSWERED_BEFORE = Regime("idle", 0, 0, is_idle, 0)
ABANDONED = Regime(
    "abandoned",
    LEAVING_CLIENTS,
    500,
    is_abandoned,
    2,
    question=WHOLE_COMPLETION,
    between_captures_seconds=120.0,
    throughout=has_queue,
    patience_seconds=20.0,
)
RUNS = {
    "steady": Run(STEADY, (Regime("idle", 0, 0, is_idle, 2), Regime("load", 16, 128, is_loaded, 2))),
    "light": Run(STEADY, (Regime("light", 4, 48, is_light, 2),)),
    "saturated": Run(PRESSED, (SATURATED,)),
    "abandoned": Run(STEADY, (ANSWERED_BEFORE, ABANDONED)),
    "frontend-bound": Run(STEADY, (Regime("frontend-bound", 16, 4, is_frontend_bound, 2, PAGE_CHAT, 30.0),)),
    "multiproc": Run((*STEADY, "--api-server-count", "2"), (Regime("multiproc", 16, 128, is_loaded, 1),)),
    "dp2": Run(
        (*STEADY, "--data-parallel-size", "2", "--api-server-count", "1"), (Regime("dp2", 32, 128, is_loaded, 1),)
    ),
    "dp2-multiproc": Run((*STEADY, "--data-parallel-size", "2"), (Regime("dp2-multiproc", 32, 128, is_loaded, 1),)),
}


@contextlib.contextmanager
def in_regime(server: Server, regime: Regime) -> Iterator[Callable[[], None]]:
    """The server under the regime's load; yields a call that raises what went wrong with the load."""
    if regime.workers:
        clients = Clients(regime.question, regime.workers, regime.max_tokens, regime.patience_seconds)
        with under_load(server, clients) as check:
            yield check
    else:
        send_a_few(server)
        yield lambda: None


def await_exposition(server: Server, regime: Regime, check: Callable[[], None]) -> Exposition:
    """The first exposition of the regime from now; CaptureError when none comes within the limit."""
    deadline = time.monotonic() + REGIME_LIMIT_SECONDS
    while time.monotonic() < deadline:
        check()
        exposition = Exposition.of(server)
        if regime.reached(exposition):
            return exposition
        time.sleep(0.25)
    raise CaptureError(f"vLLM did not reach the regime {regime.name} in {REGIME_LIMIT_SECONDS:.0f} s; change its load.")


def wait(server: Server, regime: Regime) -> None:
    """Wait the seconds between two captures; CaptureError when what holds throughout does not."""
    end = time.monotonic() + regime.between_captures_seconds
    while (left_seconds := end - time.monotonic()) > 0:
        if regime.throughout and not regime.throughout(Exposition.of(server)):
            raise CaptureError(f"vLLM left the regime {regime.name} between two captures; change its load.")
        time.sleep(min(POLL_SECONDS, left_seconds))


def take(server: Server, regime: Regime) -> list[Exposition]:
    """The regime's captures, in order."""
    taken: list[Exposition] = []
    with in_regime(server, regime) as check:
        time.sleep(WARM_UP_SECONDS if regime.captures else 0)
        while len(taken) < regime.captures:
            if taken:
                wait(server, regime)
            taken.append(await_exposition(server, regime, check))
    return taken


def refuse_local_names(exposition: Exposition, model: Path) -> None:
    """CaptureError when the text names this machine, a folder of this user, or the model's folder."""
    local_names = (socket.gethostname(), str(Path.home()), str(Path.cwd()), str(model.resolve()))
    if found := [name for name in local_names if name in exposition.text]:
        raise CaptureError(
            f"The exposition names {', '.join(found)}; serve from a folder whose path it does not contain."
        )


def index_entries(run: Run, regime: Regime, taken: list[Exposition], version: str) -> list[dict[str, Any]]:
    """What index.yaml says of the captures of one regime."""
    entries = []
    for number, exposition in enumerate(taken, start=1):
        entry: dict[str, Any] = {
            "file": f"vllm-{version}-{regime.name}-{number}.prom",
            "vllm_version": version,
            "regime": regime.name,
            "captured_at": exposition.captured_at.isoformat(timespec="milliseconds"),
            "server_arguments": " ".join(run.server_arguments),
            "load": regime.load,
        }
        if number > 1:
            elapsed_seconds = exposition.monotonic_seconds - taken[number - 2].monotonic_seconds
            entry["seconds_since_previous"] = round(elapsed_seconds, 2)
        entries.append(entry)
    return entries


def enter(entries: list[dict[str, Any]], index: Path) -> None:
    """Put entries into the index, in place of those of the same files, sorted by file."""
    known = yaml.safe_load(index.read_text()) if index.exists() else []
    by_file = {entry["file"]: entry for entry in [*known, *entries]}
    index.write_text(yaml.safe_dump([by_file[file] for file in sorted(by_file)], sort_keys=False, width=120))


def release(version: str) -> str:
    """A version without what a build or a second upload appends to it, such as `+cpu` and `.post2`."""
    return re.split(r"\.post|\+", version)[0]


def perform(run: Run, model: Path, log: Path) -> tuple[str, dict[Regime, list[Exposition]]]:
    """The release that vLLM reports and the captures of each regime; CaptureError when vLLM fails on the way."""
    try:
        with serving(model, run.server_arguments, log) as server:
            version = release(json.loads(server.get("/version"))["version"])
            return version, {regime: take(server, regime) for regime in run.regimes}
    except OSError as problem:
        raise CaptureError(f"vLLM stopped answering ({problem}); read its log {log}.") from problem


def write(out: Path, run: Run, version: str, taken: dict[Regime, list[Exposition]]) -> None:
    """Write the captures of a run and their index entries."""
    for regime, expositions in taken.items():
        entries = index_entries(run, regime, expositions, version)
        for entry, exposition in zip(entries, expositions, strict=True):
            (out / entry["file"]).write_text(exposition.text, encoding="utf-8")
        enter(entries, out / "index.yaml")


@click.command()
@click.argument("run_name", metavar="RUN", type=click.Choice(sorted(RUNS)))
@click.option("--model", required=True, type=click.Path(exists=True, path_type=Path), help="What make_model.py wrote.")
@click.option("--out", default=HERE, type=click.Path(exists=True, path_type=Path), help="Folder of the captures.")
@click.option("--log", default="vllm.log", type=click.Path(path_type=Path), help="File for the server's log.")
def main(run_name: str, model: Path, out: Path, log: Path) -> None:
    """Capture the regimes of RUN, each named after its regime; `steady` are idle and load."""
    run = RUNS[run_name]
    version, taken = perform(run, model, log)
    for exposition in (one for expositions in taken.values() for one in expositions):
        refuse_local_names(exposition, model)
    write(out, run, version, taken)


if __name__ == "__main__":
    main()
