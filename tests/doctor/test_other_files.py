"""Dashboards and rule files of anybody, judged by what is there."""

import json

import pytest

from glassbox.doctor.other_files import judged, likeliest, queries_of
from glassbox.errors import GlassboxError
from glassbox.syntax.grafana_variables import plain

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
    return judged({name: queries_of(file)}, NAMES)[name]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_dashboard_is_judged_by_its_panels_and_variables(tmp_path, wrapped):
    found = judgements(tmp_path, json.dumps({"dashboard": BOARD} if wrapped else BOARD))
    assert [(each.where, each.lacks) for each in found if not each.unknown] == [
        ("Running", {}),
        ("Preempted", {"vllm:num_preemptions": "vllm:num_preemptions_total"}),
        ("the variable job", {"vllm_num_requests_running": "vllm:num_requests_running"}),
    ]
    variable, broken = (each.unknown for each in found if each.unknown)
    assert variable == "Grafana puts a variable in that decides it."
    assert broken.startswith("'sum(' is not PromQL")


def test_a_rule_file_is_judged_with_what_it_records_itself(tmp_path):
    assert [(each.where, each.lacks) for each in judgements(tmp_path, RULES)] == [
        ("g, job:running:sum", {}),
        ("g, Down", {}),
        ("g, Slow", {"vllm:e2e_request_latency_seconds_sum": ""}),
    ]


ALERTMANAGER = "route: {receiver: x}\nreceivers: []"


@pytest.mark.parametrize(
    "text", ["[]", "{}", "a: b", "groups: 3", '{"panels": 3}', "", "a: !!bool maybe", ALERTMANAGER]
)
def test_other_files_are_refused(tmp_path, text):
    with pytest.raises(GlassboxError, match=r"holds neither a dashboard.* nor rule groups.*name a file of"):
        judgements(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "it is not JSON"),
        ("a: [", "it is not YAML"),
        ("\x00", "it is not YAML"),
        ("groups: [3, {rules: []}]", "one of its groups is not an object"),
        ("groups: [{rules: 3}]", "its rules are not a list of objects"),
        ("groups: [{rules: [3, {expr: up}]}]", "its rules are not a list of objects"),
        ("&a {panels: [*a]}", "it is not read, since what the anchor a names contains itself"),
        (
            "groups: [{name: {{ .Values.name }}}]",
            "is a Helm template, which is not read: render it first",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, text, problem):
    with pytest.raises(GlassboxError) as refused:
        judgements(tmp_path, text)
    assert problem in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('rate(x{a="$b"}[$__rate_interval])', 'rate(x{a="$b"}[5m17ms])'),
        ("rate(x[$interval:1m])", "rate(x[5m7ms:1m])"),
        ("rate(x[${range}])", "rate(x[5m7ms])"),
        ("rate(x[[[range]]])", "rate(x[5m7ms])"),
        ('sum by ($labels) (x{a=~"[[b]]"})', 'sum by (a_variable) (x{a=~"[[b]]"})'),
        ("topk(${k:raw}, x)", "topk(a_variable, x)"),
        ("rate(x[${minutes}m])", "rate(x[5m7ms])"),
        ("rate(x[ $a : $b ])", "rate(x[5m7ms:5m7ms])"),
        ("rate(x[1h:$b])", "rate(x[1h:5m7ms])"),
        ("rate(x[1h]) offset $o", "rate(x[1h]) offset 5m"),
        ("x * $__interval_ms / ${__range_s}", "x * 1 / 1"),
        ("x{a=`$b\"`} # don't $c", "x{a=`$b\"`} # don't $c"),
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
        ("sglm:num_requests_running", ""),
    ],
)
def test_the_likeliest_name(name, expected):
    assert likeliest(name, frozenset(NAMES)) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"panels": [3, {"targets": 3}, {"targets": ["up"]}, {"panels": 3}]}',
        '{"panels": [], "templating": []}',
        '{"panels": [], "templating": {"list": 3}}',
        '{"rows": [3, {"panels": 3}]}',
        "groups: [{rules: [{expr: [3]}]}]",
        "groups: []",
    ],
)
def test_odd_shapes_hold_no_query(tmp_path, text):
    assert judgements(tmp_path, text) == []


ALERT = "groups: [{name: g, rules: [{alert: A, expr: gone}]}]"
GRAFANA = "groups: [{name: g, rules: [{title: A, data: [{model: {expr: gone}}, {model: {expr: x, datasource: {type: __expr__}}}]}]}]"


@pytest.mark.parametrize("text", [ALERT, GRAFANA, f"kind: PrometheusRule\nspec: {{{ALERT}}}"])
def test_rules_are_judged_in_every_wrapping(tmp_path, text):
    assert [(each.where, each.lacks) for each in judgements(tmp_path, text)] == [("g, A", {"gone": ""})]


@pytest.mark.parametrize("key", ["spec", "dashboard"])
def test_a_wrapped_dashboard_with_a_mark_of_byte_order_is_judged(tmp_path, key):
    assert judgements(tmp_path, "\ufeff" + json.dumps({key: BOARD}))[0].where == "Running"


def test_queries_of_other_data_sources_are_left_out(tmp_path):
    loki = {"datasource": {"type": "loki"}, "targets": [{"expr": '{job="x"} |= "error"'}]}
    mixed = {"targets": [{"expr": "up"}, {"expr": "sum(", "datasource": {"type": "loki"}}]}
    assert [each.lacks for each in judgements(tmp_path, json.dumps({"panels": [loki, mixed]}))] == [{}]


@pytest.mark.parametrize(
    "query", ["(" * 900 + "up" + ")" * 900, "-" * 30_000 + "up", "up" + " or up" * 30_000, "up" + "[1h:5m]" * 30_000]
)
def test_a_query_without_end_is_not_judged(tmp_path, query):
    (found,) = judgements(tmp_path, json.dumps({"panels": [{"targets": [{"expr": query}]}]}))
    assert found.unknown.endswith("is too long or too deep to be judged: record parts of it.")
    assert len(found.unknown) < 150


FILLED_IN = "Grafana puts a variable in that decides it."


@pytest.mark.parametrize(
    ("query", "lacks", "unknown"),
    [
        ("topk($k, gone)", {"gone": ""}, ""),
        ("topk($k, up)", {}, ""),
        ("gone / $__range_s", {"gone": ""}, ""),
        ("gone * $factor", {"gone": ""}, ""),
        ("up * $factor", {}, FILLED_IN),
        ("up{$filter}", {}, FILLED_IN),
        ('{__name__="$metric"}', {}, FILLED_IN),
        ('{__name__=~"vllm:[[metric]]"}', {}, FILLED_IN),
        ('{__name__=~"vllm:num_.*"}', {}, ""),
        ('{__name__=~"node_.*"}', {"node_.*": ""}, ""),
        ('{__name__!~"go_.*",job="x"}', {}, ""),
        ('{__name__=~"\\\\pL+",job="x"}', {}, "'\\pL+' is a pattern of names that only a server can judge."),
        ('{"up"} and {"u.p"}', {"u.p": ""}, ""),
    ],
)
def test_queries_with_variables_and_with_patterns_of_names(tmp_path, query, lacks, unknown):
    (found,) = judgements(tmp_path, json.dumps({"panels": [{"targets": [{"expr": query}]}]}))
    assert (found.lacks, found.unknown) == (lacks, unknown)


def test_what_one_file_records_another_may_read(tmp_path):
    recorded = {"record": "job:running:sum", "expr": "vllm:num_requests_running"}
    texts = {"alerts": {"alert": "A", "expr": "job:running:sum > 1"}, "records": recorded}
    for name, rule in texts.items():
        (tmp_path / name).write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}), encoding="utf-8")
    found = judged({name: queries_of(tmp_path / name) for name in texts}, NAMES)
    assert [each.lacks for each in (*found["alerts"], *found["records"])] == [{}, {}]


def test_dashboards_of_the_new_schema_are_judged_with_variables_and_annotations(tmp_path):
    def asked(**spec):
        return {"kind": "DataQuery", "group": "prometheus", "version": "v0", "spec": spec}

    panel = {"kind": "PanelQuery", "spec": {"refId": "A", "query": asked(expr="sum(a_total)")}}
    board = {
        "title": "New",
        "elements": {
            "panel-1": {
                "kind": "Panel",
                "spec": {"id": 1, "title": "P", "data": {"kind": "QueryGroup", "spec": {"queries": [panel]}}},
            }
        },
        "annotations": [
            {"kind": "AnnotationQuery", "spec": {"name": "Deploys", "query": asked(expr="changes(b_total[5m])")}}
        ],
        "variables": [{"kind": "QueryVariable", "spec": {"name": "job", "query": asked(query="label_values(c, job)")}}],
        "layout": {"kind": "GridLayout", "spec": {"items": []}},
    }
    file = tmp_path / "new.json"
    file.write_text(json.dumps({"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": board}))
    found = judged({"new": queries_of(file)}, ["a_total"])["new"]
    assert {each.where: each.lacks for each in found} == {
        "P": {},
        "the variable job": {"c": ""},
        "the annotation Deploys": {"b_total": ""},
    }
