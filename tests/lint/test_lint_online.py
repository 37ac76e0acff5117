"""`lint --online` on a real Prometheus: what is there, what queries cost, and which alerts would have fired."""

import json
import time
from dataclasses import replace

import pytest

from glassbox.cli import main as command_line
from glassbox.lint import asking_server
from glassbox.lint.asking_server import server_facts
from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.linting import judged
from glassbox.lint.reading.files_read import read
from glassbox.lint.server_facts import ServerFacts
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.api import Prometheus
from tests.support.small_content import PRODUCT

STEP, PAST = 30, 6 * 3600
SERVERS = 3


@pytest.fixture(scope="module")
def server(components, tmp_path_factory):
    """Three servers, whose queue was longer than 10 for an hour of the last six."""
    end = int(time.time())
    times = range(end - PAST, end, STEP)
    with own_prometheus(tmp_path_factory.mktemp("online") / "data") as running:
        for number in range(SERVERS):
            labels = {"__name__": "queue_length", "job": "app", "instance": f"a:{number}"}
            values = [20.0 if number == 0 and 3600 <= each - times[0] < 7200 else 1.0 for each in times]
            write(running.url, [Samples(labels, [each * 1000 for each in times], values)])
        yield running.url


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = {"refId": "A", "expr": 'queue_length{job=~"$job"}', "legendFormat": "{{instance}}"}
    shown = {"type": "timeseries", "description": "Why.", "fieldConfig": {"defaults": {"unit": "short"}}}
    panels = [
        {**shown, "id": 1, "title": "Queue", "targets": [target]},
        {**shown, "id": 2, "title": "Pods", "targets": [{**target, "expr": 'max(queue_length{pod="a"})'}]},
        {**shown, "id": 3, "title": "Other", "targets": [{**target, "expr": "own_total or own_old_total"}]},
        {**shown, "id": 4, "title": "Either", "targets": [{**target, "expr": "own_total or queue_length"}]},
    ]
    variable = {"name": "job", "type": "query", "multi": True, "query": "label_values(queue_length, job)"}
    board = {"title": "Serving", "panels": panels, "templating": {"list": [variable]}}
    (tmp_path / "board.json").write_text(json.dumps(board))
    rules = "groups: [{name: app, rules: [{alert: Long, expr: max by (job) (queue_length) > 10, for: 5m}, {alert: Never, expr: queue_length > 99}]}]"
    (tmp_path / "rules.yml").write_text(rules)
    return tmp_path


def lint(*arguments):
    return command_line.main(PRODUCT, ["lint", "--path", ".", "--format", "json", *arguments])


def found(capsys, rule):
    listed = json.loads(capsys.readouterr().out)["findings"]
    return [(each["object"], each["message"]) for each in listed if each["rule"] == rule]


def test_series_and_labels_that_are_not_there_are_told(server, files, capsys):
    assert lint("--online", "--prometheus", server, "--strict", "--select", "not-there-now,no-label-now") == 2
    out = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["rule"], each["object"], each["message"]) for each in out] == [
        ("not-there-now", "Serving", "The server has nothing that 1 of 4 panels read, such as own_total, own_old_total of 'Other'."),
        ("no-label-now", "Serving / Pods / query A", "No series queue_length has the label 'pod' now."),
    ]  # fmt: skip  # a finding in a line


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("gone_total > 1", "gone_total"),
        ("absent(gone_total)", None),
        ("absent_over_time(gone_total[5m]) or gone_total > 1", None),
        ("a_gone or b_gone or c_gone", "a_gone, b_gone, c_gone"),
        ("a_gone or b_gone or c_gone or d_gone", "a_gone, b_gone, c_gone and 1 other"),
        ("a_gone or b_gone or c_gone or d_gone or e_gone", "a_gone, b_gone, c_gone and 2 others"),
    ],
)
def test_a_few_of_the_missing_series_are_named_and_none_whose_absence_is_asked(expr, said):
    corpus = replace(as_alert(expr).corpus, server=ServerFacts(frozenset({"up"})))
    expected = [f"The server has nothing that 1 of 1 rule read, such as {said} of 'Example'."] if said else []
    assert [each.message for each in judged(corpus, select=("not-there-now",))] == expected


def test_a_query_that_cannot_be_answered_is_told_to_be_corrected(server, files, capsys):
    many = "queue_length * on (job) queue_length"
    (files / "rules.yml").write_text(f"groups: [{{name: app, rules: [{{alert: Many, expr: {many}}}]}}]")
    assert lint("--online", "--prometheus", server, "--select", "slow-query") == 0
    (told,) = json.loads(capsys.readouterr().out)["findings"]
    assert told["message"].startswith('The server refuses it: "found duplicate series for the match group ')
    assert told["fix"] == "Correct what the server says; where it reads too much, record a part of it."


def test_what_queries_cost_is_measured(server, files):
    corpus = read([files]).corpus
    with Prometheus(server) as asked:
        facts = server_facts(corpus, asked)
    panel, alert = facts.costs['queue_length{job=~"$job"}'], facts.costs["max by (job) (queue_length) > 10"]
    # An hour at steps of a minute, of three servers; an alert reads one moment.
    assert (panel.lines, panel.samples) == (SERVERS, SERVERS * 61)
    assert (alert.lines, alert.samples) == (0, SERVERS)
    assert 0 < panel.seconds < 60
    assert "own_total or own_old_total" not in facts.costs
    assert facts.labels["queue_length"] >= {"job", "instance"}


def test_an_alert_that_would_have_fired_is_told_with_how_often(server, files, capsys):
    assert lint("--online", "--prometheus", server, "--window", "5h", "--select", "would-have-fired") == 0
    ((where, message),) = found(capsys, "would-have-fired")
    assert where == "app / Long"
    # A tenth of five hours is half an hour, and it fired for nearly one.
    assert message.startswith("Long would have fired 1 time in 5h, for ")
    assert message.endswith(" in all, which is noisy.")


def test_slow_and_wide_queries_are_told_at_their_bounds(server, files, capsys, monkeypatch):
    monkeypatch.setattr("glassbox.lint.rules.on_server.WIDE_LINES", SERVERS - 1)
    monkeypatch.setattr("glassbox.lint.rules.on_server.SLOW_RULE_SECONDS", 0.0)
    assert lint("--online", "--prometheus", server, "--select", "slow-query,wide-query") == 0
    out = json.loads(capsys.readouterr().out)["findings"]
    assert {(each["rule"], each["object"]) for each in out} == {
        ("wide-query", "Serving / Queue / query A"),
        ("wide-query", "Serving / Either / query A"),
        ("slow-query", "app / Long"),
        ("slow-query", "app / Never"),
    }


def test_what_is_not_promql_is_not_asked(server, files):
    rules = "groups: [{name: app, rules: [{record: 'a:b:c', expr: 'max_of(queue_length)'}, {record: 'a:b:d', expr: queue_length}]}]"
    (files / "rules.yml").write_text(rules)
    corpus = read([files]).corpus
    with Prometheus(server) as asked:
        costs = server_facts(corpus, asked).costs
    assert "max_of(queue_length)" not in costs
    assert costs["queue_length"].refused == ""


def test_a_server_that_refuses_too_much_is_quoted(files, monkeypatch):
    class Refusing:
        def values_of(self, *_):
            return ["queue_length"]

        def about(self, _path):
            return None

        def answered(self, *_):
            body = {"status": "error", "error": "query processing would load too many samples into memory"}
            return type("Answer", (), {"status": 422, "content": json.dumps(body).encode()})

        def without_secrets(self, text):
            return text

    costs = asking_server.server_facts(read([files]).corpus, Refusing()).costs
    assert {each.refused for each in costs.values()} == {"query processing would load too many samples into memory"}


@pytest.mark.parametrize(
    "arguments",
    [("--online",), ("--prometheus", "http://127.0.0.1:1"), ("--window", "7d")],
)
def test_options_that_do_not_go_together_are_refused(files, capsys, arguments):
    assert lint(*arguments) == 1
    assert "--online" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_an_error_without_a_traceback(files, capsys):
    assert lint("--online", "--prometheus", "http://127.0.0.1:1") == 1
    assert capsys.readouterr().err.startswith("Error: Prometheus at http://127.0.0.1:1 ")


@pytest.mark.parametrize(
    ("expr", "start"),
    [
        ('sum by (model_name) (x{model="a"})', 23),
        ('sum by (submodel) (x{model="a"})', 21),
        ('x{model="a"} / on(model) y', 2),
    ],
)
def test_a_finding_points_at_the_whole_word_that_it_is_about(expr, start):
    facts = ServerFacts(frozenset({"x"}), {"x": frozenset({"job"})})
    (finding,) = judged(replace(on_panel(expr).corpus, server=facts), select=("no-label-now",))
    assert finding.span == (start, start + len("model"))
