"""`--fix`: what is certain is repaired in its place, everything around it stays, and nothing is half written."""

import json
import stat
from dataclasses import replace
from functools import partial

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glassbox.cli import main as command_line
from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location, Repair
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.fixing.repaired_text import repaired_text, replaced
from glassbox.lint.fixing.repairing import repair_files
from glassbox.lint.linting import judged
from glassbox.lint.reading.files_read import read
from glassbox.lint.subjects.queries import Query, QueryKind, WrittenText
from tests.support.small_content import PRODUCT

RULES = """\
# Why these are here.
groups:
- name:   serving   # two spaces
  rules:
  - alert: Preempted
    expr: rate(vllm:num_preemptions[5m]) > 1   # of one server
    for: 2m
  - alert: Slow
    expr: |-
      # A comment of the query.
      rate(vllm:num_preemptions[5m])
        + rate(vllm:num_preemptions_total[5m]) > 2
  - {alert: Full, expr: 'rate(vllm:e2e_request_latency_seconds_bucket{le="120"}[5m]) > 0.95', for: 5m}
  - {alert: Old, expr: "vllm:gpu_cache_usage_perc > 0.95", for: "5m"}
"""
REPAIRED = (
    RULES.replace("rate(vllm:num_preemptions[5m])", "rate(vllm:num_preemptions_total[5m])")
    .replace('le="120"', 'le="120.0"')
    .replace("gpu_cache", "kv_cache")
)
BOARD = {
    "title": "Serving \u00e9",
    "panels": [
        {"id": 1, "type": "timeseries", "title": "Rates", "targets": [
            {"refId": "A", "expr": "rate(x_total[$__interval])"},
            {"refId": "A", "expr": 'up{job="$job"}'},
        ]},
        {"id": 1, "type": "stat", "title": "Latency", "fieldConfig": {"defaults": {"unit": "ms"}}, "targets": [
            {"refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"},
        ]},
    ],
    "templating": {"list": [{"name": "job", "type": "query", "multi": True, "query": "label_values(up, job)"}]},
}  # fmt: skip  # a dashboard


def repaired(*files):
    return repair_files(lambda: judged(read(list(files)).corpus))


def test_in_yaml_only_what_is_wrong_is_written_anew(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_text(RULES)
    assert [(each.rule, each.repair.line) for each in repaired(file)] == [
        ("missing-suffix", 6),
        ("missing-suffix", 9),
        ("unknown-bucket", 13),
        ("removed-metric", 14),
    ]
    assert file.read_text() == REPAIRED
    assert repaired(file) == []


@pytest.mark.parametrize("indent", [2, None])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_in_json_values_are_repaired_and_the_layout_stays(tmp_path, indent, ascii_only):
    file = tmp_path / "board.json"
    file.write_text(json.dumps(BOARD, indent=indent, ensure_ascii=ascii_only))
    made = {each.rule for each in repaired(file)}
    found = json.loads(file.read_text())
    assert json.dumps(found, indent=indent, ensure_ascii=ascii_only) == file.read_text()
    first, second = found["panels"]
    assert first["targets"][0]["expr"] == "rate(x_total[$__rate_interval])"
    assert first["targets"][1]["expr"] == 'up{job=~"$job"}'
    assert second["fieldConfig"]["defaults"]["unit"] == "s"
    # In one line nothing tells the two numbers apart, nor the names.
    apart = indent is not None
    assert ([panel["id"] for panel in found["panels"]], [each["refId"] for each in first["targets"]]) == (
        ([1, 2], ["A", "B"]) if apart else ([1, 1], ["A", "A"])
    )
    ever = {"interval-window", "equals-several", "wrong-unit"}
    assert made == ever | ({"duplicate-panel-id", "duplicate-ref-id"} if apart else set())
    assert repaired(file) == []


def test_marks_line_ends_and_permissions_of_a_file_stay(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_bytes(b"\xef\xbb\xbf" + RULES.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    assert len(repaired(file)) == 4
    assert file.read_bytes() == b"\xef\xbb\xbf" + REPAIRED.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["rules.yml"]


def test_a_link_stays_a_link(tmp_path):
    file, link = tmp_path / "rules.yml", tmp_path / "link.yml"
    file.write_text(RULES)
    link.symlink_to(file)
    assert len(repaired(link)) == 4
    assert (link.is_symlink(), file.read_text()) == (True, REPAIRED)


def test_a_file_that_cannot_be_written_is_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "rules.yml"
    file.write_text(RULES)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(GlassboxError, match="cannot be repaired \\(No space left on device\\)"):
        repaired(file)
    assert (file.read_text(), [each.name for each in tmp_path.iterdir()]) == (RULES, ["rules.yml"])


@pytest.mark.parametrize(
    ("expr", "left"),
    [
        ("rate(node_disk_io_time_ms[5m]) > 900", None),
        ("rate(node_disk_read_time_ms[5m]) / 1000 > 0.9", None),
        ("kube_endpoint_address_not_ready > 3", None),
        ("rate(vllm:gpu_prefix_cache_hits_total[5m]) < 100", None),
        ('kube_hpa_status_condition{hpa="a"} == 1', None),
        ('rate(node_cpu{cpu="cpu0"}[5m]) > 1', None),
        ('rate(node_cpu{mode="guest"}[5m]) > 1', None),
        ('rate(node_cpu{mode="idle"}[5m]) > 1', 'rate(node_cpu_seconds_total{mode="idle"}[5m]) > 1'),
        ("rate(node_cpu[5m]) > 1", "rate(node_cpu_seconds_total[5m]) > 1"),
    ],
)
def test_a_new_name_is_written_only_where_every_number_means_what_it_did(tmp_path, expr, left):
    file = tmp_path / "rules.yml"
    written = "groups: [{name: a, rules: [{alert: A, expr: 'EXPR', for: 5m}]}]"
    file.write_text(written.replace("EXPR", expr))
    repaired(file)
    assert file.read_text() == written.replace("EXPR", left or expr)


def test_what_is_exempt_is_left_alone(tmp_path):
    file = tmp_path / "rules.yml"
    exempt = RULES.replace("# Why", "# glassbox-lint: ignore missing-suffix because old servers\n# Why")
    file.write_text(exempt)
    assert {each.rule for each in repaired(file)} == {"unknown-bucket", "removed-metric"}
    assert "vllm:num_preemptions[5m]" in file.read_text()


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"fieldConfig": {"defaults": {"unit": "ms", "max": 500}}}, "ms"),
        ({"fieldConfig": {"defaults": {"unit": "ms", "thresholds": {"steps": [{}, {"value": 80}]}}}}, "s"),
        ({"fieldConfig": {"defaults": {"unit": "ms", "thresholds": {"steps": [{}, {"value": 500}]}}}}, "ms"),
    ],
)
def test_a_unit_is_repaired_only_where_no_limit_is_meant_in_it(tmp_path, changes, left):
    panel = {**BOARD["panels"][1], **changes}
    file = tmp_path / "board.json"
    file.write_text(json.dumps({"title": "a", "panels": [panel]}))
    repaired(file)
    assert json.loads(file.read_text())["panels"][0]["fieldConfig"]["defaults"]["unit"] == left


ASKING = {
    "as text": {"query": "label_values(vllm:gpu_cache_usage_perc, engine)"},
    "as an object": {"query": {"query": "label_values(vllm:gpu_cache_usage_perc, engine)", "refId": "A"}},
    "with a definition": {
        "definition": "label_values(vllm:gpu_cache_usage_perc, engine)",
        "query": {"qryType": 1, "query": "label_values(vllm:gpu_cache_usage_perc, engine)"},
    },
    "with an older definition": {
        "definition": "label_values(up, engine)",
        "query": "label_values(vllm:gpu_cache_usage_perc, engine)",
    },
    "as a result": {"query": "query_result(vllm:gpu_cache_usage_perc > 0)"},
}


@pytest.mark.parametrize("how", ASKING)
@pytest.mark.parametrize("write", [partial(json.dumps, indent=1), yaml.safe_dump], ids=["json", "yaml"])
def test_the_query_of_a_variable_is_repaired_wherever_it_is_kept(tmp_path, how, write):
    asked = {"name": "engine", "type": "query", **ASKING[how]}
    text = write({"title": "a", "panels": [], "templating": {"list": [asked]}})
    file = tmp_path / "board"
    file.write_text(text)
    repaired(file)
    assert file.read_text() == text.replace("gpu_cache_usage_perc", "kv_cache_usage_perc")
    assert repaired(file) == []


def test_the_query_of_a_variable_of_schema_2_is_repaired(tmp_path):
    query = {"group": "prometheus", "spec": {"query": "label_values(vllm:gpu_cache_usage_perc, engine)"}}
    asked = {"kind": "QueryVariable", "spec": {"name": "engine", "query": query}}
    text = json.dumps({"title": "a", "elements": {}, "layout": {}, "variables": [asked]}, indent=1)
    file = tmp_path / "board.json"
    file.write_text(text)
    repaired(file)
    assert file.read_text() == text.replace("gpu_cache_usage_perc", "kv_cache_usage_perc")


def test_a_value_in_which_more_than_the_query_would_change_is_left_alone():
    whole = WrittenText(3, "query", "label_values(job, job)")
    asked = Query("job", Location("board.json", 3), QueryKind.VARIABLE, within=(whole,))
    assert with_part(asked, "job", "task") == ()
    apart = replace(asked, within=(replace(whole, text="label_values(job, node)"),))
    assert [each.new for each in with_part(apart, "job", "task")] == ["label_values(task, node)"]


def test_a_name_that_something_else_in_the_panel_reads_is_not_changed(tmp_path):
    reading = {"transformations": [{"id": "filterByRefId", "options": {"include": "A"}}]}
    text = json.dumps({"title": "a", "panels": [{**BOARD["panels"][0], **reading}]}, indent=1)
    file = tmp_path / "board.json"
    file.write_text(text)
    assert "duplicate-ref-id" not in {each.rule for each in repaired(file)}


def test_an_interval_that_is_also_meant_otherwise_is_left_alone(tmp_path):
    query = "rate(x_total[$__interval]) and avg_over_time(up[$__interval]) > 0"
    panel = {"id": 1, "type": "timeseries", "title": "Rates", "targets": [{"refId": "A", "expr": query}]}
    file = tmp_path / "board.json"
    file.write_text(json.dumps({"title": "a", "panels": [panel]}))
    assert repaired(file) == []


@pytest.mark.parametrize(
    ("part", "instead", "text", "expected"),
    [
        ("vllm:a", "vllm:b", "vllm:a + vllm:a_total + ray_vllm:a", "vllm:b + vllm:a_total + ray_vllm:a"),
        ('le="1"', 'le="1.0"', 'x{le="1"} / y{file="1"}', 'x{le="1.0"} / y{file="1"}'),
    ],
)
def test_a_part_of_a_longer_word_is_not_meant(part, instead, text, expected):
    assert replaced(text, part, instead) == expected


def test_two_repairs_of_one_value_are_both_made():
    text = '{"expr": "a / b"}'
    repairs = [Repair(1, "expr", "a / b", "", part, part * 2) for part in "ab"]
    assert repaired_text(text, repairs) == ('{"expr": "aa / bb"}', repairs)


@settings(max_examples=60, deadline=None)
@given(value=st.text(max_size=30), around=st.text(max_size=10), style=st.sampled_from(["json", "ascii", "yaml"]))
def test_whatever_stands_around_it_only_the_value_differs_or_nothing_does(value, around, style):
    old = f"{value}vllm:a {around}"
    if style == "yaml":
        text = f"- expr: {json.dumps(old)}\n- other: {json.dumps(around)}\n"
    else:
        text = json.dumps({"expr": old, "other": around}, ensure_ascii=style == "ascii")
    changed, made = repaired_text(text, [Repair(1, "expr", old, "", "vllm:a", "vllm:b")])
    assert (changed == text) is (made == [])


def test_the_command_says_what_it_did_and_judges_what_is_left(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES)
    chosen = ("--path", "rules.yml", "--fix", "--select", "missing-suffix")
    assert command_line.main(PRODUCT, ["lint", *chosen]) == 0
    out, err = capsys.readouterr()
    assert out == "No findings in 0 dashboards and 4 rules of 1 file.\n"
    said = "Repaired rules.yml:6: in expr, vllm:num_preemptions is now vllm:num_preemptions_total (missing-suffix)."
    assert err.splitlines()[0] == said
    assert command_line.main(PRODUCT, ["lint", "--fix"]) == 1
    assert "--fix repairs files: name them with --path" in capsys.readouterr().err
