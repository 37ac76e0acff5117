"""Patterns and texts in each other's place, and alerts on names that every server has."""

import pytest

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.fixing.repairing import repair_files
from glassbox.lint.linting import judged
from glassbox.lint.reading.files_read import read

RULES = """\
groups:
- name: serving
  rules:
  - alert: Fails
    expr: rate(x_total{%s}[5m]) > 1
    for: 5m
"""


def messages(rule, example):
    return [each.message for each in judged(example.corpus, select=(rule,))]


@pytest.mark.parametrize(
    ("matcher", "pattern"),
    [
        ('code="5.."', 'code=~"5.."'),
        ('code!="5.."', 'code!~"5.."'),
        ('code="4[0-9][0-9]"', 'code=~"4[0-9][0-9]"'),
        ('state!="idle|disabled"', 'state!~"idle|disabled"'),
        ('code!="404|500|304"', 'code!~"404|500|304"'),
        ('handler!="/metrics|/health"', 'handler!~"/metrics|/health"'),
        ('job="vllm.*"', 'job=~"vllm.*"'),
        ('pod="api-.+"', 'pod=~"api-.+"'),
    ],
)
def test_a_pattern_behind_an_equals_sign_is_found_and_repaired(tmp_path, matcher, pattern):
    file = tmp_path / "rules.yml"
    file.write_text(RULES % matcher)
    (finding,) = judged(read([file]).corpus, select=("equals-pattern",))
    assert finding.query[slice(*finding.span)] == matcher
    assert [each.rule for each in repair_files(lambda: judged(read([file]).corpus))] == ["equals-pattern"]
    assert file.read_text() == RULES % pattern


@pytest.mark.parametrize(
    "matcher",
    [
        'code=~"5.."',
        'code="5xx"',
        'code="500"',
        'job="$job"',
        'job="a|$job"',
        'job="a.b"',
        'instance="10.0.0.1:9100"',
        'path="/api/.*"',
        'uri="api.*"',
        'le="+Inf"',
        'mountpoint="/"',
        'name="a (b)"',
        'version="1..2"',
        'expr="a | b"',
    ],
)
def test_a_text_behind_an_equals_sign_is_left_alone(matcher):
    assert messages("equals-pattern", on_panel(f"x{{{matcher}}}")) == []


def test_a_needless_pattern_is_written_as_a_text(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_text(RULES % 'job=~"api",code!~"500",pod=~".*",host=~"^a$"')
    assert {each.rule for each in repair_files(lambda: judged(read([file]).corpus))} == {"needless-pattern"}
    assert file.read_text() == RULES % 'job="api",code!="500",pod=~".*",host="a"'


def test_needless_patterns_are_counted_once_for_each_dashboard_and_group():
    query = 'rate(x_total{job=~"api",code!~"500",pod=~".*",state=~"a|b",node=~"$node",host=~""}[5m])'
    said = 'needless pattern, such as job=~"api".'
    assert messages("needless-pattern", on_panel(query)) == [f"3 matchers are a {said}"]
    assert messages("needless-pattern", together(as_alert(query), as_record("y", "z"))) == [f"3 matchers are a {said}"]
    assert messages("needless-pattern", on_panel('x{job=~"api"}')) == [f"1 matcher is a {said}"]


@pytest.mark.parametrize(
    "query", ['x{job="api"}', 'x{job!~".*"}', 'x{instance=~"10.0.0.1:9100"}', 'x{job=~"a.+"}', 'x{job=~"${job:regex}"}']
)
def test_a_pattern_that_means_something_is_left_alone(query):
    assert messages("needless-pattern", on_panel(query)) == []


@pytest.mark.parametrize(
    ("expr", "read"),
    [
        ("sum(rate(http_requests_total[5m])) < 1", "http_requests_total"),
        ("process_resident_memory_bytes > 2e9", "process_resident_memory_bytes"),
        ("up == 0", "up"),
    ],
)
def test_an_alert_on_all_servers_that_does_not_say_which(expr, read):
    assert messages("shared-name", as_alert(expr)) == [f"Example reads {read} of every server."]


@pytest.mark.parametrize(
    "example",
    [
        as_alert("up == 0", annotations={"summary": "{{ $labels.instance }} is down"}),
        as_alert('up{job="api"} == 0'),
        as_alert('up == 0 and on (job) x{team="a"}'),
        as_alert("vllm:num_requests_waiting > 5"),
        as_record("a", "up"),
        on_panel("up"),
    ],
    ids=lambda each: each.text,
)
def test_an_alert_that_chooses_or_says_which_server_is_left_alone(example):
    assert messages("shared-name", example) == []
