"""A baseline that a load test saved: its blocks counted by hand, and the comparison of two of them."""

import json
from datetime import UTC, datetime

import pytest

from glassbox.baseline import baseline_file
from glassbox.baseline.baseline_file import MeasuredBy
from glassbox.baseline.profile import Served
from glassbox.errors import GlassboxError
from glassbox.load.chat import Outcome
from glassbox.load.request_blocks import FEWEST_REQUESTS, baseline_of
from recording_rules.baseline_measures import MEASURES
from tests.support.openai_server import MODEL, openai_server
from tests.support.ours import main

SERVED = Served("vllm", MODEL, "", "")


def answers(count, first_seconds, start=0.0):
    """Answers of five tokens that are due every half second: texts after `first_seconds`, then every 0.1 s."""
    dues = [start + number / 2 for number in range(count)]
    return [
        Outcome(due, due, due + first_seconds + 0.5, tuple(due + first_seconds + gap / 10 for gap in range(5)), 100, 5)
        for due in dues
    ]


def values(baseline):
    [(served, levels)] = baseline.profile.items()
    assert served == SERVED
    return levels


def test_blocks_are_twenty_requests_in_the_order_in_which_they_were_due():
    """The ninth block is not whole. The first has a failure, whose time does not count; rates are those that were offered."""
    outcomes = answers(165, 0.2)
    outcomes[3] = Outcome(1.5, 1.5, 99.0, failure="HTTP 500")
    baseline = baseline_of([(6.0, outcomes[::-1])], SERVED, replicas=2, duration_seconds=82.4)
    [(level, found)] = values(baseline).items()
    assert (level, baseline.window_seconds, baseline.measured_by) == (1, 82, MeasuredBy.LOAD_TEST)
    assert {len(row) for row in found.values()} == {8}
    assert found["errors_ratio"] == pytest.approx([0.05, 0, 0, 0, 0, 0, 0, 0])
    expected = {
        "requests_per_second": 6,
        "requests_per_second_per_replica": 3,
        "latency_mean_seconds": 0.7,
        "latency_p95_seconds": 0.7,
        "time_to_first_token_p95_seconds": 0.2,
        "inter_token_latency_mean_seconds": 0.1,
        "time_per_output_token_mean_seconds": 0.1,
        "prompt_length_mean_tokens": 100,
        "output_length_mean_tokens": 5,
    }
    assert {name: found[name][0] for name in expected} == pytest.approx(expected)


def test_every_measure_has_the_name_of_prometheus_measure_of_it():
    [found] = values(baseline_of([(4.0, answers(160, 0.2))], SERVED, 1, 80.0)).values()
    assert found.keys() <= {measure.name for measure in MEASURES.all}


def test_what_a_server_does_not_report_is_left_out():
    outcomes = [Outcome(each.due_at, each.sent_at, each.ended_at, each.text_at) for each in answers(160, 0.2)]
    [found] = values(baseline_of([(4.0, outcomes)], SERVED, 1, 80.0)).values()
    assert not {name for name in found if "tokens" in name or "per_output_token" in name}


def test_steps_of_a_ramp_are_levels_and_few_requests_are_none():
    steps = [(3.0, answers(100, 0.2)), (3.5, answers(100, 0.2)), (8.0, answers(19, 0.2))]
    assert {level: len(row["errors_ratio"]) for level, row in values(baseline_of(steps, SERVED, 1, 9.0)).items()} == {
        1: 10
    }
    for too_few in ([], [(3.0, answers(159, 0.2))]):
        with pytest.raises(GlassboxError, match="it needs 160 at about one load"):
            baseline_of(too_few, SERVED, 1, 9.0)


def saved(tmp_path, name, first_seconds):
    baseline = baseline_of([(4.0, answers(320, first_seconds))], SERVED, 1, 160.0)
    baseline_file.save(baseline, name, tmp_path)


def compare(tmp_path, *arguments):
    return main(["baseline", "compare", "--folder", str(tmp_path), *arguments])


def test_two_load_tests_are_compared(tmp_path, capsys):
    saved(tmp_path, "before", 0.2)
    saved(tmp_path, "same", 0.2)
    saved(tmp_path, "slower", 0.3)
    assert compare(tmp_path, "before", "--with", "same") == 0
    assert compare(tmp_path, "before", "--with", "slower", "--json") == 2
    table, _, told = capsys.readouterr().out.partition("{")
    assert "No regression: " in table
    verdicts = {each["measure"]: each["verdict"] for each in json.loads("{" + told)["groups"][0]["measures"]}
    worse = {name for name, verdict in verdicts.items() if verdict == "real: worse"}
    assert {"time_to_first_token_mean_seconds", "latency_p95_seconds"} <= worse
    assert verdicts["inter_token_latency_mean_seconds"] == verdicts["errors_ratio"] == "noise"


def test_callers_are_not_compared_with_a_server(tmp_path, capsys):
    saved(tmp_path, "before", 0.2)
    of_prometheus = baseline_file.Baseline(0, 3600, {SERVED: {1: {"errors_ratio": [0.0] * 8}}})
    baseline_file.save(of_prometheus, "prom", tmp_path)
    assert baseline_file.load("prom", tmp_path).measured_by is MeasuredBy.PROMETHEUS
    for arguments in (("--with", "prom"), ("--prometheus", "http://127.0.0.1:9")):
        assert compare(tmp_path, "before", *arguments) == 1
        said = capsys.readouterr().err
        assert "by a load test, at its callers, and the other side by Prometheus, at the server" in said
    for arguments in ((), ("--with", "prom", "--prometheus", "http://127.0.0.1:9")):
        assert compare(tmp_path, "before", *arguments) == 1
        assert "either --prometheus or --with" in capsys.readouterr().err


def test_a_load_test_saves_what_baseline_compare_reads(tmp_path, capsys):
    folder = tmp_path / "new"
    with openai_server(first_seconds=0.001, gap_seconds=0.001) as server:
        arguments = ["--url", server.url, "--model", MODEL, "--rate", "200", "--folder", str(folder)]
        code = main(["loadtest", *arguments, "--requests", "170", "--save-baseline", "before", "--replicas", "2"])
    out = capsys.readouterr().out
    assert code == 0, out
    lines = out.splitlines()
    assert lines[-2:] == [f"vllm {MODEL}: blocks by requests/s per replica 64-128: 8", str(folder / "before.json")]
    baseline = baseline_file.load("before", folder)
    assert (baseline.measured_by, list(baseline.profile)) == (MeasuredBy.LOAD_TEST, [SERVED])
    assert abs(datetime.now(UTC).timestamp() - baseline.end) < 60
    assert min(baseline.profile[SERVED][6]["latency_mean_seconds"]) >= 0.004
    assert compare(folder, "before", "--with", "before") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--save-baseline", "a"), "needs --rate or --ramp"),
        (("--save-baseline", "a/b", "--rate", "5", "--requests", "200"), "cannot name a baseline"),
        (("--save-baseline", "a", "--rate", "5", "--requests", str(FEWEST_REQUESTS - 1)), "Too few requests"),
        (("--rate", "nan"), "nan is not a number that can be used"),
        (("--timeout", "inf"), "inf is not a number that can be used"),
        (("--rate", "1e-320"), "not in the range"),
        (("--ramp", "1:1000000000:0.000000001"), "has more than 1000 steps"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(arguments, said, capsys):
    with openai_server() as server:
        assert main(["loadtest", "--url", server.url, "--model", MODEL, *arguments]) == 1
    assert said in capsys.readouterr().err and server.bodies == []
