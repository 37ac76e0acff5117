"""Our rules on VictoriaMetrics and vmalert: the same series, values and alerts as on Prometheus, and where not, by how much."""

import math
import re
import time

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus import board_queries, promtool
from glassbox.query.promql import CHOSEN_RANGE
from glassbox.servers.components import ensure_components
from recording_rules.histograms import RATE_WINDOW_SECONDS
from tests.support import scale_out
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets
from tests.support.paths import ROOT
from tests.support.scale_out import GPUS, NEWBORN, NEWBORN_RATE, RECIPES, ask, recorded_lately, texts, vmalert_groups
from tests.support.waiting import eventually

TIMEOUT_SECONDS = 180
# A minute until what one evaluation recorded is no longer lately, and another to look.
SETTLING_SECONDS = 120
# What is on its way to the other side, and not to be asked for yet.
ON_ITS_WAY_SECONDS = 10
# Prometheus extrapolates a rate to the edges of its window; VictoriaMetrics takes the sample before the window instead.
RATES = re.compile(r"\b(rate|increase|deriv|predict_linear)\(")
RATE_TOLERANCE_RATIO = 0.05
# Few events within a short window are counted as one more on one side.
SHORT_RATE = re.compile(r"\brate\([^\[]*\[(1m|60s)\]")
ONE_EVENT_PER_SECOND = 1 / 60
# They add up what was recorded since each side began, which was not at the same moment; the rules themselves are compared below.
SINCE_THE_BEGINNING = re.compile(r"(model|served):slo_((bad_)?events:sum|burn:|budget|attainment|goodput)")
NUMBER = re.compile(r"\d+(\.\d+)?")
BUNDLE = our_bundle()
QUERIES = {
    f"{board['title']}: {panel['title']} {target['refId']}": (target["expr"], board["templating"]["list"])
    for board in BUNDLE.dashboards.values()
    for panel in board["panels"]
    for target in own_targets(panel)
}
WINDOWS = {CHOSEN_RANGE: "5m", "$__rate_interval": "1m", "$__interval": "1m"}
FIRING = 'ALERTS{alertstate="firing"}'


@pytest.fixture(scope="module")
def both(components, tmp_path_factory):
    """Both sides once the same alerts fire on both, or the time is over; neither side tells when it has evaluated."""
    try:
        ensure_components(promtool.SCALE_OUT_PACKAGES)
    except GlassboxError as error:
        pytest.skip(str(error))
    with scale_out.both(tmp_path_factory.mktemp("scale-out")) as running:
        eventually(lambda: has_settled(running), TIMEOUT_SECONDS)
        yield running


def has_settled(running):
    firing = ask(running.prometheus, FIRING)
    told = texts(running.alerts_of_prometheus).keys()
    return (
        names(firing) >= EXPECTED
        and ask(running.raw_and_vmalert, FIRING) == firing
        and len(told) == len(firing)
        and texts(running.alerts_of_vmalert).keys() == told
    )


# A saturated vLLM, a service that fails one request in twenty, few requests, and targets that are down.
EXPECTED = {
    "InferenceKVCacheNearlyFull",
    "InferenceKVCacheFullAndQueueing",
    "InferenceLatencyHigh",
    "InferencePreemptionThrash",
    "InferenceSaturated",
    "InferenceQPSLow",
    "InferenceInstanceDown",
    "InferenceErrorBudgetBurnFast",
    "InferenceErrorBudgetBurnSlow",
    "Watchdog",
}


def names(series):
    return {dict(labels)["alertname"] for labels in series}


def without_name(series):
    """MetricsQL keeps the metric's name where PromQL drops it; a recorded series gets the name of its record either way."""
    return {tuple(pair for pair in labels if pair[0] != "__name__"): value for labels, value in series.items()}


def test_the_same_alerts_fire_with_the_same_labels(both):
    on_prometheus, on_vmalert = ask(both.prometheus, FIRING), ask(both.raw_and_vmalert, FIRING)
    assert names(on_prometheus) >= EXPECTED
    assert on_vmalert == on_prometheus


def test_people_read_the_same_texts(both):
    """Both have templates of their own kind; a number is that of each side's last evaluation."""
    of_prometheus, of_vmalert = (
        {
            labels: {name: NUMBER.sub("#", text) for name, text in found.items()}
            for labels, found in texts(server).items()
        }
        for server in (both.alerts_of_prometheus, both.alerts_of_vmalert)
    )
    assert of_vmalert == of_prometheus
    assert len(of_prometheus) >= len(EXPECTED)


def test_vmalert_evaluates_every_rule_without_an_error(both):
    groups = vmalert_groups(both.vmalert)
    assert sum(len(group["rules"]) for group in groups) == len(both.rules)
    assert [(rule["name"], rule["lastError"]) for group in groups for rule in group["rules"] if rule["lastError"]] == []


def test_vmalert_records_the_same_series(both):
    """Soon, at least: a condition may hold at the evaluation of one side and not at that of the other, moments later."""
    assert eventually(lambda: not recorded_by_one(both), SETTLING_SECONDS), sorted(recorded_by_one(both))


def recorded_by_one(both):
    """A set, for pytest to tell: of the two whole answers it would work out a difference for minutes."""
    ours, theirs = (recorded_lately(server, 60).keys() for server in (both.prometheus, both.raw_and_vmalert))
    return ours ^ theirs


def test_what_vmalert_records_is_what_prometheus_recorded_within_the_minute(both):
    """The two evaluate at different moments of what changes, so a value has to lie where the other one's have been, soon at least."""
    assert eventually(lambda: not far_apart(both), SETTLING_SECONDS), far_apart(both)


def far_apart(both):
    newest = {labels: values[-1] for labels, values in recorded_lately(both.raw_and_vmalert, 20).items()}
    lately = recorded_lately(both.prometheus, 60)
    return {
        labels: (value, lately.get(labels))
        for labels, value in newest.items()
        if not SINCE_THE_BEGINNING.match(name := dict(labels)["__name__"])
        and not (labels in lately and is_among(value, lately[labels], name))
    }


def is_among(value, others, name):
    """Of few events, one more may be in the window of one side."""
    one_event = ONE_EVENT_PER_SECOND if name.endswith((":rate", ":rate1m")) else 1 / RATE_WINDOW_SECONDS
    margin = max(RATE_TOLERANCE_RATIO * max(abs(other) for other in others), one_event)
    return min(others) - margin <= value <= max(others) + margin


def test_every_rule_means_the_same_on_the_same_samples(both):
    """Where nothing is a rate of samples, to the last digits that are sent; each rule at some moment.

    There is no moment at which all must agree: what ends in a burst may be in the window of one side alone, and a sample
    may reach one of them late. A rule that means something else differs at all moments.
    """
    differing = list(both.rules)

    def all_have_agreed():
        differing[:] = with_another_meaning(both, differing, time.time() - ON_ITS_WAY_SECONDS)
        return not differing

    assert eventually(all_have_agreed, SETTLING_SECONDS), [rule["expr"] for rule in differing]


def with_another_meaning(both, rules, moment):
    """Those of the rules whose values differ at that moment."""
    answers = (
        (rule, *(without_name(ask(each, rule["expr"], moment)) for each in (both.prometheus, both.everything)))
        for rule in rules
    )
    return [rule for rule, ours, theirs in answers if differ(rule["expr"], ours, theirs)]


def differ(expr, ours, theirs):
    tolerance = RATE_TOLERANCE_RATIO if RATES.search(expr) else 1e-9
    one_event = ONE_EVENT_PER_SECOND if SHORT_RATE.search(expr) else 0
    return ours.keys() != theirs.keys() or not all(
        math.isclose(ours[labels], theirs[labels], rel_tol=tolerance, abs_tol=one_event) for labels in ours
    )


@pytest.mark.parametrize("name", QUERIES)
def test_every_panel_shows_the_same(both, name):
    """At some moment, as above."""
    query = filled(*QUERIES[name])
    eventually(lambda: shows_the_same(both, query), SETTLING_SECONDS) or assert_shows_the_same(both, query)


def shows_the_same(both, query):
    try:
        assert_shows_the_same(both, query)
    except AssertionError:
        return False
    return True


def assert_shows_the_same(both, query):
    moment = time.time() - ON_ITS_WAY_SECONDS
    ours, theirs = (numbers(ask(server, query, moment)) for server in (both.prometheus, both.everything))
    assert theirs.keys() == ours.keys()
    if "changes(" in query:
        # A series that begins is a change there; of GPUs the sum is shown.
        assert all(0 <= theirs[labels] - value <= GPUS for labels, value in ours.items())
    else:
        tolerance = RATE_TOLERANCE_RATIO if RATES.search(query) else 1e-9
        assert theirs == {labels: pytest.approx(value, rel=tolerance) for labels, value in ours.items()}


def filled(query, variables):
    """The query as Grafana sends it with every variable at All, two engines compared, and five minutes chosen."""
    query = board_queries.with_variables(query, variables, {"engine_a": "pytorch", "engine_b": "vllm"})
    for window, length in WINDOWS.items():
        query = query.replace(window, length)
    assert "$" not in re.sub(r"\$\d", "", query)
    return query


def numbers(series):
    return {labels: value for labels, value in without_name(series).items() if not math.isnan(value)}


def test_a_series_that_begins_is_a_change_to_victoriametrics(both):
    query = f"changes({NEWBORN}[5m])"
    (ours,) = ask(both.prometheus, query, both.past_end).values()
    (theirs,) = ask(both.everything, query, both.past_end).values()
    assert theirs == ours + 1


def test_a_counter_younger_than_the_window_has_another_rate(both):
    """Prometheus spreads what it has seen over the whole window, VictoriaMetrics over the time since the first sample."""
    query = f"rate({NEWBORN}[5m])"
    (ours,) = ask(both.prometheus, query, both.past_end).values()
    (theirs,) = ask(both.everything, query, both.past_end).values()
    assert theirs == pytest.approx(NEWBORN_RATE, rel=1e-6)
    assert 0.2 * NEWBORN_RATE <= ours < 0.25 * NEWBORN_RATE


@pytest.mark.parametrize("recipe", ["remote-write.yaml", "mimir.yaml", "thanos.yaml"])
def test_a_recipe_is_valid_in_prometheus_settings(components, tmp_path, recipe):
    file = tmp_path / "prometheus.yml"
    file.write_text((RECIPES / recipe).read_text(encoding="utf-8"))
    assert promtool.check_config(file) == []


def test_no_group_is_larger_than_the_limit_that_is_told_for_mimir():
    page = (ROOT / "docs" / "scale-out.md").read_text(encoding="utf-8")
    said = re.search(r"up to (\d+) rules, .*ruler_max_rules_per_rule_group: (\d+)", page)
    largest = max(
        len(group["rules"]) for file in (BUNDLE.recording_rules | BUNDLE.alerts).values() for group in file["groups"]
    )
    assert int(said[1]) == largest < int(said[2])
