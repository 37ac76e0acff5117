"""Two states of a query, as a plan shows them."""

import pytest

from glassbox.deploying.plan_words import by_part
from glassbox.grafana.differences.query_excerpts import both_states
from glassbox.grafana.differences.rule_differences import rule_differences
from tests.support.small_bundle import rule

LONG = 'sum by (model_name) (rate(vllm:generation_tokens_total{namespace="llm"}[5m])) / on (model_name) count by (model_name) (up)'


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("sum(a)", "max(a)", "sum(a) -> max(a)"),
        ("sum(\n  a\n)", "sum( b )", "sum( a ) -> sum( b )"),
        ("sum(\n  a\n)", "sum( a )", ""),
        ("", "up", "nothing -> up"),
        (LONG, LONG.replace("[5m]", "[10m]"), '...mespace="llm"}[5m])) / on (model... -> ...mespace="llm"}[10m])) / on (model...'),
        # Words are not cut where they differ.
        (LONG, LONG.replace("generation_tokens", "generation_token_rate"), "...el_name) (rate(vllm:generation_tokens_total{namespace=\"llm... -> ...el_name) (rate(vllm:generation_token_rate_total{namespace=\"llm..."),
        (LONG, f"{LONG} > 1", "...odel_name) (up) -> ...odel_name) (up) > 1"),
        (LONG, "up", f"{LONG[:60]} ... {LONG[-60:]} -> up"),
    ],
)  # fmt: skip  # a query in a line
def test_short_queries_are_whole_and_of_long_ones_the_part_that_differs_is_shown(before, after, shown):
    assert both_states(before, after) == shown


@pytest.mark.parametrize("length", [10, 1_000, 100_000])
def test_no_query_takes_more_than_a_line_or_two(length):
    assert len(both_states(f"sum({'a' * length})", f"max({'b' * length} or {'c' * length})")) < 300


def test_the_list_of_a_plan_shows_both_states_of_a_query_and_a_threshold_alone():
    def told(before, after):
        return by_part(rule_differences(rule("r", "g", expr=before), rule("r", "g", expr=after)))

    (changed,) = told("sum(a) > 1", "max(a) > 1").values()
    assert changed == ["query changed: sum(a) > 1 -> max(a) > 1"]
    (moved,) = told("sum(a) > 1", "sum(a) > 2").values()
    assert moved == ["threshold 1 -> 2"]
