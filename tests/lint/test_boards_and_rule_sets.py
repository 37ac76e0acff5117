"""Rules about what fits together, and secrets: more that they find, and what they leave alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from glassbox.lint.examples import as_alert, as_record, on_board, on_panel, together
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged
from glassbox.lint.of_bundle import corpus_of
from glassbox.lint.reading.files_read import read
from glassbox.lint.subjects.alert_routes import Inhibition
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.file_parts import LooseText
from glassbox.lint.subjects.judged_boards import BoardAnnotation, BoardLink, BoardPanel, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind
from tests.support.ours import our_bundle

AT = Location("dashboard.json", object="Example")


def messages(rule, corpus):
    return [finding.message for finding in judged(corpus, select=(rule,))]


def board(expr="up", legend="", variables=(), links=(), **panel):
    asked = Query(expr, AT.within("Panel"), QueryKind.PANEL, "A", legend)
    fields = {"title": "Panel", "type": "timeseries", "id": 1, "unit": "s"} | panel
    return on_board(panels=(BoardPanel(location=AT, queries=(asked,), **fields),), variables=variables, links=links)


def variable(name="model", type_="query", **fields):
    return BoardVariable(name, type_, AT.within(f"variable {name}"), **fields)


USES = {
    "a query": board('up{job="${model:regex}"}', variables=(variable(),)),
    "an old query": board('up{job="[[model]]"}', variables=(variable(),)),
    "a legend": board(legend="$model", variables=(variable(),)),
    "a title": board(title="Of $model", variables=(variable(),)),
    "a text": board(texts=("https://x/?m=$model",), variables=(variable(),)),
    "a link's title": board(links=(BoardLink("More of $model", "/d/x", AT),), variables=(variable(),)),
    "a link's address": board(links=(BoardLink("More", "/d/x?var-m=${model}", AT),), variables=(variable(),)),
    "what a link hands on": board(links=(BoardLink("More", "/d/x", AT, with_variables=True),), variables=(variable(),)),
    "a repeated panel": board(repeats="model", variables=(variable(),)),
    "another variable": board(
        'up{job="$job"}', variables=(variable(), variable("job", texts=("label_values(up{model='$model'}, job)",)))
    ),
}


@pytest.mark.parametrize("where", USES)
def test_a_variable_is_used_by(where):
    assert messages("unused-variable", USES[where]) == []


def test_a_variable_does_not_use_itself():
    assert messages("unused-variable", board(variables=(variable(texts=("model", "label_values(up, job)")),))) == [
        "Nothing uses model."
    ]


def test_variables_of_a_board_that_was_not_read_whole_are_not_judged():
    (whole,) = board('up{job="$job"}', variables=(variable(),)).boards
    part = Corpus(boards=(replace(whole, complete=False),))
    assert messages("unused-variable", part) == messages("undefined-variable", part) == []
    assert messages("undefined-variable", Corpus(boards=(whole,))) == ["There is no variable 'job'."]


def test_grafanas_own_variables_and_groups_of_expressions_are_defined():
    texts = (
        'label_replace(up, "a", "$1", "b", "(.*)")',
        "rate(x[$__rate_interval])",
        'up{a=~"b$|c$"}',
        "x[${__range_s}s:]",
    )
    assert [messages("undefined-variable", board(text)) for text in texts] == [[]] * 4


def test_variables_of_annotations_queries_count():
    note = BoardAnnotation("note", AT, Query('up{a="$gone"}', AT, QueryKind.ANNOTATION))
    assert messages("undefined-variable", on_board(annotations=(note,))) == ["There is no variable 'gone'."]


def test_links_are_judged_as_far_as_their_targets_were_read():
    def linking(uid, panel=None):
        return board(links=(BoardLink("Next", f"/d/{uid}", AT, uid, panel),))

    assert messages("broken-link", linking("elsewhere")) == []
    assert messages("broken-link", replace(linking("elsewhere"), own=True)) == [
        "There is no dashboard with the uid 'elsewhere'."
    ]
    assert messages("broken-link", linking("example", 2)) == ["Example has no panel with the id 2."]
    assert messages("broken-link", linking("example", 1)) == []


def test_boards_without_a_uid_are_not_one():
    (one,) = board().boards
    assert messages("duplicate-uid", Corpus(boards=(replace(one, uid=""), replace(one, uid="")))) == []


ONE_SERVER = [
    board('vllm:num_requests_running{instance="$instance"}', "Running", variables=(variable("instance"),)),
    board('vllm:num_requests_running{instance=~"$instance"}', "Running", variables=(variable("instance"),)),
    board("sum(vllm:num_requests_running)", "Running"),
    board("foreign_gauge", "Running"),
    board("vllm:num_requests_running", "Running", type="stat"),
    board("vllm:num_requests_running / on () sum(vllm:num_requests_waiting)", "Running"),
]


@pytest.mark.parametrize(
    ("expr", "legend", "multi", "found"),
    [
        ('foreign_gauge{instance=~"$instance"}', "Running", True, 1),
        ('1 - foreign_gauge{instance=~"$instance"}', "Free", True, 1),
        ('DCGM_FI_DEV_GPU_TEMP{instance=~"$instance"}', "GPU {{gpu}}", True, 1),
        ('DCGM_FI_DEV_GPU_TEMP{instance=~"$instance"}', "GPU {{gpu}}", False, 0),
        ('DCGM_FI_DEV_GPU_TEMP{instance=~"$instance"}', "{{Hostname}} {{gpu}}", True, 0),
        ('max by (gpu) (DCGM_FI_DEV_GPU_TEMP{instance=~"$instance"})', "GPU {{gpu}}", True, 0),
        ("DCGM_FI_DEV_GPU_TEMP", "GPU {{gpu}}", True, 0),
        ('foreign_gauge{job=~"$instance"}', "Running", True, 0),
    ],
)
def test_lines_of_servers_that_a_variable_chooses_are_named_apart(expr, legend, multi, found):
    corpus = board(expr, legend, variables=(variable("instance", multi=multi),))
    assert len(messages("lines-alike", corpus)) == found


@pytest.mark.parametrize(
    ("expr", "legend", "found"),
    [
        ("node_filesystem_size_bytes - 5", "Size", 1),
        ('rate(node_network_receive_bytes_total{instance="a"}[5m])', "In", 1),
        ('rate(node_network_receive_bytes_total{device="eth0"}[5m])', "In", 0),
        ('node_filesystem_free_bytes{fstype=~"ext4|xfs"}', "Free", 0),
        ("rate(node_disk_read_bytes_total[5m])", "{{device}}", 0),
        ("sum(rate(node_disk_read_bytes_total[5m]))", "Read", 0),
        ("node_memory_MemFree_bytes", "Free", 0),
    ],
)
def test_the_parts_of_one_server_are_lines_of_one_name(expr, legend, found):
    assert len(messages("lines-alike", board(expr, legend))) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ["1 panel turns red at 80, such as 'Panel'."]),
        ({"unit": "percentunit"}, ["1 panel turns red at 80, such as 'Panel'."]),
        ({"unit": "percent"}, []),
        ({"unit": "ms"}, []),
        ({"title": "KV cache usage"}, []),
        ({"title": "KV cache usage", "unit": "percentunit"}, ["1 panel turns red at 80, such as 'KV cache usage'."]),
        ({"maximum": 100}, []),
        ({"named_values": frozenset({"0", "1"})}, []),
        ({"colored": False}, []),
        ({"thresholds": (80.0, 90.0)}, []),
    ],
)
def test_a_threshold_that_grafana_proposes_is_found_where_it_colours_a_number(changes, found):
    panel = {"type": "stat", "thresholds": (80.0,), "colored": True} | changes
    assert messages("unchosen-threshold", on_panel("up", panel=panel).corpus) == found


@pytest.mark.parametrize(
    ("hidden", "uses", "found"),
    [(False, "prometheus", ["Nothing uses source."]), (False, "${source}", []), (True, "prometheus", [])],
)
def test_a_choice_of_a_data_source_that_no_panel_follows_is_found(hidden, uses, found):
    corpus = board(datasource=uses, variables=(variable("source", "datasource", hidden=hidden),))
    assert messages("unused-variable", corpus) == found


@pytest.mark.parametrize(
    ("expr", "changes", "found"),
    [
        ('up{job="a"}', {}, 1),
        ("sum(rate(x_total[5m]))", {}, 1),
        ("max(agents_count)", {}, 1),
        ("sum(max_over_time(own_errors_total[1h]))", {}, 1),
        ("vllm:num_requests_swapped", {}, 1),
        ("delta(own_errors_total[1h])", {}, 0),
        ("own_errors", {}, 0),
        ("x - y", {}, 0),
        ("DCGM_FI_DEV_GPU_TEMP", {}, 0),
        ('up{job="a"}', {"thresholds": (0.0, 1.0)}, 0),
        ('up{job="a"}', {"named_values": frozenset({"0"})}, 0),
    ],
)
def test_a_colour_that_begins_at_0_is_found_where_nothing_is_below(expr, changes, found):
    panel = {"type": "stat", "thresholds": (0.0,), "colored": True} | changes
    assert len(messages("colour-of-always", on_panel(expr, panel=panel).corpus)) == found


@pytest.mark.parametrize("corpus", ONE_SERVER)
def test_lines_that_may_be_one_are_left_alone(corpus):
    assert messages("lines-alike", corpus) == []


def test_lines_of_many_servers_are_found_once_for_each_board():
    many = variable("instance", multi=True)
    corpus = board('vllm:num_requests_running{instance=~"$instance"}', "Running", variables=(many,))
    assert messages("lines-alike", corpus) == ["1 query gives lines of one name, such as 'Running' of 'Panel'."]


@pytest.mark.parametrize(
    ("up", "legend", "found"),
    [
        ('up{job="vllm"}', "vLLM", 0),
        ('up{job="vllm"}', "{{instance}}", 1),
        ('up{job="vllm"}', "", 1),
        ('up{job="sglang"}', "vLLM", 1),
        ("up", "vLLM", 1),
    ],
)
def test_a_job_is_one_server_where_the_board_shows_whether_it_is_up_under_one_name(up, legend, found):
    lines = on_panel('vllm:num_requests_running{job="vllm"}', "Running").corpus.boards[0]
    state = on_panel(up, legend, panel={"type": "stat"}).corpus.boards[0]
    corpus = Corpus(boards=(replace(lines, panels=(*lines.panels, *state.panels)),))
    assert len(messages("lines-alike", corpus)) == found


@pytest.mark.parametrize(
    ("by", "found"),
    [("rate(vllm:time_to_first_token_seconds_bucket[5m])", 1), ("sum by (le) (rate(x_seconds_bucket[5m]))", 0)],
)
def test_quantiles_of_each_server_are_lines_of_one_name(by, found):
    assert len(messages("lines-alike", board(f"histogram_quantile(0.9, {by})", "P90"))) == found


def test_short_windows_of_a_board_are_one_finding_where_the_scrape_interval_is_assumed():
    (one,) = board("rate(x[1m]) + irate(y[1m])").boards
    (message,) = messages("short-window", Corpus(boards=(one,)))
    assert message.endswith("2 windows of the dashboard are as short.")
    assert len(messages("short-window", Corpus(boards=(one,), scrape_interval_seconds=30))) == 2
    assert messages("short-window", Corpus(boards=(one,), scrape_interval_seconds=15)) == []


def test_short_windows_of_the_records_of_a_group_are_one_finding_and_alerts_are_found_each():
    (group,) = together(as_record("a:x:rate", "rate(x[1m]) + rate(y[1m])")).corpus.groups
    corpus = Corpus(groups=(replace(group, rules=group.rules * 2),))
    (message,) = messages("short-window", corpus)
    assert message.endswith("4 windows of the group are as short.")
    alerts = together(as_alert("rate(x[1m]) > 1", name="A"), as_alert("rate(y[1m]) > 1", name="B"))
    assert len(messages("short-window", alerts.corpus)) == 2


def test_alerts_and_records_that_are_alike_and_not_the_same():
    apart = together(
        as_alert("up == 0", name="A"), as_alert("up == 0", name="B", for_="10m"), as_alert("up < 1", name="C")
    )
    assert messages("same-alert", apart.corpus) == []
    assert messages(
        "same-alert", together(as_alert("sum( up )==0", name="A"), as_alert("sum(up) == 0", name="B")).corpus
    ) == ["B fires whenever A does, and never else."]
    assert messages("same-record", together(as_record("a:x:y", "sum(up)"), as_record("a:x:y", "sum( up )")).corpus) == [
        "a:x:y is recorded by group example too."
    ]
    labelled = together(as_record("a:x:y", "sum(up)", {"q": "1"}), as_record("a:x:y", "sum(up)", {"q": "2"}))
    assert messages("same-record", labelled.corpus) == []


RULES_OF_A_FILE = """groups:
- name: g
  rules:
  - {alert: A, expr: up == 0}
  - {alert: B, expr: up == 1}
  - {record: 'a:x:y', expr: sum(up)}
  - {record: 'a:x:z', expr: min(up)}
"""


def copied(tmp_path, *texts):
    """Findings of rules that are there twice, in files of these texts, without the names of folders."""
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yml").write_text(text)
    found = judged(read([tmp_path]).corpus, select=("same-alert", "same-record"))
    return [
        (Path(each.location.file).name, each.location.object, each.message.replace(f"{tmp_path}/", ""))
        for each in found
    ]


def test_a_file_that_is_there_twice_is_one_finding_of_its_alerts_and_one_of_its_records(tmp_path):
    twice = [
        RULES_OF_A_FILE,
        RULES_OF_A_FILE.replace("name: g", "name: other"),
        "groups: [{name: g, rules: [{alert: D, expr: up == 1}]}]",
    ]
    assert copied(tmp_path, *twice) == [
        ("1.yml", "", "2 alerts of this file fire whenever others in 0.yml do, and never else, such as A."),
        ("1.yml", "", "2 series of this file are recorded in 0.yml too, such as a:x:y."),
        ("2.yml", "g / D", "D fires whenever B in 0.yml does, and never else."),
    ]


def test_rules_that_are_there_twice_in_one_file_are_found_each(tmp_path):
    (group,) = RULES_OF_A_FILE.split("groups:\n")[1:]
    found = copied(tmp_path, RULES_OF_A_FILE + group.replace("name: g", "name: h"))
    assert [place for _, place, _ in found] == ["h / A", "h / B", "h / a:x:y", "h / a:x:z"]


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (["groups:\n- name: g\n  rules:\n  - {alert: A, expr: up}\n  - {alert: A, expr: up}\n"], "at line 4"),
        (["groups: [{name: g, rules: [{alert: A, expr: up}]}]"] * 2, "in 0.yml"),
    ],
)
def test_an_alert_that_is_there_twice_under_its_name_says_where(tmp_path, texts, where):
    ((_, _, message),) = copied(tmp_path, *texts)
    assert message == f"A is there twice, with one query and one `for`: also {where}."


@pytest.mark.parametrize(
    ("source", "target"), [("critical", "warning|info"), ("critical", "critical"), ("", "critical")]
)
def test_an_inhibition_that_silences_no_page_is_left_alone(source, target):
    matchers = (("severity", "=", source),) if source else (("alertname", "=", "NodeDown"),)
    each = Inhibition(matchers, (("severity", "=~", target),), ("node",), AT)
    assert messages("page-is-silenced", Corpus(inhibitions=(each,))) == []


SECRETS = (
    "glsa_" + "a1B2c3D4e5F6g7H8i9J0k1L2_0a1b2c3d",
    "AKIA" + "IOSFODNN7ABCDEFG",
    "https://hooks.slack.com/services/T0123ABCD/B0123ABCD/" + "a1b2c3d4e5f6g7h8i9j0",
    "https://open.feishu.cn/open-apis/bot/v2/hook/" + "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d",
    "https://admin:" + "hunter2@prometheus.internal/",
    "-----BEGIN " + "RSA PRIVATE KEY-----",
)
NO_SECRETS = (
    "https://hooks.slack.com/services/YOUR/WEBHOOK/URL",
    "https://user:<password>@host/",
    "https://${user}:${password}@host/",
    "Bearer {{ .Token }}",
    "https://grafana.internal/d/abc?var-job=a:b@c",
    "sum(rate(glsa_requests_total[5m]))",
    "AKIAIOSFODNN7EXAMPLE",
)


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_found_and_not_printed(text):
    (finding,) = judged(Corpus(texts=(LooseText(f"url: {text}", AT),)), select=("secret",))
    assert text not in f"{finding}"


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_found_anywhere(text):
    assert messages("secret", as_alert("up == 0", annotations={"runbook_url": text}).corpus)
    assert messages("secret", on_panel("up", panel={"texts": (text,)}).corpus)


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_is_no_secret_is_left_alone(text):
    assert messages("secret", Corpus(texts=(LooseText(text, AT),))) == []


RAW = "histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[$__rate_interval])))"


def test_a_panel_of_raw_buckets_is_shown_the_series_that_ours_record_of_them():
    ours = corpus_of(our_bundle())
    (found,) = judged(replace(ours, boards=on_panel(RAW).corpus.boards, exemptions=()), select=("raw-histogram",))
    assert found.fix == "Read model:inference_request_duration_seconds_bucket:rate5m."


@pytest.mark.parametrize(
    ("record", "panel"),
    [
        ("sum by (le) (rate(x_bucket[5m]))", "histogram_quantile(0.9, sum by (le, instance) (rate(x_bucket[5m])))"),
        ("sum by (le) (rate(x_bucket[5m]))", 'histogram_quantile(0.9, sum by (le) (rate(x_bucket{job="a"}[5m])))'),
        ('sum by (le) (rate(x_bucket{job="a"}[5m]))', "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))"),
        ("avg by (le) (rate(x_bucket[5m]))", "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))"),
        ("sum by (le) (rate(x_bucket[5m]))", "histogram_quantile(0.9, sum by (le) (rate(y_bucket[5m])))"),
    ],
)
def test_buckets_whose_sum_is_not_recorded_are_read_raw(record, panel):
    assert messages("raw-histogram", together(as_record("job:x_bucket:rate5m", record), on_panel(panel)).corpus) == []


def test_a_series_that_rules_elsewhere_may_record_is_left_alone():
    recorded = as_record("job:requests:rate5m", "sum by (job) (rate(x[5m]))")
    others = ("cluster:cpu_usage:sum", "job:requests:rate1h", "$level:requests:rate5m", "vllm:num_requests_waiting")
    for name in others:
        assert messages("unrecorded-series", together(recorded, on_panel(name)).corpus) == []
    wrong = together(recorded, on_panel("job:request:rate5m")).corpus
    assert messages("unrecorded-series", wrong) == [
        "No rule records job:request:rate5m; job:requests:rate5m is nearest."
    ]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"for_text": "soon"}, ["`for` is 'soon', which is not a duration."]),
        ({"for_text": "5"}, ["`for` is '5', which is not a duration."]),
        ({"keep_firing_text": "1 h"}, ["`keep_firing_for` is '1 h', which is not a duration."]),
        ({"for_text": "30m1h"}, ["`for` is '30m1h', which is not a duration."]),
        ({"for_text": "1e999"}, ["`for` is '1e999', which is longer than the 292 years that Prometheus takes."]),
        (
            {"for_text": "9" * 400 + "y"},
            [f"`for` is '{'9' * 400}y', which is longer than the 292 years that Prometheus takes."],
        ),
        (
            {"keep_firing_text": "293y"},
            ["`keep_firing_for` is '293y', which is longer than the 292 years that Prometheus takes."],
        ),
        ({"for_text": "292y"}, []),
        ({"for_text": "0"}, []),
        ({"for_text": "0s", "keep_firing_text": "1.5h"}, []),
        ({"for_text": "1d12h", "keep_firing_text": "500ms"}, []),
        ({"for_text": "${WAIT}"}, []),
        ({"for_text": "soon", "is_grafana": True}, []),
    ],
)
def test_times_that_prometheus_cannot_read_are_found(times, said):
    (group,) = as_alert("up == 0").corpus.groups
    rules = (replace(group.rules[0], **times),)
    assert messages("not-a-duration", Corpus(groups=(replace(group, rules=rules),))) == said


@pytest.mark.parametrize(("interval", "is_found"), [("often", True), ("1m", False), ("30", False), ("", False)])
def test_intervals_of_groups_are_durations_or_seconds_of_an_api(interval, is_found):
    (group,) = as_alert("up == 0").corpus.groups
    found = messages("not-a-duration", Corpus(groups=(replace(group, interval_text=interval),)))
    assert found == (["`interval` is 'often', which is not a duration."] if is_found else [])


def test_a_rule_without_a_name_is_found_once_and_in_words():
    (group,) = as_alert("up").corpus.groups
    corpus = Corpus(groups=(replace(group, rules=(replace(group.rules[0], name=""),)),))
    assert [finding.message for finding in judged(corpus)] == ["The rule has neither `alert` nor `record`."]


def test_a_panel_without_a_title_and_an_id_is_called_so():
    said = messages("unexplained-panels", board(title="", id=None))
    assert said == ["1 panel lacks a title or a description, such as one without a title."]
