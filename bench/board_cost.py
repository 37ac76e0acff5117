"""What it costs to load a board: the samples that Prometheus reads for all its queries, as Prometheus itself counts them.

Queries are sent as Grafana sends them for a range of 5 hours and panels of about 1000 pixels: 18 s a pixel, which its table of
intervals (`roundInterval` in Grafana's `rangeutil`) makes 20 s. Tables send instant queries; variables are at All.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.fleet_cost import replica_instances
from demo.captures import find_capture
from glassbox.compile.bundle import Json, every_panel
from glassbox.errors import GlassboxError
from glassbox.prometheus.board_queries import api_data, with_variables
from glassbox.servers.blocks import write_blocks
from glassbox.servers.processes import prometheus

RANGE_SECONDS, STEP_SECONDS, PRODUCTION_SCRAPE_SECONDS = 5 * 3600, 20, 15
# Grafana: the step and one scrape, and four scrapes at least.
_RATE_SECONDS = max(STEP_SECONDS + PRODUCTION_SCRAPE_SECONDS, 4 * PRODUCTION_SCRAPE_SECONDS)
_BUILT_IN = {
    "$__rate_interval": f"{_RATE_SECONDS}s",
    "$__interval": f"{STEP_SECONDS}s",
    "$__range": f"{RANGE_SECONDS}s",
}


def samples_read(board: Json, samples: Mapping[int, Sequence[str]], chosen: Mapping[str, str] | None = None) -> int:
    """Samples read for one loading of the board, of series with these samples (lines of an exposition) every so many seconds.

    `chosen` are values by the names of variables; all others are at All. Twice the range is there, so that a window as long as
    the range is full from the first step on.
    """
    queries = list(queries_of(board, chosen))
    text = "\n".join(expr for expr, _ in queries)
    read = {seconds: [line for line in lines if line.partition("{")[0] in text] for seconds, lines in samples.items()}
    end = int(time.time()) // STEP_SECONDS * STEP_SECONDS
    with tempfile.TemporaryDirectory(prefix="glassbox-bench-") as made:
        folder = Path(made)
        write_blocks(read, end - 2 * RANGE_SECONDS, end + 1, folder / "data")
        settings = folder / "prometheus.yml"
        settings.write_text("{}\n", encoding="utf-8")
        with prometheus(settings, folder=folder) as server:
            return sum(_cost(server.url, expr, instant, end) for expr, instant in queries)


def read_board(file: Path) -> Json:
    """A dashboard's JSON; raises GlassboxError for any other file."""
    try:
        board = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GlassboxError(f"{file} cannot be read as JSON ({error}): name the file of a dashboard.") from None
    if not isinstance(board, dict) or not isinstance(board.get("panels"), list):
        raise GlassboxError(f"{file} is not a dashboard, which has panels: name the file of one.")
    return board


def first_replica() -> dict[str, str]:
    """The choice of the first replica that `raw_samples` makes."""
    return {"instance": replica_instances(1)[0]}


def raw_samples(regime: str, replicas: int) -> list[str]:
    """The samples of a captured vLLM's own series, for that many replicas."""
    lines = find_capture(regime).second.read_text(encoding="utf-8").splitlines()
    return [
        line.replace("{", f'{{job="vllm",instance="{instance}",', 1)
        for instance in replica_instances(replicas)
        for line in lines
        if line.startswith("vllm:")
    ]


def queries_of(board: Json, chosen: Mapping[str, str] | None = None) -> Iterator[tuple[str, bool]]:
    """Each query of the board with the choices filled in, and whether it is an instant query."""
    for panel in every_panel(board["panels"]):
        for target in panel.get("targets", ()):
            expr = str(target["expr"])
            for variable, value in _BUILT_IN.items():
                expr = expr.replace(variable, value)
            yield with_variables(expr, board.get("templating", {}).get("list", ()), chosen), bool(target.get("instant"))


def _cost(url: str, expr: str, instant: bool, end: int) -> int:
    if instant:
        data = api_data(url, "query", query=expr, time=end, stats="all")
    else:
        data = api_data(
            url, "query_range", query=expr, start=end - RANGE_SECONDS, end=end, step=STEP_SECONDS, stats="all"
        )
    return int(data["stats"]["samples"]["totalQueryableSamples"])
