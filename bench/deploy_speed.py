"""How long plans and pushes take against a Grafana that answers after 20 ms: many dashboards, and our own content.

The stand-in answers in this process, and what is measured runs in one of its own. A slow machine
alone must not make it look slow: the table also has the requests, and the time that these take at the documented concurrency.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from glassbox.compile.bundle import Bundle, CompiledContent, Json
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import keep
from glassbox.deploying.plan import plan
from glassbox.grafana.chosen_data_source import choose_data_source
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.kinds.kind import Deployment, ObjectKind
from glassbox.settings.model import Settings
from glassbox.standin.server import GrafanaStandIn, prometheus_source

ROOT = Path(__file__).resolve().parents[1]
REPLY_SECONDS = 0.02
BOARDS, PANELS = (100, 500, 1000, 2000, 5000), 10
OURS = "ours"
GOAL_FACTOR, GOAL_SECONDS, GOAL_MEGABYTES, GOAL_OURS_SECONDS = 1.5, 2.0, 300, 3.0
"""The goals: a plan takes 1.5 times as long as its requests and 2 s, in 300 MB; the first push of our content 3 s."""
_TOKEN = "of-the-bench"  # of a server that lives as long as the bench
_EVERY_REQUEST = 10**9


@dataclass(frozen=True)
class DeploySpeed:
    """Of one plan or push: objects, requests, seconds without the start of Python, and the largest resident set in 1e6 bytes."""

    objects: int
    requests: int
    seconds: float
    megabytes: float

    @property
    def goal_seconds(self) -> float:
        """What it may take."""
        return GOAL_FACTOR * self.requests / ObjectKind.read_at_once * REPLY_SECONDS + GOAL_SECONDS


def show_deploy_speed() -> None:
    """Measure and print both tables."""
    click.echo(f"\nPlans and pushes, Grafana answers after {REPLY_SECONDS * 1000:g} ms, {ObjectKind.read_at_once} requests at once")  # fmt: skip  # one row
    click.echo("objects  what           requests  seconds  goal  MB")
    for count in BOARDS:
        with _server() as server:
            _measured(server, "push", count)
            server.faults.delay("/", REPLY_SECONDS, times=_EVERY_REQUEST)
            for what in ("plan", "no-op apply"):
                found = _measured(server, what, count)
                click.echo(f"{found.objects:>7}  {what:<13}  {found.requests:>8}  {found.seconds:>7.1f}  {found.goal_seconds:>4.1f}  {found.megabytes:.0f}")  # fmt: skip  # one row
    with _server() as server:
        server.faults.delay("/", REPLY_SECONDS, times=_EVERY_REQUEST)
        found = _measured(server, "first push", OURS)
        click.echo(f"{found.objects:>7}  first push     {found.requests:>8}  {found.seconds:>7.1f}  {GOAL_OURS_SECONDS:>4.1f}  {found.megabytes:.0f}   (our content)")  # fmt: skip  # one row


@contextmanager
def _server() -> Iterator[GrafanaStandIn]:
    sources = [prometheus_source("http://127.0.0.1:9")]
    with GrafanaStandIn(tokens={_TOKEN: "Admin"}, data_sources=sources, search_lag_seconds=0) as server:
        yield server


def _measured(server: GrafanaStandIn, what: str, content: int | str) -> DeploySpeed:
    command = [sys.executable, "-m", "bench.deploy_speed", server.url, what, str(content)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONPATH": "."})
    return DeploySpeed(**json.loads(done.stdout))


def main(url: str, what: str, content: str) -> None:
    """One measurement, in this process: printed as JSON."""
    with Grafana(url, Token(_TOKEN)) as grafana, tempfile.TemporaryDirectory() as folder:
        requests = _counted(grafana)
        settings = Settings()
        bundle = _our_bundle(grafana, settings) if content == OURS else _bundle_of(int(content))
        requests.clear()
        begun = time.perf_counter()
        made = plan(grafana, Deployment(bundle, settings.grafana, grafana.version()))
        if what != "plan":
            wanted = made.allowed(force=False)
            if wanted:
                keep(grafana, made, wanted, Path(folder))
            apply(grafana, made, wanted, lambda _change: None)
        seconds = time.perf_counter() - begun
    found = {"objects": len(made.changes), "requests": len(requests), "seconds": seconds, "megabytes": _peak_megabytes()}  # fmt: skip  # one object
    sys.stdout.write(json.dumps(found))


def _counted(grafana: Grafana) -> list[str]:
    """A list that grows by the path of each request."""
    sent: list[str] = []
    exchange = grafana._transport.exchange
    send: Callable[..., Any] = exchange.send

    def counting(method: str, path: str, **content: Any) -> Any:
        sent.append(path)
        return send(method, path, **content)

    exchange.send = counting  # type: ignore[method-assign]  # to count without a word of it in the client
    return sent


def _peak_megabytes() -> float:
    """Of this process itself: what it had before it became this program counts otherwise."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM:"))


def _our_bundle(grafana: Grafana, settings: Settings) -> Bundle:
    from deploy import content  # noqa: PLC0415  # the other measurements need none of it
    from glassbox.compile.compiler import compile_bundle  # noqa: PLC0415

    return compile_bundle(content(), settings, choose_data_source(grafana.data_sources(), ""))


def _bundle_of(count: int) -> Bundle:
    boards = (_board(number) for number in range(count))
    return Bundle({board["uid"]: board for board in boards}, {}, {}, (), {}, CompiledContent({}, (), ()))


def _board(number: int) -> Json:
    panels = [_panel(number, panel) for panel in range(PANELS)]
    return {"uid": f"glassbox-board-{number}", "title": f"Board {number}", "tags": ["glassbox"], "panels": panels, "refresh": "30s"}  # fmt: skip  # one dashboard


def _panel(board: int, number: int) -> Json:
    return {
        "id": number + 1, "title": f"Panel {number}", "type": "timeseries", "description": "Why.",
        "gridPos": {"x": 0, "y": 8 * number, "w": 12, "h": 8},
        "targets": [{"refId": "A", "expr": f"sum by (job) (rate(requests_{board}_{number}_total[5m]))", "legendFormat": "{{job}}"}],
        "fieldConfig": {"defaults": {"unit": "s"}, "overrides": []},
    }  # fmt: skip  # one panel


if __name__ == "__main__":
    main(*sys.argv[1:])
