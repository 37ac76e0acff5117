"""Engines that do not report what a panel shows: named in its description, and allowed for where there is no result."""

from glassbox.board.panels import stat, timeseries
from glassbox.board.reporting import with_reporters
from glassbox.metrics import roles
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.promql import instant, sum_by
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets

BOARDS = our_bundle().dashboards
RUNNING, WAITING, CACHE = (sum_by((), instant(role)) for role in (roles.RUNNING, roles.WAITING, roles.KV_CACHE_USAGE))
OTHER = instant(Gauge(name="other", unit=Unit.REQUESTS))


def shown(board, title):
    (panel,) = [each for each in BOARDS[f"glassbox-{board}"]["panels"] if each["title"] == title]
    return panel["description"], panel["fieldConfig"]["defaults"].get("noValue")


def test_a_panel_that_depends_on_no_engine_stays_as_it_is():
    assert with_reporters(stat("n", OTHER, why="w.")) == stat("n", OTHER, why="w.")


def test_a_panel_names_who_does_not_report_it_and_no_result_may_be_for_that():
    panel = with_reporters(stat("n", CACHE, why="w.", empty="No traffic"))
    assert panel.why == "w. Not reported by: TGI, llama.cpp, Triton, Dynamo, our exporter."
    assert panel.empty == "No traffic, or not reported by this engine"
    assert with_reporters(stat("n", CACHE, why="w.")).empty == "Not reported by this engine"


def test_queries_that_differ_in_it_are_named():
    panel = with_reporters(timeseries("n", {"running": RUNNING, "waiting": WAITING, "other": OTHER}, why="w."))
    assert panel.why == "w. Not reported: running by Triton, our exporter; waiting by Dynamo, our exporter."
    both = with_reporters(timeseries("n", {"running": RUNNING, "waiting": WAITING}, why="w."))
    assert both.why == "w. Not reported by: our exporter. Not reported: running by Triton; waiting by Dynamo."


def test_a_state_in_place_of_a_number_is_no_report_of_it():
    description, empty = shown("llm-serving", "First token p95")
    assert description.endswith("Not reported by: TGI, llama.cpp, our exporter.")
    assert empty == "Not reported by this engine"


def test_every_board_of_services_says_it():
    assert shown("inference-overview", "QPS now")[0].endswith("Not reported by: llama.cpp.")
    assert shown("capacity-and-diagnosis", "Tokens per step")[0].endswith("Not reported by: all but vLLM.")
    assert shown("replicas", "KV cache by replica")[1] == "Not reported by this engine"
    assert shown("cost-and-energy", "Tokens per joule")[0].endswith("Not reported by: our exporter.")
    assert shown("engine-comparison", "First token p50")[0].endswith("Not reported by: TGI, llama.cpp, our exporter.")
    description, empty = shown("slo", "Attainment")
    assert "time_to_first_token by TGI, llama.cpp, our exporter;" in description
    assert empty == "Not enough requests, or not reported by this engine"


def test_llm_serving_names_the_engine_that_it_shows():
    (panel,) = [each for each in BOARDS["glassbox-llm-serving"]["panels"] if each["title"] == "Engines"]
    (target,) = own_targets(panel)
    assert "group by (job, model_name, inference_engine, model_version)" in target["expr"]
