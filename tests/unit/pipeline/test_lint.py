"""Lint: what each check finds, and that it finds nothing in what we ship (tests/unit/pipeline/test_cli.py)."""

from dataclasses import replace

import pytest

from kit.settings import Settings
from pipeline import lint as checks
from pipeline.compiler import compile_bundle
from pipeline.outputs import yaml_text

BUNDLE = compile_bundle(Settings())


def found(check, bundle):
    return [(finding.rule, finding.problem) for finding in check(bundle)]


def test_a_query_that_does_not_parse_is_found_with_its_panel():
    uid, board = next(iter(BUNDLE.dashboards.items()))
    panels = [
        panel | {"targets": [{"refId": "A", "expr": "sum("}]} for panel in board["panels"] if panel.get("targets")
    ]
    broken = replace(BUNDLE, dashboards={uid: board | {"panels": panels[:1]}})
    ((rule, problem), *_) = found(checks.rules_load, broken)
    assert rule == "promql" and "panels.yaml" in problem and "parse error" in problem


def test_a_runbook_without_an_alert_and_an_alert_without_a_runbook_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "RUNBOOKS", tmp_path)
    (tmp_path / "Gone.md").write_text("# Gone\n\n## Meaning\n")
    problems = dict.fromkeys(problem for _, problem in found(checks.runbooks_complete, BUNDLE))
    assert list(problems) == [
        "lacks Meaning, Impact, Diagnosis, Mitigation",
        "belongs to no alert; remove or rename it",
    ]


def test_a_recorded_series_that_nobody_reads_is_found():
    unused = {"groups": [{"name": "x", "rules": [{"record": "model:nobody:sum", "expr": "vector(1)"}]}]}
    bundle = replace(BUNDLE, recording_rules=BUNDLE.recording_rules | {"x.yaml": unused})
    assert "model:nobody:sum" in yaml_text(unused)
    assert [problem for _, problem in found(checks.records_used, bundle)] == [
        "model:nobody:sum is read by nothing; use or remove it"
    ]


@pytest.mark.parametrize("text", ["title", "description"])
def test_a_panel_without_words_is_found(text):
    uid, board = next(iter(BUNDLE.dashboards.items()))
    bare = replace(BUNDLE, dashboards={uid: board | {"panels": [board["panels"][0] | {text: " "}]}})
    assert [rule for rule, _ in found(checks.panels_explained, bare)] == ["panel-text"]
