"""The whole product on real processes: replayed vLLM, our exporter, Prometheus, Alertmanager, and the stand-in for Grafana."""

import json
import re
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack

import pytest

from demo import demo
from demo.past_check import check_past
from demo.scenarios import NEWEST, OLDER
from demo.server_settings import CAPACITY_REQUESTS_PER_SECOND
from glassbox.metrics import CATALOGUE
from glassbox.prometheus import board_queries
from glassbox.prometheus.board_queries import api_data
from glassbox.query.promql import CHOSEN_RANGE
from glassbox.settings.model import Jobs, Settings
from tests.support.empty_in_demo import KV_BOARD, OF_EVERY_SERVER, WHY_EMPTY
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets
from tests.support.waiting import eventually

# Panels whose queries may return nothing in the demo, each with its reason.
INTENTIONALLY_EMPTY = {
    "Monitoring health: Services not listed A": "the demo's settings list every service",
    "Monitoring health: Targets seen twice A": "one Prometheus scrapes each target once",
}
# On a busy machine the hours before take their time.
pytestmark = pytest.mark.timeout(900)
DATA_TIMEOUT_SECONDS = 60
ALERT_TIMEOUT_SECONDS = 180
# Those of the period of an objective are evaluated every two minutes.
RULES_TIMEOUT_SECONDS = 240
# 100 requests of the slower server, at 0.8/s.
COMPARISON_TIMEOUT_SECONDS = 240
BUNDLE = our_bundle(Settings(jobs=Jobs(capacity_requests_per_second=CAPACITY_REQUESTS_PER_SECOND)))
SATURATED = "qwen/Qwen2.5-7B-Instruct"
QUERIES = {
    f"{board['title']}: {panel['title']} {target['refId']}": (target["expr"], board["templating"]["list"])
    for board in BUNDLE.dashboards.values()
    for panel in board["panels"]
    for target in own_targets(panel)
}
INTENTIONALLY_EMPTY |= {
    name: WHY_EMPTY
    for name in QUERIES
    if name.startswith(f"{KV_BOARD}: ") and not name.endswith(tuple(f"{title} A" for title in OF_EVERY_SERVER))
}
VARIABLES = {
    variable["name"]: variable
    for board in BUNDLE.dashboards.values()
    for variable in board["templating"]["list"]
    if variable["type"] == "query" and not variable.get("hide")
}


@pytest.fixture(scope="module")
def running(components, tmp_path_factory):
    """The demo as `make demo` starts it."""
    with ExitStack() as resources:
        yield demo.start(resources, tmp_path_factory.mktemp("demo"))


def with_variables(expr, variables, chosen):
    """The query as Grafana sends it for the last half hour with these choices, every other variable at All."""
    expr = board_queries.with_variables(expr, variables, chosen).replace(CHOSEN_RANGE, "30m")
    assert "$" not in re.sub(r"\$\d", "", expr)
    return expr


@pytest.fixture(scope="module")
def chosen(running):
    """What Grafana chooses at first where there is no All: the first value in the order of the variable."""
    return {name: offered(running, name)[0] for name, variable in VARIABLES.items() if "allValue" not in variable}


def offered(running, name):
    """The values of a variable that depends on no other, once every job has one."""
    series, label = VARIABLES[name]["definition"].removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)

    def values():
        found = api_data(running.prometheus_url, f"label/{label}/values", **{"match[]": series})
        return found if len(found) > 1 else []

    return sorted(eventually(values, DATA_TIMEOUT_SECONDS), reverse=VARIABLES[name]["sort"] == 2)


def numbers(running, query):
    found = api_data(running.prometheus_url, "query", query=query)["result"]
    return [series["value"][1] for series in found if series["value"][1] not in ("NaN", "+Inf", "-Inf")]


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_every_panel_returns_numbers(running, chosen, name):
    query = with_variables(*QUERIES[name], chosen)
    if name in INTENTIONALLY_EMPTY:
        assert not numbers(running, query), f"declared empty ({INTENTIONALLY_EMPTY[name]}), and has data now"
    else:
        timeout_seconds = COMPARISON_TIMEOUT_SECONDS if CHOSEN_RANGE in QUERIES[name][0] else DATA_TIMEOUT_SECONDS
        assert eventually(lambda: numbers(running, query), timeout_seconds), query


@pytest.fixture(scope="module")
def replica(running):
    """The only one that serves the saturated model."""
    query = f'instance:inference_requests_running:sum{{model_name="{SATURATED}"}}'
    (only,) = eventually(lambda: api_data(running.prometheus_url, "query", query=query)["result"], DATA_TIMEOUT_SECONDS)
    return only["metric"]["instance"]


@pytest.mark.parametrize("name", [name for name, (expr, _) in QUERIES.items() if "${instance:text}" in expr])
def test_a_chosen_replica_has_whatever_its_model_has(running, chosen, replica, name):
    of_model = with_variables(*QUERIES[name], chosen | {"model": SATURATED})
    if numbers(running, of_model):
        of_replica = with_variables(*QUERIES[name], chosen | {"model": SATURATED, "instance": replica})
        assert eventually(lambda: numbers(running, of_replica), DATA_TIMEOUT_SECONDS), of_replica


def test_the_comparison_begins_with_one_engine_on_both_sides(chosen):
    assert (chosen["engine_a"], chosen["engine_b"]) == ("vllm", "vllm")


@pytest.mark.parametrize("name", [name for name in QUERIES if name.startswith("Engine comparison: ")])
def test_two_versions_of_vllm_are_compared_in_every_panel(running, name):
    newer, older = NEWEST, OLDER
    versions = {"engine_a": "vllm", "version_a": newer, "engine_b": "vllm", "version_b": older}
    query = with_variables(*QUERIES[name], versions)
    assert eventually(lambda: numbers(running, query), COMPARISON_TIMEOUT_SECONDS), query


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_offers_values(running, chosen, name):
    definition = with_variables(VARIABLES[name]["definition"], VARIABLES.values(), chosen)
    series, label = definition.removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)

    def values():
        return api_data(running.prometheus_url, f"label/{label}/values", **{"match[]": series})

    assert eventually(values, DATA_TIMEOUT_SECONDS)


def test_prometheus_loaded_every_rule_and_none_fails(running):
    def rules():
        groups = api_data(running.prometheus_url, "rules")["groups"]
        found = [rule for group in groups for rule in group["rules"]]
        return found if all(rule["health"] == "ok" for rule in found) else []

    healthy = eventually(rules, RULES_TIMEOUT_SECONDS)
    files = (*BUNDLE.alerts.values(), *BUNDLE.recording_rules.values())
    assert len(healthy) == sum(len(group["rules"]) for file in files for group in file["groups"])


def test_the_numbers_on_the_boards_are_those_of_the_captures(running):
    """The replayed server ran 16 to 32 requests at most, its cache was full, and it waited for capacity."""

    def value(expr):
        found = api_data(running.prometheus_url, "query", query=expr)["result"]
        return float(found[0]["value"][1])

    saturated = f'model_name="{SATURATED}"'
    assert value(f"model:inference_kv_cache_usage_ratio:max{{{saturated}}}") > 0.9
    assert value(f"model:inference_requests_waiting:sum{{{saturated}}}") > 10
    assert 0 < value(f"model:inference_generation_tokens:rate5m{{{saturated}}}") < 10_000
    assert eventually(
        lambda: 1 < value('sum(model:inference_requests:rate1m{job="hunyuanocr"})') < 10, DATA_TIMEOUT_SECONDS
    )


def test_a_saturated_vllm_makes_prometheus_fire_and_alertmanager_deliver(running):
    """Scrape, recorded series, alert, routing, webhook: all of it real."""
    alert = running.webhook.wait_for("InferenceKVCacheFullAndQueueing", ALERT_TIMEOUT_SECONDS)
    assert alert.labels["model_name"] == SATURATED
    assert alert.labels["severity"] == "ticket"
    assert "% of its KV cache" in alert.annotations["description"]
    assert "{{" not in alert.annotations["description"]
    firing = api_data(running.prometheus_url, "query", query='ALERTS{alertstate="firing"}')["result"]
    down = {"InferenceInstanceDown", "InferenceNoCapacity"}
    assert down.isdisjoint(series["metric"]["alertname"] for series in firing)


def test_the_past_has_recorded_series_and_the_incident(running):
    minutes = re.search(r"fired for (\d+) of the 45 minutes", check_past(running.prometheus_url, running.past))
    assert 30 <= int(minutes[1]) <= 45


def past_value(running, expr, minutes_ago):
    moment = running.past.end_seconds - 60 * minutes_ago
    (found,) = api_data(running.prometheus_url, "query", query=expr, time=moment)["result"]
    return float(found["value"][1])


def test_the_numbers_of_the_past_are_those_of_its_captures(running):
    """Light load at first, then 45 minutes of a full cache and a queue, which began 155 minutes before the start."""
    model = f'{{model_name="{SATURATED}"}}'
    usage, waiting = (f"model:inference_{name}{model}" for name in ("kv_cache_usage_ratio:max", "requests_waiting:sum"))
    assert [past_value(running, usage, minutes) > 0.9 for minutes in (200, 160, 150, 120, 100, 20, 10)] == (
        [False, False, True, True, False, False, True]
    )
    assert past_value(running, waiting, 130) > 30
    assert past_value(running, waiting, 60) == 0
    served = f"model:inference_requests:rate1m{model}"
    assert past_value(running, served, 170) > 3 * past_value(running, served, 130) > 0


def test_the_past_has_the_targets_and_series_of_the_present(running):
    """Prometheus itself has just started, and nothing reads when a series was made."""

    def series(moment):
        selector = '{job=~"vllm|hunyuanocr|dcgm", __name__!~".+:.+:.+|.+_created|ALERTS.*"}'
        found = api_data(running.prometheus_url, "query", query=selector, time=moment)["result"]
        return {tuple(sorted(each["metric"].items())) for each in found}

    now = eventually(lambda: series(time.time()), DATA_TIMEOUT_SECONDS)
    vllm_of_colons = {each for each in now if dict(each)["__name__"].startswith("vllm:")}
    assert len(now) > 900
    assert now - vllm_of_colons == series(running.past.end_seconds - 7200) - vllm_of_colons


def test_counters_go_on_from_the_past_to_the_present(running):
    """The replayed servers and their totals are the same; the OCR service and the GPU exporter have begun anew."""
    query = "max by (job) (resets(vllm:generation_tokens_total[4h]))"
    (found,) = eventually(
        lambda: api_data(running.prometheus_url, "query", query=query)["result"], DATA_TIMEOUT_SECONDS
    )
    assert (found["metric"]["job"], found["value"][1]) == ("vllm", "0")


def test_the_page_says_what_is_written_and_what_is_live(running):
    with urllib.request.urlopen(running.grafana_url, timeout=10) as answer:
        page = answer.read().decode()
    assert running.past.notice in page
    assert f'content="{1000 * running.past.shown_seconds}"' in page


def test_the_boards_and_rules_arrived_at_grafana(running):
    request = urllib.request.Request(f"{running.grafana_url}/api/search?type=dash-db")
    request.add_header("Authorization", "Basic YWRtaW46YWRtaW4=")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert {hit["uid"] for hit in json.load(answer)} == set(BUNDLE.dashboards)


def test_the_heartbeat_arrives_apart_from_the_alerts(running):
    assert running.heartbeats.wait_for("Watchdog", ALERT_TIMEOUT_SECONDS).labels["severity"] == "heartbeat"
    assert "Watchdog" not in {notification.alertname for notification in running.webhook.notifications}


def test_every_start_of_a_replica_is_an_event_at_its_own_time(running):
    """The annotation's value is the time in milliseconds: of each of the three replayed servers, and not of Prometheus."""
    events = BUNDLE.dashboards["glassbox-replicas"]["annotations"]["list"]
    (starts,) = [event for event in events if event.get("useValueForTime")]

    def found():
        return api_data(running.prometheus_url, "query", query=with_variables(starts["expr"], VARIABLES.values(), {}))[
            "result"
        ]

    eventually(lambda: len(found()) == 3, DATA_TIMEOUT_SECONDS)
    moments = {event["metric"]["job"]: float(event["value"][1]) / 1000 for event in found()}
    assert set(moments) == {"vllm"}
    assert 1.79e9 < moments["vllm"] < 1.81e9


def test_prometheus_tells_what_the_catalogue_says_of_it(running):
    for metric in CATALOGUE["prometheus_server"]:
        if metric.often_absent:
            continue
        series = eventually(
            lambda name=metric.name: api_data(running.prometheus_url, "series", **{"match[]": name}),
            DATA_TIMEOUT_SECONDS,
        )
        labels = {label for one in series for label in one} - {"__name__", "job", "instance"}
        assert labels == set(metric.labels), metric.name
