"""Answers of a Prometheus that is broken or hostile: each is one sentence, whatever it sends."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus.api import MAX_POINTS, Prometheus
from glassbox.prometheus.credential import prometheus_credential


@contextmanager
def answering(content, status=200, credential=None):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with Prometheus(f"http://127.0.0.1:{server.server_port}", credential) as prometheus:
            yield prometheus
        server.shutdown()


def result(values, metric='{"job": "a"}'):
    return f'{{"status": "success", "data": {{"result": [{{"metric": {metric}, "values": {values}}}]}}}}'


@pytest.mark.parametrize("values", ['[[100, "NaN"]]', '[[100, "+Inf"]]', '[[100, "-Inf"]]', '[[100, "1e999"]]', "[]"])
def test_what_is_no_number_is_not_known(values):
    with answering(result(values)) as prometheus:
        (series,) = prometheus.range("up", 100, 400, 300)
    assert series.values == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (result(f"[[100, {'9' * 400}]]"), "out of range"),
        (result('[[100, "1e300"]]'), "out of range"),
        (result('[[1e30, "1"]]'), "out of range"),
        (result('[[99, "1"]]'), "out of range"),
        (result('[["x", "1"]]'), "not a range of values"),
        (result('[[100, "1"]]', '{"job": 5}'), "not a range of values"),
        (result('[[100, "1"]]', "[]"), "not a range of values"),
        (result("5"), "not a range of values"),
        (result("[[NaN, 1]]"), "without JSON"),
        (result(f"[[100, {'9' * 5000}]]"), "without JSON"),
        ("[" * 100_000, "without JSON"),
        ('{"status": "success", "data": {"result": "x"}}', "not a range of values"),
        ('{"status": "success"}', "not a range of values"),
        (
            json.dumps({"status": "error", "error": {"a": 1}}),
            "answered 200 with JSON that is not Prometheus': is the URL",
        ),
    ],
)
def test_every_broken_answer_is_one_sentence(content, sentence):
    with answering(content) as prometheus, pytest.raises(GlassboxError) as caught:
        prometheus.range("up", 100, 400, 300)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "values",
    ["5", "[[]]", "[[100]]", '[["x", "1"]]', '[[1e30, "1"]]', '[[99, "1"]]'],
    ids=["number", "empty", "no value", "no time", "out of range", "before the range"],
)
def test_every_broken_sample_is_one_sentence(values):
    with answering(result(values)) as prometheus, pytest.raises(GlassboxError, match="not a list of samples"):
        prometheus.stored("up", 400_000, 300)


@pytest.mark.parametrize("variables", [{"TOKEN": "s3cret"}, {"USER": "me", "PASSWORD": "s3cret"}])
def test_a_secret_that_a_server_repeats_is_not_shown(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"PROMETHEUS_{name}", value)
    credential = prometheus_credential()
    said = f"{'x' * 295} s3cret {credential.authorization}"
    error = json.dumps({"status": "error", "error": said})
    with answering(error, 401, credential) as prometheus, pytest.raises(GlassboxError) as caught:
        prometheus.range("up", 100, 400, 300)
    assert "s3c" not in str(caught.value) and credential.authorization not in str(caught.value)


@pytest.mark.parametrize(
    ("token", "advice"),
    [("expired", "it does not accept this credential: check that"), ("", "set PROMETHEUS_TOKEN, or")],
)
def test_a_credential_that_is_not_accepted_is_not_asked_for_again(monkeypatch, token, advice):
    monkeypatch.delenv("PROMETHEUS_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("PROMETHEUS_TOKEN", token)
    with (
        answering("Unauthorized", 401, prometheus_credential(None)) as prometheus,
        pytest.raises(GlassboxError, match=f"answered 401: {advice}"),
    ):
        prometheus.range("up", 0, 300, 300)


def test_as_many_points_as_prometheus_gives_are_asked_for_and_no_more():
    """It refuses what would have more than 11,000 points for each series; both ends of the range are points."""
    with answering('{"status": "success", "data": {"result": []}}') as prometheus:
        assert prometheus.range("up", 0, 300 * (MAX_POINTS - 1), 300) == []
        with pytest.raises(GlassboxError, match="at most 11000 points for each series"):
            prometheus.range("up", 0, 300 * MAX_POINTS, 300)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('"warnings": ["store 2 is away"]', 'answered only in part ("store 2 is away"): what it left out is missing'),
        ('"isPartial": true', 'answered only in part ("isPartial"): what it left out is missing'),
        ('"isPartial": false, "warnings": ["PromQL warning: no bucket label"]', ""),
        ('"warnings": 5', ""),
    ],
)
def test_an_answer_in_part_is_said_to_be_one(more, sentence):
    with answering(f'{{"status": "success", {more}, "data": {{"result": []}}}}') as prometheus:
        assert prometheus.range("up", 100, 400, 300) == []
        said = prometheus.partial_sentence
    assert sentence in said and bool(said) is bool(sentence)
