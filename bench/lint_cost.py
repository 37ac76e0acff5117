"""How long lint takes, and how much memory: our content with promtool, and many dashboards of anybody."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
BOARDS, PANELS = 1_000, 20
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


def lint_cost(*arguments: str) -> LintCost:
    """Of `deploy.py lint`; raises SystemExit where it could not be done."""
    command = [sys.executable, "-S", "-c", _STARTER, sys.executable, "deploy.py", "lint", *arguments]
    code, *measured = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
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
    """Measure and print."""
    click.echo(f"\nLint: one cold process each; {os.cpu_count()} cores at load {os.getloadavg()[1]:.0f}")
    ours = lint_cost()
    row("deploy.py lint, our content and promtool", f"{ours.seconds:.2f} s", f"goal < {OURS_SECONDS:g} s")
    row("  processor time of that", f"{ours.processor_seconds:.2f} s", "")
    with tempfile.TemporaryDirectory() as folder:
        write_boards(Path(folder))
        many = lint_cost("--path", folder)
    row(f"{BOARDS:,} dashboards of {PANELS} panels", f"{many.seconds:.1f} s", f"goal < {BOARDS_SECONDS} s")
    row("  processor time of that", f"{many.processor_seconds:.1f} s", "")
    row("  largest resident set", f"{many.megabytes:.0f} MB", f"goal < {MEGABYTES} MB")
