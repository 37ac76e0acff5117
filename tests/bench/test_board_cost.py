"""What the benchmark counts, on samples few enough to be counted by hand."""

from pathlib import Path

import pytest

from bench.board_cost import raw_samples, read_board, samples_read
from glassbox.errors import GlassboxError
from glassbox.servers.blocks import sample
from glassbox.servers.components import ensure_components
from tests.support.ours import our_bundle

LLM_SERVING = our_bundle().dashboards["glassbox-llm-serving"]


@pytest.fixture(scope="module", autouse=True)
def _components() -> None:
    ensure_components()


def test_samples_of_a_board_are_counted_as_grafana_would_load_it() -> None:
    """5 h in steps of 20 s are 901 points."""
    targets = [
        # Two series at each point: 1802.
        {"expr": 'sum(a{job=~"$job"})'},
        # One moment, of the same two: 2.
        {"expr": "a", "instant": True},
        # In a window of 5 h a sample every 15 s, full from the first point on: 901 * 1201, since the window has both its ends.
        {"expr": "rate(b_total[$__range])"},
    ]
    folded = {"panels": [{"targets": targets[:1]}]}
    board = {
        "panels": [folded, {"targets": targets[1:2]}, {"targets": targets[2:]}],
        "templating": {"list": [{"name": "job", "allValue": ".+"}]},
    }
    series = {
        30: ['a{job="x",instance="1"} 1', 'a{job="x",instance="2"} 1', 'unread{job="x"} 1'],
        15: ['b_total{job="x"} 7'],
    }
    wide, moment, window = 1802, 2, 901 * 1200
    assert wide + moment + window <= samples_read(board, series) <= wide + moment + window + 901


def test_what_is_worked_out_for_a_chosen_replica_costs_nothing_until_one_is_chosen() -> None:
    """A moment of one recorded series, and of the same once more, which says what else is chosen; the raw ones of its rule are not read."""
    (panel,) = [panel for panel in LLM_SERVING["panels"] if panel["title"] == "Preemptions"]
    target = panel["targets"][0] | {"instant": True}
    board = {"panels": [{"targets": [target]}], "templating": LLM_SERVING["templating"]}
    raw = [line for line in raw_samples("saturated", 2) if line.startswith("vllm:num_preemptions_total{")]
    recorded = 'model:inference_preemptions:rate5m{job="vllm",model_name="m"} 1'
    assert len(raw) == 2 and raw[0].partition("{")[0] in target["expr"]
    assert samples_read(board, {15: [recorded, *raw]}) == 2


def test_a_captured_server_becomes_as_many_replicas_as_are_asked_for() -> None:
    lines = raw_samples("saturated", 2)
    assert len(lines) == len(set(lines)) and len(lines) % 2 == 0
    assert all(line.startswith("vllm:") and 'job="vllm"' in line for line in lines)
    assert sum('instance="replica-001:8000"' in line for line in lines) == len(lines) / 2


def test_a_sample_is_written_as_expositions_are() -> None:
    assert (
        sample({"__name__": "a:b:c", "model_name": 'x"y', "job": "j"}, 0.5) == 'a:b:c{job="j",model_name="x\\"y"} 0.5'
    )


@pytest.mark.parametrize("content", ["{", "[]", "{}", "7"])
def test_a_file_that_is_no_dashboard_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(
        GlassboxError, match=r"board\.json (cannot be read as JSON|is not a dashboard).*: name the file of"
    ):
        read_board(file)
