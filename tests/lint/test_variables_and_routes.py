"""What the rules on variables, places, routes and fields leave alone, and what they say beyond their examples."""

from dataclasses import replace

import pytest

from glassbox.lint.examples import as_alert, on_board, together
from glassbox.lint.finding import Location
from glassbox.lint.subjects.alert_routes import NotificationRoute
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.file_parts import OpenPort
from glassbox.lint.subjects.judged_boards import BoardLink, BoardPanel, Grid
from tests.support.linted_boards import AT, board, found, variable


@pytest.mark.parametrize(
    "matcher",
    ['model_name=~"$model"', 'model_name="${model:raw}"', 'model_name="$other"', 'model_name="a$model"'],
)
def test_a_pattern_a_format_and_a_part_of_a_value_may_have_several_values(matcher):
    assert found("equals-several", board(f"up{{{matcher}}}", variables=(variable(multi=True),))) == []


def test_a_panel_that_is_repeated_has_one_value_at_a_time():
    several = (variable(multi=True),)
    assert found("equals-several", board('up{m="$model"}', variables=several, panel={"repeats": "model"})) == []
    said = "It compares with 'model', which may be several values. So do 1 more."
    assert found("equals-several", board('up{m="$model"}', 'x{m!="[[model]]"}', variables=several)) == [said]


def test_a_variable_that_a_link_or_another_variable_uses_is_no_idle_one():
    of_link = BoardLink("a", "/d/x?var-m=$model", AT)
    titled = {"title": "Running on $model"}
    assert found("never-narrowing-variable", board("up", panel=titled)) == ["Titles name model, and no query does."]
    assert found("never-narrowing-variable", board("up", panel=titled, links=(of_link,))) == []
    other = variable("pod", texts=('label_values(up{model="$model"}, pod)',))
    assert found("never-narrowing-variable", board("up", panel=titled, variables=(variable(), other))) == []


CHOSEN = [f'vllm:{name}{{model_name="$model"}}' for name in ("num_requests_running", "num_requests_waiting", "x")]


@pytest.mark.parametrize(
    ("last", "title", "count"),
    [
        ("vllm:kv_cache_usage_perc", "Cache", 1),
        ("vllm:kv_cache_usage_perc", "Cache of all models", 0),
        ("DCGM_FI_DEV_GPU_UTIL", "GPU", 0),
        ('vllm:kv_cache_usage_perc{model_name="llama"}', "Cache", 0),
        ('vllm:kv_cache_usage_perc{model_name!=""}', "Cache", 1),
        ('vllm:kv_cache_usage_perc{model_name!="llama"}', "Cache", 0),
        ("vllm:kv_cache_usage_perc + on () own_series", "Cache", 0),
    ],
)
def test_a_panel_ignores_a_choice_only_where_its_metrics_have_the_label(last, title, count):
    assert len(found("ignored-variable", board(*CHOSEN, last, panel={"title": title}))) == count


def test_a_choice_that_few_panels_follow_is_not_meant_for_all():
    assert found("ignored-variable", board(CHOSEN[0], CHOSEN[1], "vllm:kv_cache_usage_perc")) == []


def test_panels_of_another_exporter_do_not_count_as_such_that_leave_a_choice_out():
    others = ("up", "node_load1", "foreign_queue_size")
    assert len(found("ignored-variable", board(*CHOSEN, "vllm:kv_cache_usage_perc", *others))) == 1


def panel(number, *grid, **fields):
    return BoardPanel(f"P{number}", "stat", AT, id=number, grid=Grid(*grid) if grid else None, **fields)


def test_panels_lie_on_each_other_only_within_what_lays_them_out():
    on_each_other = (panel(1, 0, 0, 12, 8), panel(2, 11, 7, 2, 2), panel(3, 12, 0, 12, 8))
    said = "'P1' and 'P2' lie on each other, and 1 more pairs."
    assert found("overlapping-panels", on_board(panels=on_each_other)) == [said]
    folded = (panel(1, 0, 0, 12, 8), panel(2, 0, 0, 12, 8, laid_out_in=1), panel(3), panel(4, 0, 8, 24, 8))
    assert found("overlapping-panels", on_board(panels=folded)) == []
    assert found("overlapping-panels", on_board(panels=(panel(1, 0, 0, 9, 9), panel(2, 0, 0, 9, 9, repeats="x")))) == []


NOBODY = NotificationRoute((), "nobody", AT, is_first=True, notifies=False)
ROUTES = [NOBODY, NotificationRoute((("team", "=", "a"),), "a", AT)]


def routed(*examples, routes=ROUTES):
    return replace(together(*examples).corpus, routes=tuple(routes))


def alert(name, expr="sum(up) == 0", **labels):
    return as_alert(expr, name=name, labels=labels)


@pytest.mark.parametrize(
    ("other", "messages"),
    [
        (alert("B", team="b"), ["No route takes B but the first, whose receiver 'nobody' notifies nobody."]),
        (alert("B"), ["No route takes B but the first, whose receiver 'nobody' notifies nobody."]),
        # A series, or what a server adds, may bring the label.
        (alert("B", "up == 0"), []),
        (alert("B", team="{{ $labels.team }}"), []),
    ],
)
def test_an_alert_is_without_a_route_only_where_nothing_may_bring_the_label(other, messages):
    assert found("unrouted-alert", routed(alert("A", team="a"), other)) == messages


EVERYBODY = NotificationRoute((), "chat", AT, is_first=True)


@pytest.mark.parametrize(
    "routes",
    [
        [EVERYBODY, ROUTES[1]],
        # Another Alertmanager may notify of it.
        [*ROUTES, EVERYBODY],
        # A route without matchers takes what is left.
        [*ROUTES, NotificationRoute((), "chat", AT)],
        # As in a configuration that somebody has yet to fill in.
        [NOBODY, replace(ROUTES[1], notifies=False)],
    ],
)
def test_an_alert_without_a_route_is_told_only_where_others_reach_somebody_and_it_does_not(routes):
    assert found("unrouted-alert", routed(alert("A", team="a"), alert("B", team="b"), routes=routes)) == []


def test_alerts_of_one_name_are_routed_each_by_its_own_labels():
    said = "No route takes A but the first, whose receiver 'nobody' notifies nobody."
    assert found("unrouted-alert", routed(alert("A", team="a"), alert("A", team="b"))) == [said]


def test_where_no_route_takes_any_alert_or_a_pattern_may_none_is_told():
    assert found("unrouted-alert", routed(alert("B", team="b"))) == []
    pattern = NotificationRoute((("team", "=~", "b|c"),), "b", AT)
    assert found("unrouted-alert", routed(alert("A", team="a"), alert("B", team="b"), routes=[*ROUTES, pattern])) == []


@pytest.mark.parametrize(
    ("keys", "messages"),
    [
        (("alert", "exprs"), ["There is no field `exprs`; `expr` is nearest."]),
        (("alert", "expr", "zzz"), ["There is no field `zzz`."]),
        (("alert", "expr", "x-owner", "keep_firing_for", "update_entries_limit"), []),
    ],
)
def test_fields_of_rules_are_those_of_prometheus_and_its_relatives(keys, messages):
    (group,) = as_alert("up == 0").corpus.groups
    rules = (replace(group.rules[0], keys=keys),)
    assert found("unknown-field", Corpus(groups=(replace(group, rules=rules),))) == messages
    # What a server lists has fields of its own.
    assert found("unknown-field", Corpus(groups=(replace(group, rules=rules, keys=("name", "lastEvaluation")),))) == []


def test_two_objects_of_kubernetes_may_have_groups_of_one_name():
    (group,) = as_alert("up == 0").corpus.groups
    again = replace(group, location=Location("rules.yml", 9, "example"))
    first = replace(group, location=Location("rules.yml", 2, "example"))
    said = "There is a group 'example' in line 2 already."
    assert found("duplicate-group", Corpus(groups=(first, again))) == [said]
    assert found("duplicate-group", Corpus(groups=(first, replace(again, part=1)))) == []


def test_a_port_that_no_metrics_have_may_be_open():
    ports = tuple(OpenPort("web", port, f"{port}:{port}", AT) for port in (80, 8080, 9100))
    assert found("open-metrics-address", Corpus(ports=ports)) == ["web opens 9100:9100 to every network."]
