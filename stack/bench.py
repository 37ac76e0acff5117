"""Speed and size, measured on this machine and printed as tables: `make bench`.

Times are whole processes from outside, medians of several runs; memory is the largest resident set of the process.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dashboards.variables import JOB
from kit.panels import Row, dashboard, timeseries
from kit.promql import instant, sum_by
from pipeline.modern import modern_dashboard, plain
from pipeline.outputs import json_text
from recording_rules import requests

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7
BOARDS, PANELS = 100, 20


def cold_run(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds and megabytes (1e6 bytes) of one fresh process."""
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed with exit code {child.returncode}.")
    return seconds, usage.ru_maxrss * 1024 / 1e6


def generate(folder: Path) -> tuple[float, int]:
    """Seconds to build and write 100 dashboards of 20 panels, and the bytes of one as it is sent."""
    start = time.perf_counter()
    for number in range(BOARDS):
        panels = [_panel(f"Panel {panel}") for panel in range(PANELS)]
        rows = [Row("", tuple(panels[at : at + 4])) for at in range(0, PANELS, 4)]
        board = dashboard(f"board-{number}", f"Board {number}", question="How fast?", variables=(JOB,), rows=rows)
        modern = modern_dashboard(plain(board), tags=["bench"])
        Path(folder, f"{number}.json").write_text(json_text(modern), encoding="utf-8")
    return time.perf_counter() - start, len(json.dumps(modern, separators=(",", ":")))


def _panel(title: str) -> object:
    query = sum_by(("job", "model_name"), instant(requests.REQUESTS))
    return timeseries(title, query, why="Finished requests each second.")


def row(name: str, value: str, goal: str) -> None:
    """One line of the table."""
    sys.stdout.write(f"{name:<52} {value:>12}   {goal}\n")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        builds = [cold_run(["deploy.py", "build", "--out", folder]) for _ in range(RUNS)]
        generated = [generate(Path(folder)) for _ in range(RUNS)]
    sys.stdout.write(f"{RUNS} runs on {os.cpu_count()} cores, median\n")
    row("deploy.py build, cold process", f"{statistics.median(seconds for seconds, _ in builds):.2f} s", "goal < 1.0 s")
    row("  largest resident set", f"{max(megabytes for _, megabytes in builds):.0f} MB", "goal < 120 MB")
    seconds = statistics.median(seconds for seconds, _ in generated)
    row(f"{BOARDS} generated dashboards of {PANELS} panels, more", f"{seconds:.2f} s", "goal < 1.0 s")
    row("  one of them as sent", f"{generated[0][1] / 1000:.1f} kB", "goal about 10 kB")


if __name__ == "__main__":
    main()
