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
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from bench import backtest_cost
from bench.board_cost import (
    PRODUCTION_SCRAPE_SECONDS,
    RANGE_SECONDS,
    STEP_SECONDS,
    first_replica,
    queries_of,
    raw_samples,
    read_board,
    samples_read,
)
from bench.deploy_speed import show_deploy_speed
from bench.exporter_cost import show_exporter
from bench.fleet_cost import (
    FILLING_SECONDS,
    MEASURED_SECONDS,
    OF_FOUR_ENGINES,
    OF_VLLM,
    REGIME,
    REPLICAS,
    SCRAPE_SECONDS,
    Fleet,
    measure_fleet,
)
from bench.lint_cost import show_lint
from bench.preview_speed import GOALS_SECONDS, measure_preview
from dashboards.choices import JOB
from deploy import content
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.panels import Panel, timeseries
from glassbox.compile.compiler import compile_bundle
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.compile.outputs import json_text
from glassbox.errors import GlassboxError
from glassbox.metrics.engines import ENGINES
from glassbox.query.promql import instant, sum_by
from glassbox.servers.processes import ended_by_signals
from glassbox.settings.model import Settings
from glassbox.view.browser import find_chromium
from recording_rules import requests

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7
BOARDS, PANELS = 100, 20
# Few, since 10 hours of a raw histogram are many samples.
PEER_REPLICAS = 2
ALL_ENGINES = tuple(engine.name for engine in ENGINES)
# Levels that have a series for each replica or GPU.
GROWING_LEVELS = frozenset({"gpu", "instance"})


# Linux counts what a process had before it became another program: only a small one can start what is measured.
_STARTER = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
if done.returncode not in (0, 2):  # done, and something was found
    sys.exit(1)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def cold_run(arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds and megabytes (1e6 bytes) of one fresh process."""
    command = [sys.executable, "-S", "-c", _STARTER, sys.executable, *arguments]
    measured = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if measured.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed.")
    seconds, kibibytes = map(float, measured.stdout.split())
    return seconds, kibibytes * 1024 / 1e6


def generate(folder: Path) -> tuple[float, int]:
    """Seconds to build and write 100 dashboards of 20 panels, and the bytes of one as it is sent."""
    start = time.perf_counter()
    for number in range(BOARDS):
        panels = [_panel(f"Panel {panel}") for panel in range(PANELS)]
        rows = [Row("", tuple(panels[at : at + 4])) for at in range(0, PANELS, 4)]
        board = dashboard(f"board-{number}", f"Board {number}", question="How fast?", variables=(JOB,), rows=rows)
        normalised = normalised_dashboard(plain(grafanalib_dashboard(assemble(board))), tags=["bench"])
        Path(folder, f"{number}.json").write_text(json_text(normalised), encoding="utf-8")
    return time.perf_counter() - start, len(json.dumps(normalised, separators=(",", ":")))


def _panel(title: str) -> Panel:
    query = sum_by(("job", "model_name"), instant(requests.REQUESTS))
    return timeseries(title, query, why="Finished requests per second.")


def row(name: str, value: str, goal: str = "") -> None:
    """One line of a table."""
    click.echo(f"{name:<60} {value:>14}   {goal}".rstrip())


def _load() -> str:
    """Other load on this machine lengthens times, and hardly the processor time."""
    return f"{os.cpu_count()} cores at load {os.getloadavg()[1]:.0f}"


def show_build() -> None:
    """How fast content is compiled."""
    with tempfile.TemporaryDirectory() as folder:
        builds = [cold_run(["deploy.py", "build", "--out", folder]) for _ in range(RUNS)]
        generated = [generate(Path(folder)) for _ in range(RUNS)]
    click.echo(f"Compiling: {RUNS} runs on {os.cpu_count()} cores, median")
    row("deploy.py build, cold process", f"{statistics.median(seconds for seconds, _ in builds):.2f} s", "goal < 1.0 s")
    row("  largest resident set", f"{max(megabytes for _, megabytes in builds):.0f} MB", "goal < 120 MB")
    seconds = statistics.median(seconds for seconds, _ in generated)
    row(f"{BOARDS} generated dashboards of {PANELS} panels, more", f"{seconds:.2f} s", "goal < 1.0 s")
    row("  one of them as sent", f"{generated[0][1] / 1000:.1f} kB", "goal about 10 kB")


def show_fleet(fleet: Fleet, replicas: Mapping[str, int], engines: Sequence[str]) -> None:
    """What the rules of these engines add to a fleet, and what they cost."""
    servers = ", ".join(f"{count} {engine}" for engine, count in replicas.items())
    click.echo(f"\nA fleet: {servers} targets and {REPLICAS} GPUs, a target each, in Prometheus {fleet.prometheus};")
    click.echo(
        f"scraped every {SCRAPE_SECONDS} s for {FILLING_SECONDS} s without rules, then timed with them for {MEASURED_SECONDS} s"
    )
    row("engines that the settings name", f"{len(engines)} of {len(ENGINES)}")
    row("series scraped", f"{fleet.scraped}")
    row("series recorded", f"{fleet.recorded}")
    for level, count in sorted(fleet.recorded_by_level.items(), key=lambda item: -item[1]):
        growing = level in GROWING_LEVELS
        row(
            f"  {level}:", f"{count}", f"{count / REPLICAS:g} per replica" if growing else "independent of the replicas"
        )
    row("  share of those scraped", f"{fleet.recorded_ratio:.2%}", "goal < 2%")
    row("series of alerts that fire or are pending", f"{fleet.alerts}")
    row(
        "all rules, each evaluation, median",
        f"{fleet.evaluation_seconds:.2f} s",
        "goal < 1 s; rare groups by their share",
    )
    row("  processor time of that", f"{fleet.processor_seconds:.2f} s", f"goal < 1 s; {_load()}")
    for group, group_seconds in sorted(fleet.slowest_groups_seconds.items(), key=lambda item: -item[1]):
        row(f"  group {group}", f"{group_seconds:.3f} s")


def show_boards(fleet: Fleet, peer: Path | None) -> None:
    """What loading a board makes Prometheus read; recorded series are those of the fleet, `up` among the scraped ones."""
    boards = compile_bundle(content(), Settings()).dashboards.values()
    board = next(iter(boards))
    scraped = [line for line in fleet.samples if line.startswith("up{")]
    recorded = [line for line in fleet.samples if line not in set(scraped)]
    interval_seconds = Settings().evaluation_interval_seconds
    millions = samples_read(board, {interval_seconds: recorded, PRODUCTION_SCRAPE_SECONDS: scraped}) / 1e6
    click.echo(f"\nLoading a board over {RANGE_SECONDS // 3600} h, a point every {STEP_SECONDS} s: samples read")
    row(f"{board['title']}, {REPLICAS} replicas and GPUs", f"{millions:.2f} million", "goal < 5 million")
    raw = [*scraped, *raw_samples(REGIME, 1)]
    for narrowed in (board, max(boards, key=lambda each: len(list(queries_of(each))))):
        millions = (
            samples_read(narrowed, {interval_seconds: recorded, PRODUCTION_SCRAPE_SECONDS: raw}, first_replica()) / 1e6
        )
        row(f"{narrowed['title']}, one replica chosen", f"{millions:.2f} million")
    if peer is None:
        click.echo(
            "To compare with another dashboard: make bench PEER=FILE, such as vLLM's performance_statistics.json."
        )
        return
    other = read_board(peer)
    raw_millions = samples_read(other, {PRODUCTION_SCRAPE_SECONDS: raw_samples(REGIME, PEER_REPLICAS)}) / 1e6
    title = other.get("title", peer.stem)
    row(f"{title}, {PEER_REPLICAS} replicas", f"{raw_millions:.0f} million", "measured")
    for replicas in (20, REPLICAS):
        scaled = raw_millions * replicas / PEER_REPLICAS
        row(f"{title}, {replicas} replicas", f"{scaled:.0f} million", "extrapolated: linear in replicas")


def show_preview() -> None:
    """What the commands preview and pictures cost."""
    click.echo(f"\n`preview` over a real Prometheus, in headless Chromium; {_load()}")
    try:
        find_chromium()
    except GlassboxError as error:
        click.echo(f"Skipped. {error}")
        return
    found = measure_preview()
    row("server's largest resident set, all dashboards drawn", f"{found.server_megabytes:.0f} MB", "goal < 150 MB")
    for panels, goal in GOALS_SECONDS.items():
        row(f"page of {panels} panels, all drawn", f"{found.page_seconds[panels]:.1f} s", f"goal < {goal:g} s")
    row("from a saved module to the page drawn again", f"{found.save_seconds:.1f} s", "goal < 2 s")
    row("deploy.py pictures, all dashboards", f"{found.pictures_seconds:.1f} s", "goal < 40 s")
    row("  processor time of that, browser included", f"{found.pictures_processor_seconds:.1f} s")


def show_backtest() -> None:
    """What the command backtest costs."""
    click.echo(f"\n`backtest` of all alerts, {backtest_cost.REPLICAS} replicas, as recorded; {_load()}")
    for days, (seconds, megabytes) in backtest_cost.measure_backtest(
        compile_bundle(content(), Settings()), cold_run
    ).items():
        goals = (f"goal < {backtest_cost.GOAL_SECONDS} s", f"goal < {backtest_cost.GOAL_MEGABYTES} MB")
        row(f"{days} d", f"{seconds:.1f} s", goals[0] if days == 1 else "")
        row("  largest resident set", f"{megabytes:.0f} MB", goals[1])


@click.command()
@click.option(
    "--peer-dashboard",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON file of a dashboard on vLLM's own metrics, to measure beside ours.",
)
def main(peer_dashboard: Path | None) -> None:
    """Measure and print; takes about fifteen minutes, most of them to fill the windows of the rules."""
    try:
        with ended_by_signals():
            show_build()
            show_lint(row)
            show_deploy_speed()
            show_preview()
            show_backtest()
            show_exporter(row)
            fleet = measure_fleet()
            show_fleet(fleet, OF_VLLM, tuple(OF_VLLM))
            show_boards(fleet, peer_dashboard)
            show_fleet(measure_fleet(OF_VLLM, ALL_ENGINES), OF_VLLM, ALL_ENGINES)
            show_fleet(measure_fleet(OF_FOUR_ENGINES, tuple(OF_FOUR_ENGINES)), OF_FOUR_ENGINES, tuple(OF_FOUR_ENGINES))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
