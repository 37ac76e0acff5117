"""Dashboards and rule files of anybody, judged by what is there."""

import json

import pytest

from glassbox.doctor.other_files import judged, likeliest, plain, queries_of
from glassbox.errors import GlassboxError

NAMES = ["vllm:num_requests_running", "vllm:num_preemptions_total", "up"]
BOARD = {
    "panels": [
        {"title": "Running", "targets": [{"expr": 'sum(vllm:num_requests_running{job="$job"})'}]},
        {
            "type": "row",
            "title": "folded",
            "panels": [{"title": "Preempted", "targets": [{"expr": "rate(vllm:num_preemptions[$__rate_interval])"}]}],
        },
        {"title": "Any", "targets": [{"expr": "rate(${metric}[5m])"}, {"expr": "sum("}, {"rawSql": "select 1"}]},
    ],
    "templating": {
        "list": [
            {"name": "job", "query": {"query": "label_values(vllm_num_requests_running, job)"}},
            {"name": "plain", "query": "a,b,c"},
        ]
    },
}
RULES = """
groups:
  - name: g
    rules:
      - {record: "job:running:sum", expr: "sum by (job) (vllm:num_requests_running)"}
      - {alert: Down, expr: "up == 0 and on (job) job:running:sum"}
      - {alert: Slow, expr: "vllm:e2e_request_latency_seconds_sum > 10"}
"""


def judgements(tmp_path, text, name="file"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return list(judged(queries_of(file), NAMES))


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_dashboard_is_judged_by_its_panels_and_variables(tmp_path, wrapped):
    found = judgements(tmp_path, json.dumps({"dashboard": BOARD} if wrapped else BOARD))
    assert [(each.where, each.lacks) for each in found if not each.unknown] == [
        ("Running", {}),
        ("Preempted", {"vllm:num_preemptions": "vllm:num_preemptions_total"}),
        ("the variable job", {"vllm_num_requests_running": "vllm:num_requests_running"}),
    ]
    variable, broken = (each.unknown for each in found if each.unknown)
    assert variable == "a variable stands where a name does."
    assert broken.startswith("'sum(' is not PromQL")


def test_a_rule_file_is_judged_with_what_it_records_itself(tmp_path):
    assert [(each.where, each.lacks) for each in judgements(tmp_path, RULES)] == [
        ("g, job:running:sum", {}),
        ("g, Down", {}),
        ("g, Slow", {"vllm:e2e_request_latency_seconds_sum": ""}),
    ]


@pytest.mark.parametrize("text", ["[]", "{}", "a: b", "groups: 3", '{"panels": 3}', ""])
def test_other_files_are_refused(tmp_path, text):
    with pytest.raises(GlassboxError, match="holds neither a dashboard nor rule groups: name a file of one of the two"):
        judgements(tmp_path, text)


@pytest.mark.parametrize("text", ["{", "a: [", "\x00"])
def test_what_is_no_json_and_no_yaml_is_refused(tmp_path, text):
    with pytest.raises(GlassboxError, match="is neither JSON nor YAML in UTF-8: name a dashboard or a rule file"):
        judgements(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('rate(x{a="$b"}[$__rate_interval])', 'rate(x{a="$b"}[5m])'),
        ("rate(x[$interval:1m])", "rate(x[5m:1m])"),
        ("rate(x[${range}])", "rate(x[5m])"),
        ("rate(x[[[range]]])", "rate(x[5m])"),
        ('sum by ($labels) (x{a=~"[[b]]"})', 'sum by (a_variable) (x{a=~"[[b]]"})'),
        ("topk(${k:raw}, x)", "topk(a_variable, x)"),
    ],
)
def test_grafanas_variables_stand_for_what_promql_takes(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vllm_num_requests_running", "vllm:num_requests_running"),
        ("ray_vllm_num_requests_running", "vllm:num_requests_running"),
        ("vllm:num_preemptions", "vllm:num_preemptions_total"),
        ("vllm:num_request_running", "vllm:num_requests_running"),
        ("node_load1", ""),
    ],
)
def test_the_likeliest_name(name, expected):
    assert likeliest(name, NAMES) == expected
