"""The benchmark of lint: its key, how a file is scored, and small boards and rules with the defects that are commonest in the key."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from bench.lint_benchmark import KEY, Defect, KeyedFile, key, main, scored, summary
from glassbox.lint.rules import RULES

ONE = """
- repository: o/n
  commit: abc
  path: a.yml
  sha256: HASH
  defects: [{rule: no-comparison, at: [Down, Slow], what: It fires always.}]
"""
RULES_OF_IT = (
    "groups: [{name: g, rules: [{alert: Down, expr: sum(jobs)}, {alert: Flat, expr: 'rate(x_total[15s]) > 1'}]}]"
)


def test_the_key_names_files_and_rules():
    files = key(KEY.read_text(encoding="utf-8"))
    known = {rule.id for rule in RULES} | {"none"}
    assert sum(file.name.endswith(".json") for file in files) >= 20
    assert sum(file.name.endswith(".yml") for file in files) >= 10
    assert len({file.name for file in files}) == len({file.sha256 for file in files}) == len(files)
    for file in files:
        assert len(file.sha256) == 64
        assert {defect.rule for defect in file.defects} <= known, file.name


def test_a_file_is_scored_by_what_is_found_missed_and_wrong(tmp_path):
    (tmp_path / "a.yml").write_text(RULES_OF_IT)
    (file,) = key(ONE)
    score = scored(file, tmp_path / "a.yml")
    assert [defect.at for defect in score.found] == ["Down"]
    assert [defect.at for defect in score.missed] == ["Slow"]
    assert [alarm.rule for alarm in score.alarms] == ["short-window"]
    assert summary([score]) == "1 file: 1 of 2 defects found (50%), 1 false alarm (1.00 per file)."
    assert summary([]) == "Nothing was judged."


@pytest.mark.parametrize(("changed", "said"), [("", "1 of 2 found"), ("# another\n", "not judged: o/n/a.yml")])
def test_a_file_of_another_content_is_not_judged(tmp_path, monkeypatch, changed, said):
    folder = tmp_path / "files" / "o" / "n"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text(changed + RULES_OF_IT)
    (tmp_path / "key.yaml").write_text(ONE.replace("HASH", hashlib.sha256(RULES_OF_IT.encode()).hexdigest()))
    monkeypatch.setattr("bench.lint_benchmark.KEY", tmp_path / "key.yaml")
    result = CliRunner().invoke(main, [str(tmp_path / "files")])
    assert result.exit_code == 0
    assert said in result.output


def panel(query, unit="", legend="", kind="timeseries"):
    return {
        "title": "P", "type": kind, "id": 1, "fieldConfig": {"defaults": {"unit": unit}},
        "targets": [{"refId": "A", "expr": query, "legendFormat": legend}],
    }  # fmt: skip  # one panel


SECONDS = "histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("dropped-label", panel("sum(rate(vllm:prompt_tokens_total[5m]))", legend="tokens of {{pod}}")),
        ("removed-metric", panel("sum(vllm:num_requests_swapped)")),
        ("wrong-unit", panel(SECONDS, unit="ms")),
        ("interval-window", panel("rate(vllm:prompt_tokens_total[$__interval])")),
        ("average-since-start", panel("vllm:time_to_first_token_seconds_sum / vllm:time_to_first_token_seconds_count")),
        ("sum-without-count", panel("rate(vllm:request_queue_time_seconds_sum[5m])")),
        ("count-of-observations", panel("rate(vllm:iteration_tokens_total_count[5m])", legend="tokens per second")),
        ("rate-of-gauge", panel("rate(node_disk_io_now[5m])")),
    ],
)
def test_a_small_board_with_the_same_defect(tmp_path, rule, shown):
    (tmp_path / "b.json").write_text(json.dumps({"title": "B", "uid": "b", "panels": [shown]}))
    file = KeyedFile("b.json", "", (Defect(rule, "P", "as in the key"),))
    assert scored(file, tmp_path / "b.json").missed == ()


@pytest.mark.parametrize(
    ("rule", "query"),
    [
        ("dropped-label", "sum(rate(requests_total[5m])) > 1"),
        ("short-window", "increase(failures_total[1m]) > 0"),
        ("change-of-info", "changes(node_uname_info[1h]) > 0"),
        ("silent-when-all-are-gone", "sum by (job) (up) == 0"),
    ],
)
def test_a_small_alert_with_the_same_defect(tmp_path, rule, query):
    alert = {"alert": "A", "expr": query, "annotations": {"summary": "on {{ $labels.instance }}"}}
    (tmp_path / "a.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [alert]}]}))
    file = KeyedFile("a.yml", "", (Defect(rule, "A", "as in the key"),))
    assert scored(file, tmp_path / "a.yml").missed == ()
