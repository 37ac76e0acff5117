"""Servers that are not, or not quite, a Prometheus."""

import pytest

from glassbox.doctor.fleet import look_at
from glassbox.doctor.loaded_rules import lists_no_rules, rules_in_the_way
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.credential import PrometheusCredential
from tests.support.fake_prometheus import FakePrometheus, fake_prometheus
from tests.support.ours import our_bundle
from tests.support.raw_server import raw_server

OURS = {"name": "InferenceQPSLow", "query": "up"}


@pytest.fixture
def rules_said(monkeypatch):
    """What is said of a server that answers this when it is asked for its rules."""

    def said(answer):
        monkeypatch.setattr(FakePrometheus, "answer", lambda *_: answer)
        credential = PrometheusCredential("Bearer abc123", ("abc123",))
        with fake_prometheus({}) as server, Prometheus(server.url, credential) as client:
            return [each.problem for each in rules_in_the_way(client, our_bundle(), client.about("rules"))]

    return said


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"groups": 3},
        {"groups": [3, {"rules": 3}, {"rules": [3]}]},
        {"groups": [{"rules": [{"query": "up", "health": "err"}, {"name": ["x"], "query": "up"}, {"name": "x"}]}]},
    ],
)
def test_rules_of_another_shape_are_none_of_ours(rules_said, answer):
    assert rules_said(answer) == []
    assert lists_no_rules(answer)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ({}, "fail in InferenceQPSLow"),
        ({"lastError": 3}, "fail in InferenceQPSLow"),
        ({"lastError": "abc123 is wrong."}, "fail in InferenceQPSLow (*** is wrong)"),
    ],
)
def test_a_failing_rule_is_said_without_the_credential(rules_said, error, problem):
    assert rules_said({"groups": [{"rules": [{**OURS, "health": "err", **error}]}]})[-1] == problem


def test_a_query_of_a_rule_that_nests_without_end_is_another_version(rules_said):
    deep = {**OURS, "query": "(" * 30_000 + "up" + ")" * 30_000}
    assert rules_said({"groups": [{"rules": [deep]}]})[-1] == "are loaded in another version (InferenceQPSLow)"


@pytest.mark.parametrize("labels", [{}, {"__name__": "other", "job": "a"}])
def test_rows_that_were_not_asked_for_are_no_service(labels):
    with fake_prometheus(labels) as server, Prometheus(server.url) as client:
        found = look_at(client, ["vllm:num_requests_running", "DCGM_FI_DEV_GPU_UTIL"])
    assert found.services == ()


def test_a_page_instead_of_rules_says_nothing_of_them():
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    with raw_server(lambda: [page]) as server, Prometheus(server.url) as client:
        assert client.about("rules") is None
