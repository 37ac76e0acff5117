"""Queries over several lines: one operand or argument a line, and always the same query."""

import re
from dataclasses import replace

import promql_parser
import pytest

from glassbox.metrics import vllm
from glassbox.query.layout import WIDTH, layout
from glassbox.query.promql import clamp_min, instant, rate, sum_by
from glassbox.query.selectors import regex
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

# Names without a colon have one spelling.
RUNNING, WAITING, TOKENS = (
    replace(metric, name=metric.name.replace(":", "_"))
    for metric in (vllm.NUM_REQUESTS_RUNNING, vllm.NUM_REQUESTS_WAITING, vllm.GENERATION_TOKENS)
)

# The words in queries that only Grafana knows, and what may stand there in Prometheus.
GRAFANAS = {"$__rate_interval": "5m", "$__range": "1h", "$__interval": "1m"}


def queries(settings=None):
    """Every query that we compile with these settings, with its place."""
    bundle = our_bundle(settings)
    for file in (*bundle.recording_rules.values(), *bundle.alerts.values()):
        for rule in file["groups"][0]["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for uid, board in bundle.dashboards.items():
        for panel in board["panels"]:
            yield from ((f"{uid}: {panel['title']}", target["expr"]) for target in panel.get("targets", ()))


def parsed(text):
    for name, value in GRAFANAS.items():
        text = text.replace(name, value)
    return promql_parser.parse(text).prettify()


def test_what_fits_stays_on_one_line():
    query = instant(RUNNING, job="a") > 3
    text = 'vllm_num_requests_running{job="a"} > 3'
    assert layout(query) == layout(query, width=len(text)) == text
    assert layout(query, width=len(text) - 1) == 'vllm_num_requests_running{job="a"}\n> 3'


def test_operands_and_arguments_stand_below_each_other():
    running, waiting = (
        sum_by(("job", "model_name"), instant(metric, job=regex("a|b"))) for metric in (RUNNING, WAITING)
    )
    query = running.and_(clamp_min(waiting / (running + waiting), 0.25), on=("job",)) > 3
    assert layout(query, width=80) == (
        """\
(
  sum by (job, model_name) (vllm_num_requests_running{job=~"a|b"})
  and on (job) clamp_min(
    sum by (job, model_name) (vllm_num_requests_waiting{job=~"a|b"})
    / (
      sum by (job, model_name) (vllm_num_requests_running{job=~"a|b"})
      + sum by (job, model_name) (vllm_num_requests_waiting{job=~"a|b"})
    ),
    0.25
  )
)
> 3"""
    )


def test_an_operand_with_operators_of_its_own_is_indented():
    rates = [rate(TOKENS, window, job="a") for window in ("5m", "10m", "15m")]
    query = rates[0].or_(rates[1].and_(rates[2]))
    assert layout(query, width=60) == (
        """\
rate(vllm_generation_tokens_total{job="a"}[5m])
or
  rate(vllm_generation_tokens_total{job="a"}[10m])
  and rate(vllm_generation_tokens_total{job="a"}[15m])"""
    )


@pytest.mark.parametrize("text", ['label_replace(up{a="x, (y) / z"}, "b", "$1, ", "c", "(.+)")', 'up{a="\\"{ "}'])
def test_texts_in_quotes_are_left_alone(text):
    assert layout(text) == text
    assert parsed(layout(text, width=5)) == parsed(text)


@pytest.mark.parametrize("width", [20, WIDTH])
def test_every_query_of_ours_stays_the_same_query(width):
    different = [name for name, text in queries() if parsed(layout(text, width)) != parsed(text)]
    assert different == []


# One matcher may name every spelling of every engine, every error that is one, or paths that say nothing.
MANY_VALUES = re.compile(r'[=!]~"([^"|]*\|){2,}')


def test_no_query_of_ours_has_a_long_line():
    lines = [(name, line) for name, text in queries() for line in layout(text).splitlines()]
    assert [name for name, line in lines if len(line) > WIDTH + 5 and not MANY_VALUES.search(line)] == []


@pytest.mark.parametrize("labels", [(), ("cluster", "namespace")], ids=["none", "two"])
def test_every_query_of_ours_is_one_that_victoriametrics_takes(labels):
    """At most 16 KiB (its flag `-search.maxQueryLen`), with room for the values of the board's variables."""
    found = queries(Settings(identity_labels=labels))
    assert [name for name, text in found if len(text.encode()) > 15 * 1024] == []
