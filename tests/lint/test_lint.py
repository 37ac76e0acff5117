"""Our own content: what lint finds in a bundle that has a fault, and that it finds nothing in what we ship."""

from dataclasses import replace

import pytest

from glassbox.lint.finding import Severity
from glassbox.lint.linting import UNNEEDED, judged, lint
from glassbox.lint.of_bundle import corpus_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings, Thresholds
from tests.support.ours import our_bundle

BUNDLE = our_bundle()
CORPUS = corpus_of(BUNDLE)


def found(rule, corpus):
    return [finding for finding in judged(corpus, select=(rule,)) if finding.rule == rule]


def messages(rule, corpus):
    return [finding.message for finding in found(rule, corpus)]


def asking(*texts):
    """What we ship, with panels that ask this and nothing else."""
    board = CORPUS.boards[0]
    first = next(panel for panel in board.panels if panel.queries)
    asked = tuple(Query(text, first.queries[0].location, QueryKind.PANEL) for text in texts)
    panel = replace(first, queries=asked)
    return replace(CORPUS, boards=(replace(board, panels=(panel,), variables=(), annotations=()),), groups=())


def test_nothing_is_found_in_what_we_ship():
    ensure_components()
    assert lint(BUNDLE) == []


def test_everything_in_a_bundle_is_read():
    panels = sum(panel["type"] != "row" for board in BUNDLE.dashboards.values() for panel in board["panels"])
    rules = [
        rule
        for files in (BUNDLE.alerts, BUNDLE.recording_rules)
        for content in files.values()
        for group in content["groups"]
        for rule in group["rules"]
    ]
    assert len(list(CORPUS.panels)) == panels
    assert [rule.name for rule in CORPUS.rules if rule.is_alert] == [each["alert"] for each in rules if "alert" in each]
    assert len(list(CORPUS.rules)) == len(rules)
    assert all(query.tree for query in CORPUS.queries)
    assert CORPUS.scrape_interval_seconds == 15


def test_an_exemption_of_content_stands_at_its_object():
    replicas = [each for each in CORPUS.exemptions if each.location.object == "Replicas"]
    assert [each.rule for each in replicas] == ["fixed-window"]
    # Without it there is a finding, so that nothing else hides it.
    bare = replace(CORPUS, exemptions=tuple(each for each in CORPUS.exemptions if each not in replicas))
    assert [each.location.object for each in found("fixed-window", bare)] == ["Replicas"]


def test_an_exemption_that_is_not_needed_is_found():
    board = BUNDLE.content.dashboards
    uid, one = next(iter(board.items()))
    declared = replace(one.declared, exempt_from=(("dead-end", "Nothing follows."), ("no-such-rule", "Why not.")))
    content = replace(BUNDLE.content, dashboards={uid: replace(one, declared=declared)})
    corpus = corpus_of(replace(BUNDLE, content=content))
    said = [each.message for each in judged(corpus, select=("dead-end",)) if each.rule == UNNEEDED]
    assert said == [
        "The exemption from dead-end is not needed: the rule finds nothing here.",
        "There is no rule 'no-such-rule' to be exempt from.",
    ]


def test_a_query_that_promtool_refuses_is_found():
    ensure_components()
    (finding, *_) = found("promtool", asking("sum_over(up)"))
    assert "queries.yml" in finding.message and "unknown function" in finding.message


def test_a_rule_file_that_promtool_refuses_is_found():
    ensure_components()
    text = (
        '{"groups": [{"name": "x", "rules": [{"alert": "A", "expr": "up", "annotations": {"summary": "{{ $x }}"}}]}]}'
    )
    (finding, *_) = found("promtool", Corpus(own=True, rule_files={"alerts/x.yaml": text}))
    assert "x.yaml" in finding.message and "undefined variable" in finding.message


def test_what_a_variable_decides_may_be_promql():
    assert messages("not-promql", asking("$operation(up)", 'sum(up{job=~"$job"})')) == []
    (message,) = messages("not-promql", asking("sum(up"))
    assert message.startswith("It is not PromQL: ")


def test_a_runbook_without_an_alert_and_an_alert_without_a_runbook_are_found(tmp_path):
    (tmp_path / "Gone.md").write_text("# Gone\n\n## Meaning\n")
    said = dict.fromkeys(messages("runbook", corpus_of(replace(BUNDLE, runbooks=(tmp_path,)))))
    assert set(said) == {
        "The runbook lacks Meaning, Impact, Diagnosis, Mitigation.",
        "The runbook belongs to no alert; remove or rename it.",
    }


def recording(**records):
    """Our content as if only these series were recorded, each by its query, and nothing else read anything."""
    rules = next(group for group in CORPUS.groups if not group.rules[0].is_alert)
    template = rules.rules[0]
    made = tuple(
        replace(
            template,
            name=name,
            location=rules.location.within(name),
            query=Query(text, rules.location.within(name), QueryKind.RECORD),
        )
        for name, text in records.items()
    )
    return Corpus(groups=(replace(rules, rules=made),), own=True)


UNREAD = "job:x:sum is read by nothing; use or remove it."


def test_a_recorded_series_that_nobody_reads_is_found():
    assert messages("unused-record", recording(**{"job:x:sum": "sum by (job) (up)"})) == [UNREAD]


@pytest.mark.parametrize(
    "reader", ["job:x:sum > 1", '{__name__="job:x:sum"}', '{__name__=~"job:x:.*"}', "rate(job:x:sum[5m])"]
)
def test_a_record_that_another_query_reads_is_used(reader):
    corpus = recording(**{"job:x:sum": "sum by (job) (up)", "job:y:sum": reader})
    assert messages("unused-record", corpus) == ["job:y:sum is read by nothing; use or remove it."]


@pytest.mark.parametrize("reader", ["job:x:sum5m", 'up{job="job:x:sum"}', "up # job:x:sum"])
def test_a_record_is_not_used_where_its_name_is_part_of_something_else(reader):
    corpus = recording(**{"job:x:sum": "sum by (job) (up)", "job:y:sum": reader})
    assert messages("unused-record", corpus)[0] == UNREAD


def test_a_record_that_only_its_own_rule_reads_is_found():
    assert messages("unused-record", recording(**{"job:x:sum": "up or job:x:sum"})) == [UNREAD]


def test_a_record_that_a_variable_or_an_annotation_reads_is_used():
    (record,) = recording(**{"job:x:sum": "sum by (job) (up)"}).groups
    boards = [board for board in CORPUS.boards if any(each.query for each in board.variables)]
    variable = next(each for each in boards[0].variables if each.query)
    asked = replace(variable, query=Query("job:x:sum", variable.location, QueryKind.VARIABLE))
    board = replace(boards[0], panels=(), annotations=(), variables=(asked,))
    assert messages("unused-record", Corpus(boards=(board,), groups=(record,), own=True)) == []


def with_a_panel(**changes):
    """Our first dashboard, with its first panel changed."""
    board = CORPUS.boards[0]
    return Corpus(boards=(replace(board, panels=(replace(board.panels[0], **changes), *board.panels[1:])),), own=True)


@pytest.mark.parametrize("text", ["title", "description"])
def test_a_panel_without_words_is_found(text):
    assert len(found("unexplained-panels", with_a_panel(**{text: " "}))) == 1


def test_a_board_whose_panels_lead_nowhere_is_found():
    (finding,) = found("dead-end", with_a_panel(links=()))
    assert finding.severity is Severity.WARNING and CORPUS.boards[0].panels[0].title in finding.message


RECORDED, E2E = "model:inference_request_duration_seconds_bucket:rate5m", "vllm:e2e_request_latency_seconds"
BOUNDS = {
    f'{RECORDED}{{le="7.0"}}': f'{RECORDED}{{le="7.0"}}: no such bucket; servers have 0.3, 0.5, 0.8, 1.0, 1.5,',
    # Prometheus compares texts: servers write 10.0.
    f'{RECORDED}{{job="a", le="10"}}': f'{RECORDED}{{le="10"}}: no such bucket',
    f'rate({E2E}_bucket{{le="120.0"}}[5m])': f"{E2E} ends at 60 up to version 0.8.3; choose a smaller bound",
    f'{RECORDED}{{le="120.0"}}': f"{E2E} ends at 60 up to version 0.8.3",
    'rate(vllm:time_per_output_token_seconds_bucket{le="5.0"}[5m])': "ends at 2.5 up to version 0.8.3",
    f'{RECORDED}{{le=~"7([.]0)?"}}': f'{RECORDED}{{le=~"7([.]0)?"}}: no such bucket',
    f'{RECORDED}{{le=~"120([.]0)?"}}': f"{E2E} ends at 60 up to version 0.8.3",
    'rate(http_request_duration_seconds_bucket{le="0.25"}[5m])': "no such bucket; servers have 0.05, 0.1, 0.2, 0.3",
    'foreign_seconds_bucket{le="1.0"}': "no histogram or recorded series of that name has buckets",
    f'{RECORDED}{{job=~"a{{2}}", le="7.0"}}': "no such bucket",
    f'{RECORDED}{{le="10.0"}} / {RECORDED}{{le="7.0"}}': f'{RECORDED}{{le="7.0"}}: no such bucket',
}
KNOWN = (
    f'{RECORDED}{{le="10.0"}}',
    f'{RECORDED}{{le="60.0"}}',
    f'{RECORDED}{{le="+Inf"}}',
    f'{RECORDED}{{le="$slo"}}',
    f'{RECORDED}{{le=~"7.0|10.0"}}',
    f'{RECORDED}{{le=~"10([.]0)?"}}',
    'rate(http_request_duration_seconds_bucket{le="0.05"}[5m])',
    'foreign{handle="7"}',
    f"foreign{{handle='{RECORDED}{{le=\"7.0\"}}'}}",
)


@pytest.mark.parametrize("query", BOUNDS)
def test_a_bound_that_is_no_bucket_everywhere_is_found(query):
    (message,) = messages("unknown-bucket", asking(query))
    assert BOUNDS[query] in message


@pytest.mark.parametrize("query", KNOWN)
def test_a_bound_that_is_a_bucket_everywhere_is_not(query):
    assert messages("unknown-bucket", asking(query)) == []


def test_bounds_of_what_is_not_ours_are_judged_where_they_are_known():
    def foreign(query):
        return messages("unknown-bucket", replace(asking(query), own=False))

    assert foreign(f'rate({E2E}_bucket{{le="120.0"}}[5m])') == []
    (message,) = foreign(f'rate({E2E}_bucket{{le="120"}}[5m])')
    assert "no such bucket; servers have 0.3," in message
    assert foreign('rate(other_seconds_bucket{le="120"}[5m])') == []


def test_the_settings_own_buckets_are_known_and_of_one_version():
    custom = {E2E: (1, 7, 120), "http_request_duration_seconds": (1, 7, 120)}
    settings = Settings(thresholds=Thresholds(latency_high_seconds=120), slos=(), histogram_buckets=custom)
    bundle = our_bundle(settings)
    assert messages("unknown-bucket", corpus_of(bundle)) == []

    def of(query):
        return messages("unknown-bucket", replace(asking(query), buckets=bundle.buckets))

    assert of(f'{RECORDED}{{le="7.0"}}') == []
    (message,) = of(f'{RECORDED}{{le="10.0"}}')
    assert message.endswith("no such bucket; servers have 1.0, 7.0, 120.0.")


def test_a_threshold_that_an_old_version_lacks_is_found_in_the_rules():
    bundle = our_bundle(Settings(thresholds=Thresholds(latency_high_seconds=120), slos=()))
    said = {each.location.object: each.message for each in found("unknown-bucket", corpus_of(bundle))}
    # Triton's backend for vLLM has series of the same name.
    record = "model:inference_requests_within_bound:rate5m"
    assert said.keys() == {f"durations / {record}", f"triton / {record}"}
    (message,) = set(said.values())
    assert "ends at 60 up to version 0.8.3" in message and "in the setting histogram_buckets" in message
