"""Queries that are nested deeply are judged by every rule: work that doubled with each level would not end."""

import pytest

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.linting import judged
from glassbox.lint.rules import RULES

DEPTH = 60
WITHOUT_PROMTOOL = [rule.id for rule in RULES if not rule.asks_another]
TEXTS = {"summary": "Over 12 in the last 5 minutes on {{ $labels.a }}: {{ $value }}%"}


def nested(before, within, after):
    return before * DEPTH + within + after * DEPTH


@pytest.mark.parametrize(
    "query",
    [
        nested("1 / (", "x", ")"),
        nested("x / (", "x", ")"),
        nested("(", "x", " / x)"),
        nested("100 * (", "x", ") / x"),
        nested("x + (", "x", ")"),
        nested("-(", "x", ")"),
        nested("abs(", "x", ")"),
        nested("clamp_min(", "x", ", 1)"),
        nested("sum by (a) (", "x", ")"),
        nested("max_over_time((", "x", ")[5m:1m])"),
        nested("label_replace(", "x", ', "a", "b", "c", "d")'),
        nested("x or (", "x", ")"),
        nested("(x > 1 and ", "x", ")"),
        nested("x * on (a) group_left (b) (", "x", ")"),
        nested("(1 - ", "vllm:kv_cache_usage_perc", ")"),
        "x > " + nested("1 / (", "2", ")"),
    ],
)
def test_a_deep_query_is_judged_by_every_rule(query):
    corpus = together(
        as_alert(query, annotations=TEXTS), on_panel(query, "{{a}}", panel={"unit": "percent"}), as_record("a:x", query)
    ).corpus
    found = {finding.rule for finding in judged(corpus, select=WITHOUT_PROMTOOL)}
    assert "duplicate-group" in found
    assert "not-promql" not in found
