"""Lint: what each check finds, and that it finds nothing in what we ship."""

from dataclasses import replace

import pytest

from glassbox.board.annotation import QueriedEvents
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.panels import stat
from glassbox.compile.bundle import CompiledContent
from glassbox.lint import checks
from glassbox.metrics import scrape
from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Series, Severity, Subject
from glassbox.query.selectors import Selector, Shape, regex
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


def reading(*exprs, records=()):
    """A bundle of these records and of one alert that reads each of the queries."""
    alerts = tuple(
        Alert(
            name=f"A{index}",
            expr=expr,
            for_="1m",
            severity=Severity.TICKET,
            summary="",
            description="",
            panel=("x", "n"),
        )
        for index, expr in enumerate(exprs)
    )
    groups = AlertGroup("judging", Subject.GPU, alerts)
    return replace(BUNDLE, content=CompiledContent({}, (RecordGroup("x", tuple(records)),), (groups,)))


def record(name, expr=None):
    return Record(name, sum_by(("job",), expr or instant(scrape.UP)), "")


def unused(bundle):
    found_here = list(checks.records_used(bundle))
    assert {finding.where for finding in found_here} <= {"recording_rules, group x"}
    return [finding.problem for finding in found_here]


NOBODY = "model:nobody:sum is read by nothing; use or remove it"


def test_a_recorded_series_that_nobody_reads_is_found():
    with_one = replace(
        BUNDLE.content, records=(*BUNDLE.content.records, RecordGroup("x", (record("model:nobody:sum"),)))
    )
    assert unused(replace(BUNDLE, content=with_one)) == [NOBODY]
    assert unused(BUNDLE) == []


def test_a_record_is_not_used_by_readers_of_a_longer_name():
    nobody, longer = record("model:nobody:sum"), record("model:nobody:sum5m")
    assert unused(reading(instant(longer), records=(nobody, longer))) == [NOBODY]
    assert unused(reading(instant(nobody), instant(longer), records=(nobody, longer))) == []


def test_a_name_in_the_value_of_a_label_reads_nothing():
    nobody = record("model:nobody:sum")
    named = instant(scrape.UP, job='model:nobody:sum{le="7.0"}')
    assert unused(reading(named, records=(nobody,))) == [NOBODY]


def test_a_record_that_only_its_own_rule_reads_is_found():
    own = instant(Series("model:nobody:sum", Unit.NONE, ("job",)))
    nobody = record("model:nobody:sum", instant(scrape.UP).or_(own))
    assert unused(reading(records=(nobody,))) == [NOBODY]


@pytest.mark.parametrize("reader", ["record", "panel", "annotation"])
def test_a_record_that_anything_else_reads_is_used(reader):
    read = record("model:read:sum")
    content = reading(records=(read,)).content
    if reader == "record":
        other = record("model:other:sum", instant(read))
        groups = (RecordGroup("x", (read,)), RecordGroup("y", (other,)))
        bundle = replace(BUNDLE, content=replace(content, records=groups))
        assert [finding.problem for finding in checks.records_used(bundle)] == [
            "model:other:sum is read by nothing; use or remove it"
        ]
    else:
        board = board_with(instant(read)) if reader == "panel" else board_with(instant(scrape.UP), instant(read))
        assert unused(replace(BUNDLE, content=replace(content, dashboards={"x": board}))) == []


def board_with(expr, noted=None):
    """A board of one panel, and of one annotation where there is a query for it."""
    rows = (Row("", (stat("n", expr, why="w."),)),)
    events = QueriedEvents(name="note", color="red", query=noted, title="t", text="x", step="1m") if noted else None
    return assemble(
        dashboard("x", "X", question="q?", variables=(), rows=rows), (events,) if events is not None else ()
    )


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


def series(name, window="", **matchers):
    """The series of this name with these matchers, as a query, whoever exposes it."""
    return Expr(
        (Selector(name, tuple(matchers), shared_name=False, window=window).matching(matchers),),
        Shape(Kind.GAUGE, Unit.NONE, tuple(matchers)),
    )


BOUNDS = {
    "recorded": (
        series(RECORDED, le="7.0"),
        f'{RECORDED}{{le="7.0"}}: no such bucket; servers have 0.3, 0.5, 0.8, 1.0, 1.5,',
    ),
    # Prometheus compares texts: servers write 10.0.
    "text": (series(RECORDED, job="a", le="10"), f'{RECORDED}{{le="10"}}: no such bucket'),
    "raw": (series(f"{E2E}_bucket", "5m", le="120.0"), f"{E2E} ends at 60 up to version 0.8.3; choose a smaller bound"),
    "recorded beyond an end": (series(RECORDED, le="120.0"), f"{E2E} ends at 60 up to version 0.8.3"),
    "raw beyond an end": (
        series("vllm:time_per_output_token_seconds_bucket", "5m", le="5.0"),
        "ends at 2.5 up to version 0.8.3",
    ),
    "of our exporter": (
        series("http_request_duration_seconds_bucket", "5m", le="0.25"),
        "no such bucket; servers have 0.05, 0.1, 0.2, 0.3",
    ),
    "of a stranger": (
        series("foreign_seconds_bucket", le="1.0"),
        "no histogram or recorded series of that name has buckets",
    ),
    "beside braces": (series(RECORDED, job=regex("a{2}"), le="7.0"), "no such bucket"),
    "beside quotes and braces": (
        series(RECORDED, job='x"}, y{le="', le="7.0"),
        f'{RECORDED}{{le="7.0"}}: no such bucket',
    ),
    "second of two": (
        series(RECORDED, le="10.0") / series(RECORDED, le="7.0"),
        f'{RECORDED}{{le="7.0"}}: no such bucket',
    ),
}
KNOWN = {
    "recorded": series(RECORDED, le="10.0"),
    "last before an end": series(RECORDED, le="60.0"),
    "all": series(RECORDED, le="+Inf"),
    "chosen": series(RECORDED, le="$slo"),
    "several": series(RECORDED, le=regex("7.0|10.0")),
    "of our exporter": series("http_request_duration_seconds_bucket", "5m", le="0.05"),
    "another label": series("foreign", handle="7"),
    "text of a selector in a value": series("foreign", handle=f'{RECORDED}{{le="7.0"}}'),
}


def panel_with(expr, bundle=BUNDLE):
    """The bundle with one panel that asks this, and nothing else."""
    return replace(bundle, content=CompiledContent({"x": board_with(expr)}, (), ()))


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_that_is_no_bucket_everywhere_is_found(name):
    expr, problem = BOUNDS[name]
    (finding,) = checks.buckets_known(panel_with(expr))
    assert (finding.rule, finding.where) == ("bucket", "x, n, A")
    assert problem in finding.problem


@pytest.mark.parametrize("name", KNOWN)
def test_a_bound_that_is_a_bucket_everywhere_is_not(name):
    assert found(checks.buckets_known, panel_with(KNOWN[name])) == []


def test_bounds_in_rules_and_annotations_are_looked_at():
    wrong = series(RECORDED, le="7.0")
    bundle = reading(wrong > 1, records=(Record("model:x:sum", wrong, ""),))
    noted = board_with(instant(scrape.UP), wrong)
    bundle = replace(bundle, content=replace(bundle.content, dashboards={"x": noted}))
    wheres = [finding.where for finding in checks.buckets_known(bundle)]
    assert wheres == ["x, model:x:sum", "judging, A0", "x, note, annotation"]


def test_the_settings_own_buckets_are_known_and_of_one_version():
    custom = {E2E: (1, 7, 120), "http_request_duration_seconds": (1, 7, 120)}
    settings = Settings(thresholds=Thresholds(latency_high_seconds=120), slos=(), histogram_buckets=custom)
    bundle = our_bundle(settings)
    assert found(checks.buckets_known, bundle) == []
    assert found(checks.buckets_known, panel_with(series(RECORDED, le="7.0"), bundle)) == []
    ((_, problem),) = found(checks.buckets_known, panel_with(series(RECORDED, le="10.0"), bundle))
    assert problem.endswith("no such bucket; servers have 1.0, 7.0, 120.0")


def test_a_threshold_that_an_old_version_lacks_is_found_in_the_alert():
    bundle = our_bundle(Settings(thresholds=Thresholds(latency_high_seconds=120), slos=()))
    problems = {finding.where: finding.problem for finding in checks.buckets_known(bundle)}
    assert problems.keys() == {
        "slowness, model:inference_requests_slow:rate5m",
        "slowness, model:inference_requests_timed:rate5m",
    }
    (problem,) = set(problems.values())
    assert "ends at 60 up to version 0.8.3" in problem and "in the setting histogram_buckets" in problem
