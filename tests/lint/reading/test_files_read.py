"""What lint reads of files of anybody, in every shape and wrapping."""

import json
import os
from base64 import b64encode
from pathlib import Path

import pytest
import yaml

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Severity
from glassbox.lint.linting import judged
from glassbox.lint.reading import files_read
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Grid
from glassbox.lint.subjects.queries import QueryKind
from tests.support import lint_files
from tests.support.lint_files import BOARD, OF_GRAFANA, OF_SCHEMA_2, QUERY, RULES, config_map, written


def read(tmp_path, text, name="file.json"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return files_read.read([file])


def the_board(tmp_path, text, name="file.json"):
    found = read(tmp_path, text, name)
    assert (found.unreadable, found.not_read, found.count) == ((), {}, 1)
    (board,) = found.corpus.boards
    return board


def groups(tmp_path, text, name="file.yaml"):
    found = read(tmp_path, text, name)
    assert (found.unreadable, found.not_read, found.count) == ((), {}, 1)
    return found.corpus.groups


def every_query_stands_in_its_line(corpus, key="expr"):
    """The line of each query holds its key, and so its text where that has one line."""
    for query in corpus.queries:
        line = Path(query.location.file).read_text().splitlines()[query.location.line - 1]
        assert key in line or "query" in line, (query.location, line)


BOARDS = {
    "bare": BOARD,
    "folded rows": lint_files.FOLDED,
    "rows of Grafana 4": lint_files.OF_GRAFANA_4,
    "answer of the API": {"meta": {"slug": "x"}, "dashboard": BOARD},
    "resource of schema 1": {"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": BOARD},
    "schema 2": OF_SCHEMA_2,
    "schema 2, as the page copies it": OF_SCHEMA_2["spec"],
    "mixin": {"grafanaDashboards": {"serving.json": BOARD}, "prometheusAlerts": {"groups": []}},
    "list": [BOARD],
}


@pytest.mark.parametrize("shape", BOARDS)
def test_a_dashboard_of_any_shape_is_the_same_dashboard(tmp_path, shape):
    found = the_board(tmp_path, written(BOARDS[shape]))
    (panel,) = found.panels
    (query,) = panel.queries
    assert (found.title, found.tags, found.complete) == ("Serving", ("llm",), True)
    assert found.uid == ("" if shape.endswith("copies it") else "serving")
    assert (query.text, query.ref_id, query.legend, query.step_seconds, query.kind) == (
        QUERY,
        "A",
        "{{model_name}}",
        60,
        QueryKind.PANEL,
    )
    assert query.location.object == "Serving / Tokens / query A"
    assert (panel.id, panel.type, panel.unit, panel.minimum, panel.maximum) == (4, "timeseries", "cps", 0, None)
    assert (panel.thresholds, panel.description, panel.other_units) == ((80,), "Tokens per second.", False)
    assert panel.label_texts == (
        ("/d/replica?var-pod=${__field.labels.pod}&viewPanel=7", "fieldConfig.defaults.links.url"),
    )
    assert [(link.title, link.dashboard_uid, link.panel_id) for link in panel.links] == [("Replica", "replica", 7)]
    assert [(link.title, link.dashboard_uid, link.panel_id) for link in found.links] == [("Fleet", "fleet", None)]
    source, model = found.variables
    assert (source.name, source.type, source.query) == ("datasource", "datasource", None)
    assert (model.query.text, model.label) == ("vllm:num_requests_running", "model_name")
    assert (model.multi, model.include_all, model.all_value, model.hidden) == (True, True, ".+", False)
    assert not any("omebody" in text for text in model.texts)
    (note,) = found.annotations
    assert (note.name, note.query.text, note.templates) == ("Restarts", "changes(up[1m]) > 0", ("{{pod}}",))


@pytest.mark.parametrize("shape", BOARDS)
@pytest.mark.parametrize("write", [written, yaml.safe_dump], ids=["json", "yaml"])
def test_every_query_has_its_line(tmp_path, shape, write):
    found = read(tmp_path, write(BOARDS[shape]))
    assert len(list(found.corpus.queries)) == 3
    every_query_stands_in_its_line(found.corpus)


def test_panels_have_a_place_where_all_share_one_grid(tmp_path):
    assert the_board(tmp_path, written(BOARD)).panels[0].grid == Grid(0, 1, 12, 8)
    assert the_board(tmp_path, written(OF_SCHEMA_2)).panels[0].grid == Grid(0, 1, 12, 8)
    in_rows = OF_SCHEMA_2["spec"] | {
        "layout": {"kind": "RowsLayout", "spec": {"rows": [{"spec": {"layout": OF_SCHEMA_2["spec"]["layout"]}}]}}
    }
    assert the_board(tmp_path, written(in_rows)).panels[0].grid is None


def test_a_config_map_holds_dashboards_and_rules_with_the_lines_of_the_file(tmp_path):
    board = the_board(tmp_path, config_map("serving.json", written(BOARD)), "board.yaml")
    lines = (tmp_path / "board.yaml").read_text().splitlines()
    assert [lines[query.location.line - 1].split('"')[1] for query in board.queries] == ["expr", "query", "expr"]
    assert '"title": "Serving"' in lines[board.location.line - 1]
    (group, _) = groups(tmp_path, config_map("serving.rules", RULES))
    lines = (tmp_path / "file.yaml").read_text().splitlines()
    assert [lines[rule.location.line - 1].strip() for rule in group.rules] == [
        "- record: model:tokens:rate5m",
        "- alert: NoTokens",
    ]


def test_a_text_in_one_line_has_the_line_of_its_key(tmp_path):
    maps = {"kind": "ConfigMapList", "items": [{"kind": "ConfigMap", "data": {"a.json": written(BOARD)}}]}
    board = the_board(tmp_path, written(maps))
    lines = (tmp_path / "file.json").read_text().splitlines()
    assert all('"a.json"' in lines[query.location.line - 1] for query in board.queries)
    operator = {"kind": "GrafanaDashboard", "spec": {"json": json.dumps(BOARD)}}
    assert the_board(tmp_path, yaml.safe_dump(operator), "o.yaml").uid == "serving"


def test_rules_of_prometheus(tmp_path):
    serving, empty = groups(tmp_path, RULES)
    record, alert = serving.rules
    assert (serving.name, serving.interval_text, serving.location.line) == ("serving", "30s", 2)
    assert (record.name, record.is_alert, record.query.kind) == ("model:tokens:rate5m", False, QueryKind.RECORD)
    assert (alert.name, alert.is_alert, alert.for_text, alert.keep_firing_text) == ("NoTokens", True, "10m", "5m")
    assert alert.labels == {"team": "llm", "severity": "page"}
    assert alert.annotations == {"summary": "{{ $labels.model_name }} makes no tokens"}
    assert alert.query.text.splitlines()[2] == "vllm:num_requests_running > 0"
    assert (alert.location.object, alert.location.line, alert.query.location.line) == ("serving / NoTokens", 8, 9)
    assert (empty.name, empty.rules) == ("without rules", ())


WRAPPED_RULES = {
    "bare": RULES,
    "of the operator": yaml.safe_dump({"kind": "PrometheusRule", "spec": yaml.safe_load(RULES)}),
    "several documents": f"---\nother: 3\n---\n{RULES}---\n",
    "JSON": json.dumps(yaml.safe_load(RULES)),
    "mixin": json.dumps({"prometheusAlerts": yaml.safe_load(RULES)}),
    "a list of objects": yaml.safe_dump(
        {"kind": "List", "items": [{"kind": "PrometheusRule", "spec": yaml.safe_load(RULES)}]}
    ),
    "of a ruler": json.dumps({"a folder": yaml.safe_load(RULES)["groups"][:1]}),
    "one group": yaml.safe_dump(yaml.safe_load(RULES)["groups"][0]),
}


@pytest.mark.parametrize("wrapping", WRAPPED_RULES)
def test_rules_in_every_wrapping(tmp_path, wrapping):
    found = groups(tmp_path, WRAPPED_RULES[wrapping])
    assert [rule.name for rule in found[0].rules] == ["model:tokens:rate5m", "NoTokens"]
    assert found[0].rules[1].labels == {"team": "llm", "severity": "page"}


@pytest.mark.parametrize("listed", [False, True])
def test_rules_of_grafana_ask_what_is_promql_of_their_queries(tmp_path, listed):
    rules = [rule | {"ruleGroup": "serving"} for rule in OF_GRAFANA["groups"][0]["rules"]]
    (group,) = groups(tmp_path, json.dumps(rules if listed else OF_GRAFANA))
    (rule,) = group.rules
    assert (group.name, rule.name, rule.is_grafana, rule.compares, rule.for_text) == (
        "serving",
        "NoTokens",
        True,
        True,
        "10m",
    )
    assert [query.text for query in (rule.query, *rule.more_queries)] == [
        "model:tokens:rate5m",
        "vllm:num_requests_running",
    ]


def test_a_configuration_of_alertmanager(tmp_path):
    found = read(tmp_path, lint_files.ALERTMANAGER, "alertmanager.yml")
    page, team = ("severity", "=", "page"), ("team", "=~", "llm|ocr")
    assert [(route.receiver, route.matchers, route.location.line) for route in found.corpus.routes] == [
        ("everyone", (), 4),
        ("on-call", (page, team), 6),
        ("on-call", (page, team, ("model_name", "=", "m")), 9),
    ]
    (inhibition,) = found.corpus.inhibitions
    assert (inhibition.source, inhibition.target) == ((page,), (("severity", "=~", "ticket|info"),))
    assert (inhibition.equal, inhibition.location.line) == (("job",), 11)
    assert ("hush", 2) in [(text.text, text.location.line) for text in found.corpus.texts]
    assert any(
        text.text == "https://example.com/hook" and text.location.object == "receiver on-call"
        for text in found.corpus.texts
    )


def test_a_receiver_without_a_way_to_notify_notifies_nobody(tmp_path):
    ways = [
        {},
        {"slack_configs": []},
        {"webhook_configs": [{"url_file": "/etc/hook"}]},
        {"slackConfigs": [{"channel": "x"}]},
    ]
    receivers = [{"name": str(number), **way} for number, way in enumerate(ways)]
    routes = [{"receiver": each["name"]} for each in receivers]
    config = {"route": {"receiver": "one of another file", "routes": routes}, "receivers": receivers}
    found = read(tmp_path, yaml.safe_dump(config)).corpus.routes
    assert [route.notifies for route in found] == [True, False, False, True, True]


def test_the_interval_of_scrapes_is_the_longest_that_a_configuration_has(tmp_path):
    jobs = [{"job_name": "a"}, {"job_name": "b", "scrape_interval": "5m"}]
    config = {"global": {"scrape_interval": "15s"}, "scrape_configs": jobs}
    assert read(tmp_path, yaml.safe_dump(config)).corpus.scrape_interval_seconds == 300
    assert read(tmp_path, RULES).corpus.scrape_interval_seconds is None


OTHERS = {
    "of the panel": ({"datasource": {"type": "loki"}}, {}, {}),
    "of the query": ({}, {"datasource": {"type": "loki"}}, {}),
    "a variable": (
        {"datasource": "$logs"},
        {},
        {"templating": {"list": [{"name": "logs", "type": "datasource", "query": "loki"}]}},
    ),
    "an input": ({"datasource": "${DS_X}"}, {}, {"__inputs": [{"name": "DS_X", "pluginId": "elasticsearch"}]}),
    "its uid is a variable": (
        {"datasource": {"uid": "${logs:text}"}},
        {},
        {"templating": {"list": [{"name": "logs", "type": "datasource", "query": "loki"}]}},
    ),
    "its name": ({"datasource": "Loki (prod)"}, {}, {}),
    "its language": ({}, {"expr": '{app="x"} |= "error"'}, {}),
    "its language, with a label filter": ({}, {"expr": 'sum(rate({app="x"} | json [5m]))'}, {}),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_queries_of_other_data_sources_are_none_of_prometheus(tmp_path, kind):
    panel, target, board = OTHERS[kind]
    asking = {"title": "x", "targets": [{"expr": "x", **target}], **panel}
    assert the_board(tmp_path, json.dumps({"panels": [asking], **board})).panels[0].queries == ()


@pytest.mark.parametrize("source", [None, "$ds", "Prometheus", "-- Mixed --", {"uid": "x"}, {"type": "prometheus"}])
def test_queries_of_an_unknown_data_source_are_read(tmp_path, source):
    panel = {"title": "x", "datasource": source, "targets": [{"expr": "up"}]}
    assert [query.text for query in the_board(tmp_path, json.dumps({"panels": [panel]})).queries] == ["up"]


@pytest.mark.parametrize(
    ("source", "of_victoria_metrics"),
    [({"type": "victoriametrics-metrics-datasource"}, True), ("$ds", True), ({"type": "prometheus"}, False)],
)
def test_what_asks_victoria_metrics_is_judged_but_for_its_windows(tmp_path, source, of_victoria_metrics):
    variables = [{"name": "ds", "type": "datasource", "query": "victoriametrics-metrics-datasource"}]
    exprs = ("rate(up)", "rate(node_load1[1m])", "rate(x[$__interval])")
    panel = {"title": "x", "datasource": source, "targets": [{"expr": expr} for expr in exprs]}
    held = {"panels": [panel]} | ({"templating": {"list": variables}} if source == "$ds" else {})
    board = the_board(tmp_path, json.dumps(held))
    of_windows = {"short-window", "interval-window", "not-promql"}
    said = {each.rule for each in judged(Corpus(boards=(board,)), select=("rate-of-gauge", *of_windows))}
    assert said == {"rate-of-gauge"} | (set() if of_victoria_metrics else of_windows)
    assert board.for_victoria_metrics is of_victoria_metrics


@pytest.mark.parametrize(
    ("reduced", "read"), [({"calcs": ["sum"]}, ("sum",)), ({"calcs": ["sum"], "values": True}, ()), ({}, ())]
)
def test_what_makes_one_number_of_a_line_is_read(tmp_path, reduced, read):
    panel = {"type": "stat", "options": {"reduceOptions": reduced}, "targets": [{"expr": "up"}]}
    assert the_board(tmp_path, json.dumps({"panels": [panel]})).panels[0].reductions == read


@pytest.mark.parametrize(
    ("mappings", "named"),
    [
        ([{"type": "value", "options": {"0": {"text": "OK"}, "1": {"text": "ALERT"}}}], {"0", "1"}),
        ([{"type": "value", "options": {"0": {}}}, {"type": "value", "options": {"null": {}}}], {"0", "null"}),
        ([{"type": "range", "options": {"from": 0, "to": 1}}], set()),
        ([], set()),
    ],
)
def test_the_values_that_a_panel_shows_as_texts(tmp_path, mappings, named):
    panel = {"type": "stat", "title": "a", "fieldConfig": {"defaults": {"mappings": mappings}}}
    assert the_board(tmp_path, json.dumps({"panels": [panel]})).panels[0].named_values == named


@pytest.mark.parametrize(
    ("panel", "thresholds"),
    [
        ({"fieldConfig": {"defaults": {"thresholds": {"steps": [{"value": None}, {"value": 9}]}}}}, (9.0,)),
        ({"fieldConfig": {"defaults": {"thresholds": {"steps": [{"value": None}]}}}}, ()),
        ({"fieldConfig": {"defaults": {}}}, (80.0,)),
        ({"options": {"fieldOptions": {"defaults": {}}}}, ()),
    ],
)
def test_a_panel_without_thresholds_has_those_of_grafana(tmp_path, panel, thresholds):
    board = json.dumps({"panels": [{"type": "stat"} | panel]})
    assert the_board(tmp_path, board).panels[0].thresholds == thresholds


@pytest.mark.parametrize(
    ("panel", "colored"),
    [
        ({"type": "stat"}, True),
        ({"type": "gauge", "fieldConfig": {"defaults": {"color": {"mode": "thresholds"}}}}, True),
        ({"type": "timeseries"}, False),
        ({"type": "stat", "options": {"colorMode": "none"}}, False),
        ({"type": "stat", "options": {"textMode": "name"}}, False),
        ({"type": "stat", "fieldConfig": {"defaults": {"color": {"mode": "fixed"}}}}, False),
        ({"type": "stat", "fieldConfig": {"overrides": [{"properties": [{"id": "thresholds"}]}]}}, False),
    ],
)
def test_a_number_has_the_colour_of_the_thresholds_unless_told_otherwise(tmp_path, panel, colored):
    assert the_board(tmp_path, json.dumps({"panels": [panel]})).panels[0].colored is colored


def test_a_mixed_panel_asks_each_of_its_sources(tmp_path):
    targets = [
        {"expr": "up"},
        {"expr": "x", "datasource": {"type": "loki"}},
        {"expr": "y", "datasource": {"type": "prometheus"}},
    ]
    panel = {"datasource": {"type": "datasource", "uid": "-- Mixed --"}, "targets": targets}
    assert [query.text for query in the_board(tmp_path, json.dumps({"panels": [panel]})).queries] == ["up", "y"]


@pytest.mark.parametrize(
    ("query", "text", "label"),
    [
        ('label_values(up{job=~"a,b"}, instance)', 'up{job=~"a,b"}', "instance"),
        ("label_values(instance)", None, "instance"),
        ("query_result(topk(3, up))", "topk(3, up)", ""),
        ("metrics(vllm.*)", None, ""),
        ("a,b,c", None, ""),
    ],
)
def test_what_a_variable_asks(tmp_path, query, text, label):
    variable = {"name": "x", "type": "query", "query": query}
    (found,) = the_board(tmp_path, json.dumps({"panels": [], "templating": {"list": [variable]}})).variables
    assert (found.query and found.query.text, found.label) == (text, label)


@pytest.mark.parametrize(
    ("panel", "unit", "others"),
    [
        ({"yaxes": [{"format": "s"}, {"format": "short"}]}, "s", False),
        ({"yaxes": [{"format": "s"}], "seriesOverrides": [{"alias": "x", "yaxis": 2}]}, "s", True),
        ({"type": "singlestat", "format": "percentunit"}, "percentunit", False),
        ({"fieldConfig": {"overrides": [{"properties": [{"id": "unit", "value": "ms"}]}]}}, "", True),
        ({"transformations": [{"id": "calculateField"}]}, "", True),
        ({"transformations": [{"id": "organize"}]}, "", False),
    ],
)
def test_the_unit_of_a_panel_and_whether_it_is_that_of_all_values(tmp_path, panel, unit, others):
    (found,) = the_board(tmp_path, json.dumps({"panels": [panel]})).panels
    assert (found.unit, found.other_units) == (unit, others)


def _with_override(name):
    return {"fieldConfig": {"overrides": [{"properties": [{"id": name, "value": 1}]}]}}


def _scaled(kind):
    return {"fieldConfig": {"defaults": {"custom": {"scaleDistribution": {"type": kind}}}}}


@pytest.mark.parametrize(
    ("panel", "several"),
    [
        (_with_override("custom.axisPlacement"), True),
        (_with_override("max"), True),
        (_with_override("color"), False),
        (_with_override(["max"]), False),
        (_scaled("log"), True),
        (_scaled("linear"), False),
        ({"yaxes": [{"logBase": 10}, {"logBase": 1}]}, True),
        ({"yaxes": [{"logBase": 1}, {"show": False}]}, False),
        ({}, False),
    ],
)
def test_whether_lines_have_scales_of_their_own_or_a_logarithmic_one(tmp_path, panel, several):
    (found,) = the_board(tmp_path, json.dumps({"panels": [panel]})).panels
    assert found.several_scales is several


def test_a_folder_is_read_to_its_ground_and_what_is_not_read_is_named(tmp_path):
    files = {
        "a/board.json": written(BOARD),
        "a/package.json": "{}",
        "a/compose.yaml": "services: {}",
        "a/tsconfig.json": "{ // a comment\n}",
        "b/rules.yml": RULES,
        "b/broken.json": '{"panels": [',
        "b/mixin.libsonnet": "{}",
        "b/notes.md": "groups:",
        "c/templates/rules.yaml": "groups:\n  - name: {{ .Values.name }}\n",
        "c/jinja.yml": "{% for x in y %}\ngroups:\n{% endfor %}\n",
        ".git/rules.yml": RULES,
        "node_modules/rules.yml": RULES,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.json")
    found = files_read.read([tmp_path, tmp_path / "a" / "board.json"])
    assert [board.uid for board in found.corpus.boards] == ["serving"]
    assert [group.name for group in found.corpus.groups] == ["serving", "without rules"]
    assert found.count == 2
    assert {what: [Path(name).name for name in names] for what, names in found.not_read.items()} == {
        "Jsonnet source": ["mixin.libsonnet"],
        "Helm template": ["jinja.yml", "rules.yaml"],
    }
    (refused,) = found.unreadable
    assert (Path(refused.location.file).name, refused.location.line, refused.rule) == ("broken.json", 1, "unreadable")
    assert refused.severity is Severity.ERROR


def test_templates_of_prometheus_and_alertmanager_are_none_of_helm(tmp_path):
    titled = (
        lint_files.ALERTMANAGER
        + '    slack_configs: [{title: "{{ .GroupLabels.SortedPairs.Values }}{{ template \\"x\\" }}"}]\n'
    )
    assert read(tmp_path, titled, "a.yml").corpus.routes


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"b{n}: &{'bcdefghi'[n]} [{','.join(['*' + 'abcdefgh'[n]] * 10)}]\n" for n in range(8)
)
REFUSED = {
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff", "it is not text in UTF-8", 1),
    "UTF-16": ("groups: []".encode("utf-16"), "it is not text in UTF-8", 1),
    "empty": (b"", "it holds neither a dashboard, nor rule groups, nor a configuration of Alertmanager", 0),
    "something else": (b"a: b", "it holds neither a dashboard", 0),
    "no YAML": (b"groups:\n  - name: x\n   rules: []\n", "it is not YAML (did not find expected", 3),
    "no JSON": (b'{\n"panels": [}', "it is not JSON (Expecting value)", 2),
    "deep JSON": (b"[" * 100_000, "it has more than 100 levels", 0),
    "deep and whole JSON": (b'{"panels":' + b"[" * 200 + b"]" * 200 + b"}", "it has more than 100 levels", 1),
    "deep YAML": (b"- " * 100_000, "it has more than 100 levels", 1),
    "many objects": (
        b'{"panels":[' + b"{}," * 250_000 + b"{}]}",
        "it has more than 250000 objects, lists or values",
        0,
    ),
    "many numbers": (
        b'{"panels":[' + b"1," * 2_000_001 + b"1]}",
        "it has more than 2000000 objects, lists or values",
        0,
    ),
    "many values": (b"- x\n" * 510_000, "it has more than 500000 values", 500_000),
    "aliases that grow": (BOMB.encode(), "it has more than 500000 values with those that aliases repeat", 6),
    "an alias of itself": (b"&a {panels: [*a]}", "it is not read, since what the anchor a names contains itself", 1),
    "an alias of nothing": (b"panels: *a", "it is not YAML (no anchor is called a)", 1),
    "a control character": (b"a: \x07", "it is not YAML (it has characters that YAML does not allow)", 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_a_finding_with_its_line(tmp_path, name):
    content, problem, line = REFUSED[name]
    (tmp_path / "file").write_bytes(content)
    found = files_read.read([tmp_path / "file"])
    (refused,) = found.unreadable
    assert refused.message.startswith(f"I{problem[1:]}")
    assert (refused.location.line, found.count, found.corpus.boards) == (line, 0, ())


def test_a_file_beyond_what_is_read_is_a_finding(tmp_path):
    with (tmp_path / "file.json").open("wb") as file:
        file.truncate(50 * 2**20)
    (refused,) = files_read.read([tmp_path / "file.json"]).unreadable
    assert refused.message == "It exceeds 32 MiB."


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (refused,) = files_read.read([tmp_path / "pipe"]).unreadable
    assert refused.message == "It is a pipe or a device."


def test_what_is_not_there_and_a_folder_without_anything_are_refused(tmp_path):
    with pytest.raises(GlassboxError, match="nowhere does not exist: name a file or a folder that does"):
        files_read.read([tmp_path / "nowhere"])
    with pytest.raises(
        GlassboxError, match="no file there holds a dashboard, rule groups, or a configuration of Alertmanager"
    ):
        files_read.read([tmp_path])


def test_tags_of_yaml_make_no_objects(tmp_path):
    tagged = "groups:\n- name: !!python/object/apply:os.system [exit 3]\n  rules: !x [{alert: !y A, expr: !!int up}]\n"
    (group,) = groups(tmp_path, tagged)
    assert [(rule.name, rule.query.text) for rule in group.rules] == [("A", "up")]


@pytest.mark.parametrize(
    ("written_as", "text"),
    [("1", "1"), ("1e3", "1000.0"), ("yes", "yes"), ("on", "on"), ("2026-01-01", "2026-01-01"), ("'1'", "1")],
)
def test_a_query_is_the_text_that_stands_there(tmp_path, written_as, text):
    (group,) = groups(tmp_path, f"groups: [{{name: g, rules: [{{record: x, expr: {written_as}}}]}}]")
    assert [rule.query.text for rule in group.rules] == [text]


def test_merge_keys_are_followed(tmp_path):
    text = "groups:\n- name: g\n  rules:\n  - &a {alert: A, expr: up, for: 1m}\n  - {<<: *a, alert: B}\n"
    (group,) = groups(tmp_path, text)
    assert [(rule.name, rule.query.text, rule.for_text) for rule in group.rules] == [
        ("A", "up", "1m"),
        ("B", "up", "1m"),
    ]


def test_halves_of_surrogate_pairs_become_question_marks(tmp_path):
    board = the_board(
        tmp_path,
        '{"title": "a\\ud800b \\ud83d\\ude00", "panels": [{"title": "\\udfff", "targets": [{"expr": "\\ud800"}]}]}',
    )
    assert (board.title, board.panels[0].title, board.panels[0].queries[0].text) == ("a?b \U0001f600", "?", "?")


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("groups:\n- 5\n- {name: a, rules: []}\n", "One of its groups is not an object.", 1),
        ("groups:\n- name: a\n  rules: {alert: A, expr: up}\n", "Its rules are not a list of objects.", 3),
        ("groups:\n- name: a\n  rules:\n  - {record: 'a:b:c', expr: up}\n  - up == 0\n", "Its rules are not a list of objects.", 3),
    ],
)  # fmt: skip  # a file in a line
def test_groups_and_rules_that_are_no_objects_are_refused(tmp_path, text, problem, line):
    (finding,) = read(tmp_path, text, "rules.yml").unreadable
    assert (finding.message, finding.location.line) == (problem, line)


def flaws(corpus):
    return [(flaw.what, flaw.is_key, flaw.location.line) for flaw in corpus.flaws]


def test_a_key_that_is_there_twice_is_told_with_its_line_and_the_rest_is_read(tmp_path):
    rule = "- {name: a, rules: [{alert: A, expr: up == 0, for: 1m,\n  expr: up == 1}]}\n"
    found = read(tmp_path, f"groups:\n{rule}", "rules.yml")
    assert (flaws(found.corpus), found.unreadable) == ([("expr", True, 3)], ())
    assert [rule.query.text for rule in found.corpus.rules] == ["up == 1"]


def test_of_json_each_key_that_is_there_twice_is_told_in_the_line_of_the_last(tmp_path):
    text = '{"title": "a",\n "panels": [{"id": 1, "title": "b",\n "id": 2,\n "title": "c"}],\n "title": "d"}'
    assert flaws(read(tmp_path, text).corpus) == [("id", True, 3), ("title", True, 4), ("title", True, 5)]


def test_nan_and_infinity_are_told_and_read_as_nothing(tmp_path):
    text = '{"title": "NaN, \\"-Infinity",\n "panels": [{"id": NaN,\n "title": "b", "gridPos": {"x": -Infinity}}]}'
    corpus = read(tmp_path, text).corpus
    assert flaws(corpus) == [("NaN", False, 2), ("-Infinity", False, 3)]
    assert (corpus.boards[0].panels[0].id, corpus.boards[0].panels[0].grid) == (None, None)


def test_a_flaw_of_a_text_within_an_object_has_the_line_of_the_file(tmp_path):
    text = 'kind: ConfigMap\ndata:\n  board.json: |\n    {"title": "a", "panels": [],\n     "title": "b"}\n'
    assert flaws(read(tmp_path, text, "board.yaml").corpus) == [("title", True, 5)]


def test_rule_files_within_one_file_are_told_apart(tmp_path):
    rules = "groups:\n- {name: a, rules: [{alert: A, expr: up}]}\n- {name: b, rules: [{alert: A, expr: up}]}\n"
    found = groups(tmp_path, f"{rules}---\n{rules}")
    assert [(group.name, group.keys) for group in found] == [(name, ("name", "rules")) for name in "abab"]
    assert found[0].part == found[1].part != found[2].part == found[3].part
    assert found[0].rules[0].keys == ("alert", "expr")


def test_panels_of_a_folded_row_are_laid_out_by_themselves(tmp_path):
    grid = {"x": 0, "y": 1, "w": 8, "h": 8}
    inside = [{"id": number, "title": str(number), "gridPos": grid} for number in (2, 3)]
    row = {"id": 1, "type": "row", "collapsed": True, "panels": inside}
    outside = {"id": 4, "title": "4", "gridPos": grid}
    panels = the_board(tmp_path, json.dumps({"title": "a", "panels": [row, outside]})).panels
    places = {panel.title: panel.laid_out_in for panel in panels}
    assert places["2"] == places["3"] != places["4"]


COMPOSE = """services:
  prometheus:
    image: prom/prometheus
    ports: ["9090:9090", "127.0.0.1:9091:9091", "0.0.0.0:9093:9093", "${ADDRESS:-127.0.0.1}:9100:9100"]
  exporter:
    build: .
    ports:
    - "[::1]:9400:9400"
    - "${PORT:-9401}:9401/tcp"
    - target: 9402
      published: 9402
    - {target: 9403, published: 9403, host_ip: 127.0.0.1}
    - 9404
"""


def test_ports_that_a_compose_file_opens_to_every_network_are_read_with_their_lines(tmp_path):
    found = read(tmp_path, COMPOSE, "compose.yaml")
    assert [(each.service, each.port, each.location.line) for each in found.corpus.ports] == [
        ("prometheus", 9090, 4),
        ("prometheus", 9093, 4),
        ("exporter", 9401, 7),
        ("exporter", 9402, 11),
    ]


def test_what_a_variable_and_a_dashboard_open_with_is_read(tmp_path):
    variable = {"name": "model", "type": "query", "query": "label_values(a, b)", "current": {"value": ["/home/x", "y"]}}
    body = {
        "title": "a",
        "panels": [],
        "time": {"from": "now-5m"},
        "refresh": False,
        "templating": {"list": [variable]},
    }
    board = the_board(tmp_path, json.dumps(body))
    assert (board.time_from, board.refresh, board.variables[0].saved) == ("now-5m", "false", ("/home/x", "y"))


def test_a_group_whose_rules_are_left_empty_is_read(tmp_path):
    assert groups(tmp_path, "groups:\n- name: a\n  rules:\n")[0].rules == ()


@pytest.mark.parametrize("ending", ["rules", "yml", "yaml", "json"])
def test_rule_files_of_a_folder_may_end_in_each_of_these(tmp_path, ending):
    (tmp_path / f"serving.{ending}").write_text(json.dumps(yaml.safe_load(RULES)) if ending == "json" else RULES)
    (tmp_path / "70-device.rules").write_text('ACTION=="add", SUBSYSTEM=="net", NAME="eth0"\n')
    found = files_read.read([tmp_path])
    assert ([group.name for group in found.corpus.groups], found.unreadable) == (["serving", "without rules"], ())


GROUPS_OF_OTHERS = {
    "of users": json.dumps({"realm": "x", "groups": [{"name": "Ops", "path": "/Ops", "subGroups": []}]}),
    "of members": "groups:\n- name: admins\n  users: [a, b]\n",
    "of permissions": "groups: [{name: a, rules: [{apiGroups: [apps], verbs: [get]}, {resources: [pods]}]}]\n",
    "none, beside other things": json.dumps({"realm": "x", "groups": []}),
    "texts": "groups: [admins, users]\n",
}


@pytest.mark.parametrize("kind", GROUPS_OF_OTHERS)
def test_groups_of_something_else_are_passed_over_in_a_folder_and_refused_where_they_are_named(tmp_path, kind):
    text = GROUPS_OF_OTHERS[kind]
    (refused,) = read(tmp_path, text, "others.yaml").unreadable
    assert refused.message.startswith("It holds neither a dashboard, nor rule groups")
    (tmp_path / "rules.yml").write_text(RULES)
    found = files_read.read([tmp_path])
    assert ([group.name for group in found.corpus.groups], found.unreadable) == (["serving", "without rules"], ())


@pytest.mark.parametrize(
    "text",
    [
        "groups: []",
        "namespace: app\ngroups: []",
        "groups: [{name: a, rules: []}]",
        "groups: [{name: a, rule: [{alert: A, expr: up == 0}]}]",
        "kind: PrometheusRule\nspec: {groups: [{name: a}]}",
        '{"prometheusRules": {"groups": [{"name": "a"}]}}',
    ],
)
def test_rule_files_without_a_rule_are_rule_files(tmp_path, text):
    found = read(tmp_path, text, "rules.yml")
    assert (found.unreadable, found.count, [*found.corpus.rules]) == ((), 1, [])


def in_secret(text, *, encoded):
    held = (
        {"data": {"alertmanager.yaml": b64encode(text.encode()).decode()}}
        if encoded
        else {"stringData": {"alertmanager.yaml": text}}
    )
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "main"}, **held})


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_configuration_of_alertmanager_in_a_secret_is_read_but_for_its_credentials(tmp_path, encoded, as_json):
    config = json.dumps(yaml.safe_load(lint_files.ALERTMANAGER)) if as_json else lint_files.ALERTMANAGER
    plain = read(tmp_path, lint_files.ALERTMANAGER).corpus
    found = read(tmp_path, in_secret(config, encoded=encoded))
    assert [(each.receiver, each.matchers) for each in found.corpus.routes] == [
        (each.receiver, each.matchers) for each in plain.routes
    ]
    assert (len(found.corpus.inhibitions), found.corpus.texts, found.count, found.unreadable) == (1, (), 1, ())


@pytest.mark.parametrize("encoded", [False, True])
def test_what_is_wrong_in_a_secret_is_told_without_its_value(tmp_path, encoded):
    text = "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs: [{url: *hunter2}]\n"
    (tmp_path / "secret.yaml").write_text(in_secret(text, encoded=encoded))
    (refused,) = files_read.read([tmp_path]).unreadable
    assert (refused.message, refused.location.object) == (
        "What it holds is neither YAML nor JSON that is read.",
        "alertmanager.yaml",
    )
    assert "hunter2" not in repr(refused)


@pytest.mark.parametrize(
    "data", [{"tls.key": "not base64"}, {"a": b64encode(b"\xff\xfe").decode()}, {"password": "aHVudGVyMg=="}]
)
def test_a_secret_of_something_else_is_passed_over(tmp_path, data):
    (tmp_path / "secret.yaml").write_text(yaml.safe_dump({"kind": "Secret", "data": data}))
    (tmp_path / "rules.yml").write_text(RULES)
    found = files_read.read([tmp_path])
    assert (found.count, found.unreadable) == (1, ())


def test_a_configuration_of_alertmanager_that_is_not_yaml_is_told_in_a_folder_too(tmp_path):
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: a}\nreceivers:\n - name: a\n- name: b\n")
    (refused,) = files_read.read([tmp_path]).unreadable
    assert refused.message.startswith("It is not YAML")


def of_metrics_ql(tmp_path, text):
    found = read(tmp_path, text, "rules.yml")
    assert found.unreadable == ()
    return [rule.name for rule in found.corpus.rules if rule.query.is_metrics_ql]


@pytest.mark.parametrize("type_", ["vlogs", "graphite"])
def test_groups_of_vmalert_that_ask_something_else_are_not_judged(tmp_path, type_):
    rules = "[{alert: A, expr: 'app: x AND y | stats count() c'}]"
    others = f"groups: [{{name: logs, type: {type_}, rules: {rules}}}, {{name: b, type: prometheus, rules: [{{alert: B, expr: up == 0}}]}}]"
    assert [rule.name for rule in read(tmp_path, others, "rules.yml").corpus.rules] == ["B"]


BROKEN = "{alert: Broken, expr: rate(x) > 1}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"groups: [{{name: a, rules: [{BROKEN}]}}]", []),
        (f"groups: [{{name: a, rules: [{BROKEN}, {{alert: Late, expr: 'lag(up[1h]) > 900'}}, {{alert: C, expr: up == 0}}]}}]", ["Broken", "Late"]),
        (f"groups: [{{name: a, rules: [{BROKEN}]}}, {{name: b, concurrency: 2, rules: []}}]", ["Broken"]),
        (f"kind: VMRule\nspec: {{groups: [{{name: a, rules: [{BROKEN}]}}]}}", ["Broken"]),
        (f"kind: PrometheusRule\nspec: {{groups: [{{name: a, rules: [{BROKEN}]}}]}}", []),
        ("groups: [{name: a, debug: true, rules: [{alert: Empty, expr: ''}]}]", []),
    ],
)  # fmt: skip  # a file in a line
def test_what_is_not_promql_may_be_metrics_ql_only_in_a_file_for_victoria_metrics(tmp_path, text, names):
    assert of_metrics_ql(tmp_path, text) == names


def test_metrics_ql_is_told_once_for_a_file_and_not_as_broken_promql(tmp_path):
    late, later = (f"{{alert: {name}, expr: 'lag(up[1h]) > 900', for: 5m}}" for name in ("Late", "Later"))
    found = read(tmp_path, f"groups: [{{name: a, rules: [{late}, {later}]}}]", "rules.yml")
    said = [(each.rule, each.message) for each in judged(found.corpus) if each.rule in ("metricsql", "not-promql")]
    assert said == [("metricsql", "2 expressions of this file cannot be judged as PromQL.")]


def resource(kind, spec):
    metadata = {"name": "no-tokens", "annotations": {"grafana.app/folder": "llm"}}
    return {"apiVersion": "rules.alerting.grafana.app/v0alpha1", "kind": kind, "metadata": metadata, "spec": spec}


ASKED = {
    "A": {
        "datasourceUID": "x",
        "model": {"refId": "A", "expr": "model:tokens:rate5m", "datasource": {"type": "prometheus"}},
    },
    "B": {"model": {"type": "threshold", "expression": "A", "datasource": {"type": "__expr__"}}, "source": True},
}


@pytest.mark.parametrize("listed", [False, True])
def test_rules_of_grafana_as_resources_are_read_like_others_of_grafana(tmp_path, listed):
    alert = {
        "title": "NoTokens",
        "for": "10m0s",
        "keepFiringFor": "5m0s",
        "labels": {"severity": "page"},
        "expressions": ASKED,
    }
    record = {"title": "Tokens", "metric": "model:tokens:max", "expressions": ASKED}
    made = [resource("AlertRule", alert), resource("RecordingRule", record)]
    if listed:
        (tmp_path / "rules.json").write_text(json.dumps({"kind": "List", "items": made}, indent=1))
    else:
        for number, each in enumerate(made):
            (tmp_path / f"{number}.json").write_text(json.dumps(each, indent=1))
    corpus = files_read.read([tmp_path]).corpus
    first, second = corpus.rules
    assert (first.name, first.is_alert, first.for_text, first.keep_firing_text, first.labels) == (
        "NoTokens",
        True,
        "10m0s",
        "5m0s",
        {"severity": "page"},
    )
    assert (first.is_grafana, first.compares, first.query.ref_id, first.location.object) == (
        True,
        True,
        "A",
        "llm / NoTokens",
    )
    assert (second.name, second.is_alert, second.query.text) == ("model:tokens:max", False, "model:tokens:rate5m")
    every_query_stands_in_its_line(corpus)


def test_a_resource_that_asks_another_data_source_has_no_rule_to_judge(tmp_path):
    asked = {"A": {"model": {"expr": "x", "datasource": {"type": "loki"}}}}
    found = read(tmp_path, json.dumps(resource("AlertRule", {"title": "Logs", "expressions": asked})))
    assert (list(found.corpus.rules), found.count, found.unreadable) == ([], 1, ())
