"""`explain`: what is said of a panel, an alert and a recorded series, of ours and of anybody."""

import json

import pytest

from glassbox.cli import main as command_line
from tests.support.small_content import PRODUCT


def explain(capsys, *arguments, code=0):
    assert command_line.main(PRODUCT, ["explain", *arguments]) == code
    said = capsys.readouterr()
    return (said.out if code == 0 else said.err).splitlines()


def test_an_alert_says_what_it_reads_and_where_that_is_recorded(capsys):
    lines = explain(capsys, "requestswaiting")
    assert lines[0] == "alert queue / RequestsWaiting"
    assert "  query: 1 selector" in lines
    assert "    model:requests_waiting:sum > 5" in lines
    at = lines.index("    model:requests_waiting:sum")
    assert lines[at + 1 : at + 3] == [
        "      labels: job, model_name",
        "      recorded by group waiting (recording_rules/waiting.yaml)",
    ]
    assert "vllm:num_requests_waiting" in lines[at + 3]
    assert "  runbook: RequestsWaiting.md" in lines
    assert "  cost, estimated, at each evaluation: not known of model:requests_waiting:sum" in lines


def test_a_panel_names_the_alerts_that_link_to_it(capsys):
    lines = explain(capsys, "Queue / Waiting")
    assert lines[0] == "panel Queue / Waiting"
    assert "  linked from: alert RequestsWaiting" in lines
    assert any(line.startswith("  cost, estimated, in an hour at steps of a minute: ") for line in lines)
    assert "  linked from: nothing here" in explain(capsys, "Waiting now")


def test_a_recorded_series_names_exporters_versions_and_readers(capsys):
    lines = explain(capsys, "model:requests_waiting:sum")
    assert lines[0] == "recorded series waiting / model:requests_waiting:sum"
    at = lines.index("    vllm:num_requests_waiting")
    assert lines[at + 2].startswith("      vllm: gauge in requests, ")
    (readers,) = [line for line in lines if line.startswith("  read by: ")]
    assert "queue / RequestsWaiting" in readers
    assert "Queue / Waiting" in readers


def test_a_name_that_is_not_there_is_one_sentence(capsys):
    (line,) = explain(capsys, "RequestWaiting", code=1)
    assert (
        line == "Error: There is no panel, alert or recorded series 'RequestWaiting': did you mean 'RequestsWaiting'?"
    )


def test_files_of_anybody(tmp_path, capsys):
    old = {
        "title": "Swapped",
        "id": 3,
        "type": "stat",
        "targets": [{"refId": "A", "expr": "sum(vllm:num_requests_swapped) + own + node_disk_io_time_ms"}],
    }
    (tmp_path / "b.json").write_text(json.dumps({"title": "B", "uid": "b", "panels": [old]}))
    lines = explain(capsys, "swapped", "--path", str(tmp_path))
    assert "  query A: 3 selectors" in lines
    at = lines.index("    vllm:num_requests_swapped")
    assert any(line.startswith("      gone from version 0.") for line in lines[at:])
    in_seconds = "node_disk_io_time_seconds_total: it is in seconds, where this was in milliseconds"
    assert f"      gone from version 0.16.0 on; now {in_seconds}" in lines
    at = lines.index("    own")
    assert lines[at + 1 : at + 3] == [
        "      labels: not known",
        "      not recorded here, and of no exporter that is known",
    ]
    assert not any(line.startswith("  tests:") for line in lines)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("node_network_receive_drop_total", "node_exporter: counter, in which versions is not known"),
        ("container_cpu_usage_seconds_total", "cAdvisor: counter in seconds, in which versions is not known"),
        ("kube_pod_info", "kube-state-metrics: gauge, in which versions is not known"),
        ("container_scrape_error", "cAdvisor: gauge, in which versions is not known"),
        ("ray_tasks", "Ray: gauge, in which versions is not known"),
    ],
)
def test_what_lint_knows_of_exporters_whose_metrics_no_content_of_ours_reads(tmp_path, capsys, name, said):
    (tmp_path / "r.yml").write_text(f"groups: [{{name: g, rules: [{{alert: A, expr: '{name} > 1'}}]}}]")
    lines = explain(capsys, "A", "--path", str(tmp_path / "r.yml"))
    assert lines[lines.index(f"    {name}") + 2] == f"      {said}"


@pytest.mark.parametrize("text", ["groups: [", "a: b"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, capsys, text):
    (tmp_path / "r.yml").write_text(text)
    (line,) = explain(capsys, "A", "--path", str(tmp_path / "r.yml"), code=1)
    assert line.startswith("Error: ")
    assert "r.yml" in line
