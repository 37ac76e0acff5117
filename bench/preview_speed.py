"""Memory and speed of `deploy.py preview`, from outside, over a real Prometheus that scrapes itself."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploy import PRODUCT, ROOT
from glassbox.errors import GlassboxError
from glassbox.servers.processes import LOOPBACK, free_port, prometheus
from glassbox.view.browser import Shot, draw, seconds_until_drawn
from glassbox.view.snapshot import take_snapshot

RUNS = 3
# By the number of panels of a page.
GOALS_SECONDS = {30: 2.5, 100: 5}
SCRAPE_SECONDS = 1
RANGE_MS = 300_000
GRID_COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 24, 6, 6
# Any file of the content; its time is set, and nothing in it changes.
SAVED = ROOT / "dashboards" / "__init__.py"


@dataclass(frozen=True)
class PreviewCost:
    """Seconds are medians of several runs; megabytes are 1e6 bytes; pages by their number of panels."""

    server_megabytes: float
    page_seconds: dict[int, float]
    save_seconds: float
    pictures_seconds: float
    pictures_processor_seconds: float


def measure_preview() -> PreviewCost:
    """Start everything, draw, and end it; raises GlassboxError where Chromium or Prometheus is missing."""
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="glassbox-preview-")))
        metrics = resources.enter_context(_prometheus(folder))
        pages = _page_seconds(metrics, folder)
        pictures = _run(["pictures", "--prometheus", metrics, "--out", str(folder / "pictures")])
        with _preview(metrics) as (pid, url):
            uids = [board["uid"] for board in take_snapshot(PRODUCT.script, None)["dashboards"]]
            now_ms = int(time.time() * 1000)
            draw([Shot(url, uid, now_ms - RANGE_MS, now_ms, "dark") for uid in uids])
            saved = seconds_until_drawn([f"{url}/d/{uids[0]}"] * RUNS, again_after=lambda: os.utime(SAVED))
            return PreviewCost(_largest_megabytes(pid), pages, statistics.median(saved), *pictures)


def _page_seconds(metrics: str, folder: Path) -> dict[int, float]:
    boards = folder / "boards"
    boards.mkdir()
    for panels in GOALS_SECONDS:
        (boards / f"{panels}.json").write_text(json.dumps(_board(panels)), encoding="utf-8")
    with _preview(metrics, "--path", str(boards)) as (_, url):
        return {
            panels: statistics.median(seconds_until_drawn([f"{url}/d/panels-{panels}?kiosk&width=1600"] * RUNS))
            for panels in GOALS_SECONDS
        }


def _board(panels: int) -> dict[str, object]:
    """Half graphs, half numbers, each with a query of its own."""
    return {"uid": f"panels-{panels}", "title": f"{panels} panels", "panels": [_panel(at) for at in range(panels)]}


def _panel(at: int) -> dict[str, object]:
    across, down = at % (GRID_COLUMNS // PANEL_WIDTH), at // (GRID_COLUMNS // PANEL_WIDTH)
    query = f"sum by (handler) (rate(prometheus_http_requests_total[1m])) + {at}"
    return {
        "id": at + 1,
        "type": "stat" if at % 2 else "timeseries",
        "title": f"Panel {at}",
        "gridPos": {"x": across * PANEL_WIDTH, "y": down * PANEL_HEIGHT, "w": PANEL_WIDTH, "h": PANEL_HEIGHT},
        "targets": [{"refId": "A", "expr": query, "range": True}],
    }


@contextmanager
def _prometheus(folder: Path) -> Iterator[str]:
    port = free_port()
    own = {"job_name": "prometheus", "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]}
    file = folder / "prometheus.yml"
    settings = {"global": {"scrape_interval": f"{SCRAPE_SECONDS}s"}, "scrape_configs": [own]}
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with prometheus(file, port=port, folder=folder / "prometheus") as server:
        yield server.url


@contextmanager
def _preview(metrics: str, *arguments: str) -> Iterator[tuple[int, str]]:
    """The process and the address of `preview` once it shows its content."""
    command = [sys.executable, "-u", "deploy.py", "preview", "--port", "0", "--prometheus", metrics, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = [process.stdout.readline(), process.stdout.readline()]
            address = re.search(r"http://\S+", said[0])
            if address is None or "ready" not in said[1]:
                raise GlassboxError(f"`preview` did not start: {''.join(said)}")
            yield process.pid, address[0]
        finally:
            process.terminate()


def _run(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds, and processor seconds of the command with its browser."""
    before = os.times()
    command = [sys.executable, "deploy.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        raise GlassboxError(f"deploy.py {arguments[0]} failed: {done.stderr.strip()}")
    processor = sum(getattr(after, name) - getattr(before, name) for name in ("children_user", "children_system"))
    return after.elapsed - before.elapsed, processor


def _largest_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / 1e6
