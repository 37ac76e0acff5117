"""Texts that name labels of a result: which are found, and which are left alone."""

import pytest

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.linting import judged
from glassbox.lint.templates import lacks_a_brace, of_alert, of_legend


def problems(example):
    return [finding.message for finding in judged(example.corpus, select=("dropped-label",))]


def alerting(expr, text, **more):
    return as_alert(expr, annotations={"summary": text}, **more)


SILENT = {
    "kept": on_panel("sum by (a) (x)", "{{a}}"),
    "overwritten by the rule": alerting("x > 3", "{{ $labels.pod }}", labels={"pod": "{{ $labels.exported_pod }}"}),
    "the rule's and the series'": alerting("x > 3", "{{ $labels.severity }}", labels={"severity": "page"}),
    "chosen too": alerting('x{host="a"} > 3', "{{ $labels.host }}", labels={"host": "{{ $labels.instance }}"}),
    "lent": on_panel("sum by (a) (x) * on (a) group_left (b) y", "{{b}}"),
    "made": on_panel('label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")', "{{b}}"),
    "one side of or": on_panel("sum by (a) (x) or sum by (b) (y)", "{{b}}"),
    "chosen labels": on_panel("sum by ($by) (x)", "{{b}}"),
    "chosen metric": on_panel("$metric", "{{b}}"),
    "called as a label to be filled in": on_panel("sum by (label_name) (x)", "{{label_name}}"),
    "not PromQL": on_panel("sum by (a) (x", "{{b}}"),
    "hidden": on_panel("sum(x)", "{{b}}", hidden=True),
    "table": on_panel("sum(x)", "{{b}}", format="table"),
    "no label": on_panel("sum(x)", "{{ $value }} {{}}"),
    "asked for": alerting("sum(x) > 1", "{{ if $labels.a }}{{ $labels.a }}{{ end }}"),
    "of a query within": alerting("sum(x) > 1", '{{ range query "up" }}{{ .Labels.instance }}{{ end }}'),
    "external": alerting("sum(x) > 1", "{{ $externalLabels.cluster }}"),
    "a record with more": together(as_record("a:x:sum", "sum by (a) (x)"), on_panel("a:x:sum", "{{a}} {{cluster}}")),
    "a record of another file": on_panel("a:x:sum", "{{b}}"),
    "a label of the name of a series": alerting("count by (version) (version) > 1", "{{ $labels.version }}"),
    "a threshold of Grafana": alerting("up == 0", "{{ $labels.instance }}", grafana={}),
    "what a classic condition does not drop": alerting(
        "up == 0",
        "{{ $labels.severity }} {{ $labels.alertname }}",
        labels={"severity": "page"},
        grafana={"loses_labels": True},
    ),
    "one link for several queries": on_panel(
        "sum by (a) (x)", panel={"label_texts": (("The link 'x'", "/d/x?var-a=${__field.labels.a}"),)}
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_a_text_whose_labels_may_be_there_is_left_alone(name):
    assert problems(SILENT[name]) == []


FOUND = {
    "legend": (
        on_panel("sum by (a) (x)", "{{a}} {{ b }}"),
        "The legend names 'b', which no result has: the query keeps a.",
    ),
    "to be filled in": (on_panel("x", "{{label_name}}"), "as Grafana writes it for a label to be filled in."),
    "to be filled in, and dropped": (on_panel("sum(x)", "{{label_name}}"), "which no result has"),
    "nothing kept": (on_panel("sum(x)", "{{b}}"), "no result has: the query keeps no label."),
    "taken away": (on_panel("sum without (b) (x)", "{{b}}"), "no result has: the query removes it."),
    "quantile": (on_panel("histogram_quantile(0.9, rate(x_bucket[5m]))", "{{le}}"), "the query removes it."),
    "a link": (
        on_panel("sum by (a) (x)", panel={"label_texts": (("The link 'x'", "/d/x?var-b=${__field.labels.b}"),)}),
        "The link 'x' names the label 'b', which no query of the panel has.",
    ),
    "of an alert": (
        alerting("sum by (job) (up) == 0", "{{ $labels.instance }}"),
        "The annotation 'summary' prints the label 'instance', which no result has: the query keeps job.",
    ),
    "by its short name": (alerting("sum(up) == 0", "{{ .Labels.instance }}"), "the query keeps no label"),
    "by index": (alerting("sum(up) == 0", '{{ index $labels "instance" }}'), "prints the label 'instance'"),
    "in a label": (
        as_alert("sum(up) == 0", labels={"team": "{{ $labels.team }}"}),
        "The label 'team' prints the label 'team', which Prometheus adds after it has filled in the texts.",
    ),
    "a series as if it were a label": (
        alerting("used > used_limit", "{{ $value }} of {{ $labels.used_limit }}"),
        "The annotation 'summary' prints 'used_limit' as a label, and it is the name of a series.",
    ),
    "a series, also where no label is kept": (
        alerting("sum(used) > sum(used_limit)", "{{ $labels.used_limit }}"),
        "and it is the name of a series.",
    ),
    "added later": (
        alerting("sum(up) == 0", "{{ $labels.alertname }}"),
        "'alertname', which Prometheus adds after it has filled in the texts.",
    ),
    "made by the rule": (
        alerting("x > 3", "{{ $labels.host }} is slow", labels={"host": "{{ $labels.instance }}"}),
        "prints the label 'host', which Prometheus adds after it has filled in the texts.",
    ),
    "a classic condition of Grafana": (
        alerting("up == 0", "{{ $labels.instance }}", grafana={"loses_labels": True}),
        "prints the label 'instance', and the result of a classic condition has none.",
    ),
    "of a record": (
        together(as_record("a:x:sum", "sum by (a) (x)"), on_panel("a:x:sum", "{{instance}}")),
        "The legend names 'instance', which no result has",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_text_whose_label_is_never_there_is_found(name):
    example, message = FOUND[name]
    (problem,) = problems(example)
    assert message in problem


def test_templates_are_read_as_grafana_and_prometheus_read_them():
    assert of_legend("{{a}} - {{ b }} {{ $c }} {{d.e}}") == ("a", "b")
    assert of_alert("{{ $labels.a | title }} {{- with $labels.b }}{{ . }}{{ end }} {{ or $labels.c `x` }}") == ("a",)
    assert of_alert('{{ printf "%s" $labels.a }} {{ $value }}') == ("a",)


@pytest.mark.parametrize(
    ("legend", "part"),
    [
        ("{{namespace} {{ pod }}", "{{namespace}"),
        ("{{ pod }} of {{node", "{{node"),
        ("{{pod}} {node}}", "{node}}"),
        ("pod}}", "pod}}"),
        ("{{pod}} {{node}} of {here}", ""),
        ('{pod="{{pod}}", node={{node}}}', ""),
        ("{{${label}}} {{$label}} ${app} [[app]]", ""),
        ("", ""),
    ],
)
def test_a_legend_lacks_a_brace_where_a_label_has_too_few(legend, part):
    assert lacks_a_brace(legend) == part


@pytest.mark.parametrize("expr", ["sum by (pod) (x)", "sum by (node) (x)"])
def test_a_missing_brace_is_not_called_a_label_that_the_query_drops(expr):
    (finding,) = judged(on_panel(expr, "{{namespace} {{ pod }}").corpus, select=("dropped-label", "missing-brace"))
    assert (finding.rule, finding.message) == ("missing-brace", "The legend lacks a brace at '{{namespace}'.")
