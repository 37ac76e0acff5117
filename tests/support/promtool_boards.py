"""Queries of compiled boards with a choice made, over series of a few minutes, on promtool."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from glassbox.compile.bundle import Json
from glassbox.prometheus import promtool
from glassbox.prometheus.board_queries import with_variables
from glassbox.query.promql import CHOSEN_RANGE
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle
from tests.support.promtool_windows import closed, tolerance


def boards(settings: Settings) -> dict[str, Json]:
    return {board["title"]: board for board in our_bundle(settings).dashboards.values()}


BOARDS = boards(Settings())


def assert_values(
    asked: str, series: dict[str, str], expected: dict[str, float], folder: Path, *, eval_time: str = "20m"
) -> None:
    """The query over these series, a sample every 15 s, at that time."""
    ensure_components()
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": asked, "eval_time": eval_time, "exp_samples": samples}],
    }
    file = folder / "board.test.yml"
    file.write_text(closed(yaml.safe_dump({"tests": [test], **tolerance()}, width=10**9)), encoding="utf-8")
    result = promtool.test_rules([file])
    assert result.passed, "\n".join(result.problems)


def query(
    title: str,
    panel: str,
    number: int,
    chosen: Mapping[str, str] | None = None,
    *,
    boards: Mapping[str, Json] = BOARDS,
) -> str:
    """The query with what is chosen, and every other variable at All."""
    board = boards[title]
    (found,) = [each for each in board["panels"] if each["title"] == panel and each["type"] != "row"]
    variables = board["templating"]["list"][1:]
    return with_variables(str(found["targets"][number]["expr"]), variables, chosen).replace(CHOSEN_RANGE, "10m")
