"""Lint: what each check finds, and that it finds nothing in what we ship."""

from dataclasses import replace

import pytest

from glassbox.compile.outputs import yaml_text
from glassbox.lint import checks
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings, Thresholds
from tests.support.ours import our_bundle

BUNDLE = our_bundle()


def found(check, bundle):
    return [(finding.rule, finding.problem) for finding in check(bundle)]


def test_nothing_is_found_in_what_we_ship():
    ensure_components()
    assert checks.lint(BUNDLE) == []


def test_a_query_that_does_not_parse_is_found_with_its_panel():
    uid, board = next(iter(BUNDLE.dashboards.items()))
    panels = [
        panel | {"targets": [{"refId": "A", "expr": "sum("}]} for panel in board["panels"] if panel.get("targets")
    ]
    broken = replace(BUNDLE, dashboards={uid: board | {"panels": panels[:1]}})
    ((rule, problem), *_) = found(checks.rules_load, broken)
    assert rule == "promql" and "panels.yaml" in problem and "parse error" in problem


def test_a_runbook_without_an_alert_and_an_alert_without_a_runbook_are_found(tmp_path):
    (tmp_path / "Gone.md").write_text("# Gone\n\n## Meaning\n")
    problems = dict.fromkeys(
        problem for _, problem in found(checks.runbooks_complete, replace(BUNDLE, runbooks=(tmp_path,)))
    )
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


def test_a_board_whose_panels_lead_nowhere_is_found():
    uid, board = next(iter(BUNDLE.dashboards.items()))
    dead_end = {key: value for key, value in board["panels"][0].items() if key != "links"}
    bare = replace(BUNDLE, dashboards={uid: board | {"panels": [dead_end, *board["panels"][1:]]}})
    assert [rule for rule, _ in found(checks.panels_lead_on, bare)] == ["panel-link"]


RECORDED, E2E = "model:inference_request_duration_seconds_bucket:rate5m", "vllm:e2e_request_latency_seconds"
BOUNDS = {
    f'sum({RECORDED}{{le="7.0"}})': f'{RECORDED}{{le="7.0"}}: no such bucket; servers have 0.3, 0.5, 0.8, 1.0, 1.5,',
    # Prometheus compares texts: servers write 10.0.
    f'{RECORDED}{{job="a",le="10"}}': f'{RECORDED}{{le="10"}}: no such bucket',
    f'rate({E2E}_bucket{{le="120.0"}}[5m])': f"{E2E} ends at 60 up to version 0.8.3; choose a smaller bound",
    f'{RECORDED}{{le="120.0"}}': f"{E2E} ends at 60 up to version 0.8.3",
    'rate(vllm:time_per_output_token_seconds_bucket{le="5.0"}[5m])': "ends at 2.5 up to version 0.8.3",
    'rate(http_request_duration_seconds_bucket{le="0.25"}[5m])': "no such bucket; servers have 0.05, 0.1, 0.2, 0.3",
    'foreign_seconds_bucket{le="1.0"}': "no histogram or recorded series of that name has buckets",
    # A brace within quotes ends no selector.
    f'{RECORDED}{{job=~"a{{2}}",le="7.0"}}': "no such bucket",
}
KNOWN = [
    f'{RECORDED}{{le="10.0"}}',
    f'{RECORDED}{{le="60.0"}}',
    f'{RECORDED}{{le="+Inf"}}',
    f'{RECORDED}{{le="$slo"}}',
    'rate(http_request_duration_seconds_bucket{le="0.05"}[5m])',
    'foreign{handle="7"}',
]


def panel_with(expr, bundle=BUNDLE):
    uid, board = next(iter(bundle.dashboards.items()))
    (first, *_) = [panel for panel in board["panels"] if panel.get("targets")]
    panel = first | {"targets": [{"refId": "A", "expr": expr}]}
    return replace(bundle, dashboards={uid: board | {"panels": [panel]}}), f"{uid}, {first['title']}, A"


@pytest.mark.parametrize("expr", BOUNDS)
def test_a_bound_that_is_no_bucket_everywhere_is_found(expr):
    bundle, where = panel_with(expr)
    (finding,) = checks.buckets_known(bundle)
    assert (finding.rule, finding.where) == ("bucket", where)
    assert BOUNDS[expr] in finding.problem


@pytest.mark.parametrize("expr", KNOWN)
def test_a_bound_that_is_a_bucket_everywhere_is_not(expr):
    assert found(checks.buckets_known, panel_with(expr)[0]) == []


def test_bounds_in_rules_and_annotations_are_looked_at():
    wrong = f'{RECORDED}{{le="7.0"}} > 1'
    rules = {"groups": [{"name": "g", "rules": [{"alert": "X", "expr": wrong}]}]}
    uid, board = next(iter(BUNDLE.dashboards.items()))
    noted = board | {"annotations": {"list": [{"name": "n", "expr": wrong}]}}
    bundle = replace(BUNDLE, alerts={"x": rules}, recording_rules={"y": rules}, dashboards={uid: noted})
    wheres = [finding.where for finding in checks.buckets_known(bundle)]
    assert wheres == ["g, X", "g, X", f"{uid}, n, annotation"]


def test_the_settings_own_buckets_are_known_and_of_one_version():
    custom = {E2E: (1, 7, 120), "http_request_duration_seconds": (1, 7, 120)}
    settings = Settings(thresholds=Thresholds(latency_high_seconds=120), slos=(), histogram_buckets=custom)
    bundle = our_bundle(settings)
    assert found(checks.buckets_known, bundle) == []
    assert found(checks.buckets_known, panel_with(f'{RECORDED}{{le="7.0"}}', bundle)[0]) == []
    ((_, problem),) = found(checks.buckets_known, panel_with(f'{RECORDED}{{le="10.0"}}', bundle)[0])
    assert problem.endswith("no such bucket; servers have 1.0, 7.0, 120.0")


def test_a_threshold_that_an_old_version_lacks_is_found_in_the_alert():
    bundle = our_bundle(Settings(thresholds=Thresholds(latency_high_seconds=120), slos=()))
    problems = {finding.where: finding.problem for finding in checks.buckets_known(bundle)}
    assert problems.keys() == {"inference-service, InferenceLatencyHigh", "diagnosis, model:diagnosis_signal:bool"}
    (problem,) = set(problems.values())
    assert "ends at 60 up to version 0.8.3" in problem and "in the setting histogram_buckets" in problem
