"""How long lint takes, and how much memory: our content with promtool, and many dashboards of anybody."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
BOARDS, PANELS = 1_000, 20
RUNS = 5
_TIMES = ("seconds", "processor_seconds")
OURS_SECONDS, BOARDS_SECONDS, MEGABYTES = 1.5, 20, 400
"""The goals."""


@dataclass(frozen=True)
class LintCost:
    """Of one process and those it started: seconds from outside, seconds of processors, and the largest resident set in 1e6 bytes."""

    seconds: float
    processor_seconds: float
    megabytes: float


# Linux counts what a process had before it became another program: only a small one can start what is measured.
_STARTER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6]))
"""


def lint_cost(*arguments: str, compiled: Path) -> LintCost:
    """Of `deploy.py lint`, which leaves its modules compiled in a folder for the next; raises SystemExit where it could not be done."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    command = [sys.executable, "-S", "-c", _STARTER, sys.executable, "deploy.py", "lint", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    code, *measured = json.loads(done.stdout)
    if code not in (0, 2):
        raise SystemExit(f"lint {' '.join(arguments)} failed.")
    return LintCost(*measured)


def write_boards(folder: Path, count: int = BOARDS, panels: int = PANELS) -> None:
    """Dashboards of as many panels, no two queries alike."""
    for number in range(count):
        board = {
            "uid": f"board-{number}",
            "title": f"Board {number}",
            "panels": [_panel(number, panel) for panel in range(panels)],
        }
        Path(folder, f"{number}.json").write_text(json.dumps(board), encoding="utf-8")


def _panel(board: int, number: int) -> dict[str, object]:
    query = f'sum by (job) (rate(requests_{board}_{number}_total{{job="x"}}[5m])) / sum by (job) (rate(seen_total{{job="x"}}[5m]))'
    return {
        "id": number + 1, "title": f"Panel {number}", "type": "timeseries", "description": "Why.",
        "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8},
        "targets": [{"refId": "A", "expr": query, "legendFormat": "{{job}}"}],
    }  # fmt: skip  # one panel


def show_lint(row: Callable[[str, str, str], None]) -> None:
    """Measure and print. The first run of a Python program compiles its modules, and is not counted."""
    click.echo(
        f"\nLint: whole processes, of our content the median of {RUNS}; {os.cpu_count()} cores at load {os.getloadavg()[1]:.0f}"
    )
    with tempfile.TemporaryDirectory() as folder:
        boards, compiled = Path(folder, "boards"), Path(folder, "compiled")
        boards.mkdir()
        write_boards(boards)
        _, *runs = (lint_cost(compiled=compiled) for _ in range(RUNS + 1))
        many = lint_cost("--path", str(boards), compiled=compiled)
    seconds, processor_seconds = (statistics.median(getattr(run, part) for run in runs) for part in _TIMES)
    row("deploy.py lint, our content and promtool", f"{seconds:.2f} s", f"goal < {OURS_SECONDS:g} s")
    row("  processor time of that", f"{processor_seconds:.2f} s", "")
    row(f"{BOARDS:,} dashboards of {PANELS} panels", f"{many.seconds:.1f} s", f"goal < {BOARDS_SECONDS} s")
    row("  processor time of that", f"{many.processor_seconds:.1f} s", "")
    row("  largest resident set", f"{many.megabytes:.0f} MB", f"goal < {MEGABYTES} MB")
