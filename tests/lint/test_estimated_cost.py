"""What a query costs, estimated: the series that real servers answered with, and the samples that a real Prometheus counted."""

import re
import time
from collections import Counter

import pytest

from glassbox.lint.asking_server import server_facts
from glassbox.lint.estimated_cost import EstimatedCost, estimated_cost, in_words, series_of_each_server
from glassbox.lint.examples import as_alert, on_board, on_panel
from glassbox.lint.linting import judged
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardVariable
from glassbox.prometheus.api import Prometheus
from glassbox.syntax.tree import SeriesNode
from tests.support.past_fleet import fleet
from tests.support.paths import ROOT

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{.*?\})? ", re.MULTILINE)
SERVERS = 2


def cost(example):
    (query,) = example.corpus.queries
    return estimated_cost(query, example.corpus)


@pytest.mark.parametrize("engine", ["vllm-0.32.0-load-1.prom", "engines/sglang-1.prom"])
def test_the_series_of_a_server_are_those_that_it_answered_with(engine):
    there = Counter(_SAMPLE.findall((ROOT / "demo" / "expositions" / engine).read_text()))
    estimated = {name: series_of_each_server(SeriesNode(name), Corpus()) for name in there}
    known = {name: count for name, count in estimated.items() if count is not None}
    # How many buckets there are of numbers of tokens depends on the length that the model takes.
    differ = {name for name, count in known.items() if count != there[name]}
    assert all(name.endswith("_tokens_bucket") and known[name] > there[name] for name in differ)
    assert len(known) > 25


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (on_panel("vllm:num_requests_running"), EstimatedCost(1, 61)),
        (on_panel("vllm:num_requests_running", instant=True), EstimatedCost(1, 1)),
        (as_alert("rate(vllm:request_success_total[5m]) > 1"), EstimatedCost(5, 100)),
        (as_alert('rate(vllm:request_success_total{finished_reason="stop"}[5m]) > 1'), EstimatedCost(1, 20)),
        (on_panel("sglang:num_running_reqs or vllm:num_requests_running + vllm:num_requests_waiting", instant=True), EstimatedCost(2, 2)),
        (on_panel("vllm:num_requests_running or vllm_num_requests_running", instant=True), EstimatedCost(1, 1)),
        (as_alert("own_total + vllm:num_requests_running > 1"), EstimatedCost(1, 1, ("own_total",))),
    ],
)  # fmt: skip  # a query in a line
def test_a_query_costs_its_series_times_the_samples_of_its_windows(example, expected):
    assert cost(example) == expected


def test_what_is_not_known_is_said():
    assert in_words([EstimatedCost(2, 100), EstimatedCost(1, 50, ("a", "b"))], servers=10) == (
        "about 3 series of each server, and 1,500 samples of 10 servers; not known of a, b"
    )
    assert in_words([EstimatedCost(0, 0, ("a",))]) == "not known of a"
    assert in_words([]) == "nothing is read"


def test_the_estimate_is_what_a_real_prometheus_counts(components, tmp_path):
    exprs = (
        "vllm:num_requests_running",
        "sum(rate(vllm:request_success_total[5m]))",
        "histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))",
    )
    panels = tuple(panel for expr in exprs for panel in on_panel(expr).corpus.boards[0].panels)
    corpus = on_board(panels=panels)
    end = int(time.time())
    with fleet(tmp_path, SERVERS, end - 2 * 3600, end) as server, Prometheus(server.url) as asked:
        costs = server_facts(corpus, asked).costs
    for query in corpus.queries:
        counted = costs[query.text].samples
        assert counted == pytest.approx(estimated_cost(query, corpus).samples * SERVERS, rel=0.1)


def test_a_dashboard_of_one_chosen_server_reads_few_series():
    expr = 'sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket{instance=~"$instance"}[5m]))'
    panels = on_panel(expr).corpus.boards[0].panels * 20

    def rules(**fields):
        variable = BoardVariable("instance", "query", panels[0].location, **fields)
        found = judged(on_board(panels=panels, variables=(variable,)), select=("many-series",))
        return [finding.message for finding in found]

    assert rules() == []
    (said,) = rules(include_all=True)
    assert re.match(
        r"It reads about [45]\d\d series of each server, and [\d,]+ samples of 40 servers in an hour\.", said
    )
