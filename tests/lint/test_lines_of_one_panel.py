"""What a panel shows together: lines that nobody can tell apart, or that cannot stand beside each other, and sums of ratios."""

from dataclasses import replace

import pytest

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Location
from glassbox.lint.linting import judged
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardVariable


def messages(rule, corpus):
    return [finding.message for finding in judged(corpus, select=(rule,))]


def panels(*examples, variables=()):
    """One dashboard with the panels of all."""
    (board, *_) = (board for each in examples for board in each.corpus.boards)
    shown = tuple(panel for each in examples for panel in each.corpus.panels)
    return Corpus(boards=(replace(board, panels=shown, variables=variables),))


def one_panel(*queries, variables=()):
    """One panel with all queries, each as its text and legend."""
    corpus = panels(*(on_panel(*query) for query in queries), variables=variables)
    (board,) = corpus.boards
    asked = tuple(query for panel in board.panels for query in panel.queries)
    return Corpus(boards=(replace(board, panels=(replace(board.panels[0], queries=asked),)),))


@pytest.mark.parametrize(
    ("expr", "legend", "found"),
    [
        ("rate(pg_stat_database_xact_commit[5m])", "Commits", 1),
        ('rate(pg_stat_database_xact_commit{datname="shop"}[5m])', "Commits", 0),
        ('rate(pg_stat_database_xact_commit{datname!~"template.*"}[5m])', "Commits", 0),
        ("rate(pg_stat_database_xact_commit_total[5m])", "Commits", 0),
        ('pg_stat_activity_count{state="active"}', "Active", 1),
        ('pg_stat_activity_count{state="active", datname="shop"}', "Active", 0),
        ("pg_stat_activity_count", "{{state}}", 1),
        ("pg_stat_activity_count", "{{datname}} {{state}}", 0),
        ("pg_stat_activity_count", "{{datname}} of $instance", 0),
        ("pg_stat_activity_count", "{{owner}}", 0),
        ("sum by (state) (pg_stat_activity_count)", "{{state}}", 0),
        ("rate(redis_commands_total[5m])", "{{instance}}", 1),
        ("rate(redis_commands_processed_total[5m])", "Commands", 0),
        ("redis_db_keys", "Keys", 0),
        ('jvm_memory_used_bytes{area="heap"}', "Heap", 0),
        ("jvm_memory_used_bytes", "Used", 1),
        ("kube_pod_status_phase == 1", "Pods", 0),
        ("node_cpu_seconds_total", "{{cpu}}", 1),
        ('rate(node_cpu_seconds_total{mode="idle"}[5m])', "{{cpu}}", 0),
        ("rate(container_network_receive_bytes_total[5m])", "In", 0),
    ],
)
def test_exporters_are_known_to_give_a_series_for_each_part(expr, legend, found):
    assert len(messages("lines-alike", on_panel(expr, legend).corpus)) == found


@pytest.mark.parametrize(
    ("type_", "format_", "found"),
    [
        ("stat", "time_series", ["1 query gives numbers of one name, such as 'Commits' of 'Panel'."]),
        ("gauge", "time_series", ["1 query gives numbers of one name, such as 'Commits' of 'Panel'."]),
        ("stat", "table", []),
        ("table", "table", []),
    ],
)
def test_numbers_of_parts_are_named_apart_too(type_, format_, found):
    corpus = on_panel("pg_stat_database_xact_commit", "Commits", panel={"type": type_}, format=format_).corpus
    assert messages("lines-alike", corpus) == found


def test_a_hidden_query_draws_no_lines():
    assert messages("lines-alike", on_panel("rate(redis_commands_total[5m])", "All", hidden=True).corpus) == []


ALL = "rate(jobs_done_total[5m])"


@pytest.mark.parametrize(
    ("beside", "legend", "found"),
    [
        (f"sum by (status) ({ALL})", "{{status}}", 1),
        (ALL, "{{status}}", 1),
        (f"sum by (model) ({ALL})", "{{model}}", 0),
        (f"sum by (instance) ({ALL})", "{{instance}}", 1),
        (f"sum by (endpoint) ({ALL})", "{{endpoint}}", 0),
        ("sum by (status) (rate(jobs_begun_total[5m]))", "{{status}}", 0),
        ('jobs_done_total{queue="a"} / jobs_done_total{queue="b"}', "Ratio", 1),
        ('jobs_done_total{queue="a"}', "Of a", 0),
        ('jobs_done_total{queue="$a"} / jobs_done_total{queue="$b"}', "Ratio", 0),
        ('jobs_done_total{namespace="a"} / jobs_done_total{namespace="b"}', "Ratio", 0),
    ],
)
def test_a_dashboard_shows_itself_that_a_metric_has_several_series(beside, legend, found):
    assert len(messages("lines-alike", panels(on_panel(ALL, "Done"), on_panel(beside, legend)))) == found


def test_a_label_that_is_chosen_by_tells_nothing_apart():
    chosen = on_panel('rate(jobs_done_total{status="failed"}[5m])', "Failed")
    assert messages("lines-alike", panels(chosen, on_panel(ALL, "{{status}}"))) == []


@pytest.mark.parametrize(
    ("expr", "type_", "found"),
    [
        (ALL, "timeseries", 1),
        (ALL, "stat", 0),
        ('rate(jobs_done_total{pod="a"}[5m])', "timeseries", 0),
        ("rate(jobs_begun_total[5m])", "timeseries", 0),
    ],
)
def test_a_dashboard_that_names_the_servers_of_a_metric_has_several(expr, type_, found):
    beside = on_panel(ALL, "{{instance}}")
    assert len(messages("lines-alike", panels(on_panel(expr, "Done", panel={"type": type_}), beside))) == found


@pytest.mark.parametrize("expr", ["$threshold", '{__name__=~"jobs_.*"}'])
def test_what_has_no_name_of_its_own_is_not_taken_for_another(expr):
    corpus = panels(on_panel(expr, "Jobs"), on_panel("$other", "{{status}}"), on_panel('{__name__="a"}', "{{status}}"))
    assert messages("lines-alike", corpus) == []


def test_the_absence_of_several_is_one():
    absent = on_panel("absent(jobs_done_total)", "None")
    assert messages("lines-alike", panels(absent, on_panel(ALL, "{{status}}"))) == []


def test_a_label_that_the_exporter_does_not_give_proves_nothing():
    known = 'rate(vllm:generation_tokens_total{instance="a"}[5m])'
    assert messages("lines-alike", panels(on_panel(known, "Tokens"), on_panel(known, "{{verb}}"))) == []


@pytest.mark.parametrize(
    ("buckets", "found"),
    [
        ("http_request_duration_seconds_bucket", 1),
        ('shop_http_requests_duration_seconds_bucket{job="shop"}', 1),
        ('http_request_duration_seconds_bucket{handler="/buy"}', 0),
        ("shop_request_duration_seconds_bucket", 0),
    ],
)
def test_requests_are_measured_by_method_and_status(buckets, found):
    corpus = on_panel(f"histogram_quantile(0.95, rate({buckets}[5m]))", "P95").corpus
    assert len(messages("lines-alike", corpus)) == found


P95 = ("histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[5m])))", "P95")
MEAN = "rate(x_seconds_sum{0}[5m]) / rate(x_seconds_count{0}[5m])"


@pytest.mark.parametrize(
    ("quantile", "mean", "found"),
    [
        (P95, (MEAN.format(""), "Average"), 1),
        (P95, (f"1000 * ({MEAN.format('')})", "Average"), 1),
        (P95, (MEAN.format('{pod=~"$pod.*"}'), "Average"), 1),
        (P95, (MEAN.format('{pod=~"$pods"}'), "Average"), 1),
        (P95, (MEAN.format('{pod=~"$pod"}'), "Average"), 0),
        (P95, (MEAN.format('{instance="a"}'), "Average"), 0),
        (P95, (MEAN.format(""), "{{pod}}"), 0),
        (P95, (MEAN.format(""), ""), 0),
        (P95, (MEAN.format("").replace("x_", "y_"), "Average"), 0),
        (("histogram_quantile(0.95, sum by (le, pod) (rate(x_seconds_bucket[5m])))", "P95"), (MEAN.format(""), "Mean"), 0),
        (("histogram_quantile(0.95, rate(x_seconds_bucket[5m]))", "P95"), (MEAN.format(""), "Mean"), 0),
    ],
)  # fmt: skip  # a query in a line
def test_an_average_beside_quantiles_of_all_is_one_of_all(quantile, mean, found):
    at = Location("dashboard.json")
    variables = (BoardVariable("pod", "query", at), BoardVariable("pods", "query", at, multi=True))
    assert len(messages("average-of-each", one_panel(quantile, mean, variables=variables))) == found


def test_an_average_of_a_job_that_is_one_server_is_one_of_all():
    of_job = (MEAN.format('{job="a"}'), "Average")
    up = on_panel('up{job="a"}', "A", panel={"type": "stat"}).corpus.boards[0].panels
    (board,) = one_panel(P95, of_job).boards
    assert len(messages("average-of-each", Corpus(boards=(board,)))) == 1
    assert messages("average-of-each", Corpus(boards=(replace(board, panels=board.panels + up),))) == []


HEAP = ("go_memstats_heap_alloc_bytes", "Heap")


@pytest.mark.parametrize(
    ("queries", "panel", "found"),
    [
        ((HEAP, ("own_training_seconds", "Training")), {}, ["These are seconds, and on the same axis 'Heap' is in bytes."]),
        ((HEAP, ("own_training_seconds", "Training")), {"unit": "bytes"}, ["These are seconds, and on the same axis 'Heap' is in bytes."]),
        ((HEAP, ("go_goroutines", "")), {}, ["These are numbers, and on the same axis 'Heap' is in bytes."]),
        ((HEAP, ("go_goroutines", "")), {"unit": "bytes"}, []),
        ((HEAP, ("go_goroutines", "")), {"other_units": True}, []),
        ((HEAP, ("go_goroutines", "")), {"several_scales": True}, []),
        ((HEAP, ("go_goroutines", "")), {"type": "stat"}, []),
        ((HEAP, ("rate(own_errors_total[5m])", "")), {}, ["These are numbers, and on the same axis 'Heap' is in bytes."]),
        ((HEAP, ("own_start_time_seconds", "")), {}, []),
        ((HEAP, ("max(node_boot_time_seconds)", "")), {}, []),
        ((HEAP, ("time()", "")), {}, []),
        ((HEAP, ("own_heap_bytes / 1024", "")), {}, []),
        ((HEAP, ("own_limit", "")), {}, []),
        ((HEAP, ("rate(own_read_bytes[5m])", "")), {}, []),
        ((HEAP, ("sum(hits) / (sum(hits) + sum(misses))", "")), {}, ["These are ratios, and on the same axis 'Heap' is in bytes."]),
        ((HEAP, ("own_ratio", "")), {}, ["These are ratios, and on the same axis 'Heap' is in bytes."]),
        ((("own_ratio", ""), ("own_percent", "P")), {}, []),
        ((("vllm:kv_cache_usage_perc", ""), ("own_percent", "P")), {}, ["These are ratios, and on the same axis 'P' is in percent."]),
        ((("vllm:kv_cache_usage_perc", ""), ("own_percent", "P")), {"unit": "percent"}, []),
    ],
)  # fmt: skip  # a case in a line
def test_lines_of_one_axis_have_one_unit(queries, panel, found):
    (board,) = one_panel(*queries).boards
    changed = replace(board.panels[0], **panel)
    assert messages("mixed-units", Corpus(boards=(replace(board, panels=(changed,)),))) == found


def test_a_hidden_query_has_no_axis():
    (board,) = one_panel(HEAP, ("go_goroutines", "")).boards
    (panel,) = board.panels
    hidden = tuple(replace(query, hidden=True) for query in panel.queries[1:])
    changed = replace(panel, queries=panel.queries[:1] + hidden)
    assert messages("mixed-units", Corpus(boards=(replace(board, panels=(changed,)),))) == []


@pytest.mark.parametrize(
    ("expr", "unit", "found"),
    [
        ("100 * sum(hits) / (sum(hits) + sum(misses))", "percentunit", 1),
        ("sum(hits) / (sum(hits) + sum(misses)) * 100", "percentunit", 1),
        ("sum(hits) / (sum(misses) + sum(hits))", "percent", 1),
        ("sum(hits) / (sum(lookups) + 1)", "percent", 0),
    ],
)
def test_what_is_divided_by_itself_and_others_is_a_ratio(expr, unit, found):
    assert len(messages("wrong-unit", on_panel(expr, panel={"unit": unit}).corpus)) == found


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("sum_over_time(vllm:kv_cache_usage_perc[1h])", 1),
        ("max(sum_over_time(vllm:kv_cache_usage_perc[1h]))", 1),
        ("sum_over_time(vllm:kv_cache_usage_perc[1h]) / count_over_time(vllm:kv_cache_usage_perc[1h])", 0),
        ("sum_over_time(vllm:num_requests_running[1h])", 0),
        ("sum_over_time(own_ratio[1h])", 0),
        ("avg_over_time(vllm:kv_cache_usage_perc[1h])", 0),
    ],
)
def test_a_ratio_is_not_added_up_over_time(expr, found):
    assert len(messages("sum-of-ratios", on_panel(expr).corpus)) == found
