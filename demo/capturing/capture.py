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
from questions import COMPLETION, PAGE_CHAT, Question
from vllm_server import CaptureError, Server, send_a_few, serving, under_load

HERE = Path(__file__).resolve().parent.parent / "expositions"
REGIME_LIMIT_SECONDS = 180.0
BETWEEN_CAPTURES_SECONDS = 10.0


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


def is_idle(exposition: Exposition) -> bool:
    """No request runs or waits."""
    return sum(exposition.values("vllm:num_requests_running") + exposition.values("vllm:num_requests_waiting")) == 0


def is_loaded(exposition: Exposition) -> bool:
    """At least 4 requests run, and fewer wait than run."""
    running, waiting = (sum(exposition.values(f"vllm:num_requests_{state}")) for state in ("running", "waiting"))
    return running >= 4 and waiting < running


def is_light(exposition: Exposition) -> bool:
    """At least 2 requests run, and none waits."""
    running, waiting = (sum(exposition.values(f"vllm:num_requests_{state}")) for state in ("running", "waiting"))
    return running >= 2 and waiting == 0


def is_saturated(exposition: Exposition) -> bool:
    """The KV cache is at least 95 % full, at least 16 requests wait, and some were preempted."""
    usage_ratio = max(exposition.values("vllm:kv_cache_usage_perc"))
    waiting = sum(exposition.values("vllm:num_requests_waiting"))
    return usage_ratio >= 0.95 and waiting >= 16 and sum(exposition.values("vllm:num_preemptions_total")) > 0


def is_frontend_bound(exposition: Exposition) -> bool:
    """One to 4 requests run, none waits, and most of the time of the finished ones passed before the engine got them."""
    running, waiting = (sum(exposition.values(f"vllm:num_requests_{state}")) for state in ("running", "waiting"))
    whole = sum(exposition.values("vllm:e2e_request_latency_seconds_sum"))
    inside = [sum(exposition.values(f"vllm:request_{phase}_time_seconds_sum")) for phase in ("queue", "inference")]
    return 1 <= running <= 4 and waiting == 0 and whole - sum(inside) > 0.5 * whole


@dataclass(frozen=True)
class Regime:
    """A state of the server: the load that leads to it, the condition by which it is reached, how often it is captured."""

    name: str
    workers: int
    max_tokens: int
    reached: Callable[[Exposition], bool]
    captures: int
    question: Question = COMPLETION
    between_captures_seconds: float = BETWEEN_CAPTURES_SECONDS

    @property
    def load(self) -> str:
        """The load in words."""
        if not self.workers:
            return "none, after six completions, a chat and a completion refused for its unknown model"
        return (
            f"{self.workers} workers, each with one {self.question.name} of at most {self.max_tokens} tokens in flight"
        )


@dataclass(frozen=True)
class Run:
    """One server and the regimes that it is brought into, in order; only the last may have workers."""

    server_arguments: tuple[str, ...]
    regimes: tuple[Regime, ...]


STEADY = ("--max-model-len", "2048", "--enforce-eager", "--max-num-seqs", "14")
PRESSED = ("--max-model-len", "1024", "--enforce-eager", "--max-num-seqs", "32", "--num-gpu-blocks-override", "24")
RUNS = {
    "steady": Run(STEADY, (Regime("idle", 0, 0, is_idle, 2), Regime("load", 16, 128, is_loaded, 2))),
    "light": Run(STEADY, (Regime("light", 4, 48, is_light, 2),)),
    "saturated": Run(PRESSED, (Regime("saturated", 48, 500, is_saturated, 2),)),
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
        with under_load(server, regime.question, regime.workers, regime.max_tokens) as check:
            yield check
    else:
        send_a_few(server)
        yield lambda: None


def await_exposition(server: Server, regime: Regime, check: Callable[[], None]) -> Exposition:
    """The first exposition of the regime, its seconds or more from now; CaptureError when none comes within the limit."""
    time.sleep(regime.between_captures_seconds)
    deadline = time.monotonic() + REGIME_LIMIT_SECONDS
    while time.monotonic() < deadline:
        check()
        exposition = Exposition.of(server)
        if regime.reached(exposition):
            return exposition
        time.sleep(0.25)
    raise CaptureError(f"vLLM did not reach the regime {regime.name} in {REGIME_LIMIT_SECONDS:.0f} s; change its load.")


def take(server: Server, regime: Regime) -> list[Exposition]:
    """The regime's captures, in order."""
    with in_regime(server, regime) as check:
        return [await_exposition(server, regime, check) for _ in range(regime.captures)]


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
    """Capture the regimes of RUN: dp2, dp2-multiproc, frontend-bound, multiproc, saturated, or steady (idle and load)."""
    run = RUNS[run_name]
    version, taken = perform(run, model, log)
    for exposition in (one for expositions in taken.values() for one in expositions):
        refuse_local_names(exposition, model)
    write(out, run, version, taken)


if __name__ == "__main__":
    main()
