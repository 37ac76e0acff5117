"""Every alert fires and stays silent as without the troubles that every Prometheus meets, or the exception is written down."""

import re
from collections import Counter

import pytest

from glassbox.query.rules import Alert
from tests.support.disturbing.disturbances import DISTURBANCES, UNDISTURBED, Given
from tests.support.disturbing.exceptions import as_table, exemptions
from tests.support.disturbing.pairs import FIRES, pair
from tests.support.disturbing.samples import Mark, Series, answering, read_series, written
from tests.support.disturbing.verdicts import difference_between_tenants, differences
from tests.support.ours import our_alert_groups
from tests.support.paths import ROOT

ALERTS = [alert for group in our_alert_groups() for alert in group.alerts]
EXEMPTIONS = exemptions()
OF_SERVICES = [alert for alert in ALERTS if alert.name.startswith("Inference")]


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_trouble_changes_no_result_but_for_the_exceptions(alert: Alert) -> None:
    tests = pair(alert)
    assert FIRES in tests
    found = differences(tests)
    exempt = {(each.disturbance, each.case) for each in EXEMPTIONS if each.alert == alert.name}
    assert {key: difference for key, difference in found.items() if key not in exempt} == {}
    assert exempt - found.keys() == set(), "the exception is no longer needed"


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("alert", OF_SERVICES, ids=lambda alert: alert.name)
def test_a_namespace_that_is_told_apart_fires_alone(alert: Alert) -> None:
    assert difference_between_tenants(pair(alert)) == ""


def test_an_exception_is_of_something_that_exists_and_has_a_reason() -> None:
    assert {each.alert for each in EXEMPTIONS} <= {alert.name for alert in ALERTS}
    assert {each.disturbance for each in EXEMPTIONS} <= DISTURBANCES.keys() - {UNDISTURBED}
    counted = Counter((each.disturbance, each.case, each.alert) for each in EXEMPTIONS)
    assert [key for key, count in counted.items() if count > 1] == []
    assert [each for each in EXEMPTIONS if not re.fullmatch(r"[A-Z].{20,}\.", each.reason)] == []


def test_the_page_of_alerts_lists_the_exceptions() -> None:
    """Copy the table from this test's message."""
    assert as_table() in (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8"), as_table()


UP, COUNTER, GAUGE = (
    read_series({"series": f'{name}{{job="vllm",instance="a:8000",model_name="m"}}', "values": values})
    for name, values in (
        ("up", "1x7"),
        ("vllm:request_success_total", "100+10x7"),
        ("vllm:num_requests_running", "5x7"),
    )
)
GPU = read_series({"series": 'DCGM_FI_DEV_GPU_UTIL{job="dcgm",instance="g:9400",gpu="0"}', "values": "90x7"})


def disturbed(name: str, *series: Series) -> list[str]:
    """The series with the trouble, in the fourth of eight scrapes where it is a single event."""
    given = Given(series, series, interval_seconds=60, moment=3)
    return [written(each)["values"] for each in DISTURBANCES[name].change(given)]


def test_a_failed_scrape_ends_the_series_of_its_target() -> None:
    assert disturbed("one scrape in four missing", UP, COUNTER, GPU) == [
        "1x2 0 1x2 0",
        "100 110 120 stale 140 150 160 stale",
        # Another target fails at other scrapes.
        "90x1 stale 90x2 stale 90",
    ]
    assert disturbed("one scrape in two missing", GAUGE) == ["5 stale 5 stale 5 stale 5 stale"]


def test_a_restarted_engine_counts_from_0_and_a_gpu_stays_as_it_was() -> None:
    assert disturbed("restart of the engine or exporter", UP, COUNTER, GAUGE, GPU) == [
        "1x2 0x1 1x2",
        "100 110 120 stale stale 0 10 20",
        "5x2 stale stale 0 5x1",
        "90x2 stale stale 90x2",
    ]


def test_a_restarted_prometheus_neither_scrapes_nor_evaluates() -> None:
    assert disturbed("restart of Prometheus", GAUGE) == ["5x2 _x2 5x2", "_x3 1x1 stale"]


def test_a_roll_out_replaces_the_instance_and_the_version_of_a_service_alone() -> None:
    given = Given((COUNTER, GPU), (), interval_seconds=60, moment=3)
    old, new, card = DISTURBANCES["roll-out"].change(given)
    assert old.samples == (100, 110, 120, Mark.STALE)
    assert new.samples == (*[Mark.NOTHING] * 3, 0, 10, 20, 30, 40)
    assert new.labels == {"job": "vllm", "instance": "new-a:8000", "model_name": "m", "model_version": "2"}
    assert card == GPU


def test_copies_differ_in_what_tells_them_apart() -> None:
    given = Given((GAUGE,), (GAUGE,), interval_seconds=60, moment=3)
    labels = {
        name: [
            {key: value for key, value in each.labels.items() if GAUGE.labels.get(key) != value}
            for each in DISTURBANCES[name].change(given)
        ]
        for name in ("two namespaces", "two exporters", "two Prometheus")
    }
    assert labels == {
        "two namespaces": [{"namespace": "prod"}, {"namespace": "staging", "instance": "staging-a:8000"}],
        "two exporters": [{}, {"instance": "twin-a:8000"}],
        "two Prometheus": [{"prometheus_replica": "a"}, {"prometheus_replica": "b"}],
    }


def test_a_target_without_up_answers_while_it_has_a_series() -> None:
    ended, begun = (
        read_series({"series": 'a{job="vllm",instance="b:8000"}', "values": values})
        for values in ("1 1 stale", "_ 2 2 stale")
    )
    (up,) = answering((UP, COUNTER, ended, begun))
    assert written(up) == {"series": 'up{job="vllm",instance="b:8000"}', "values": "1x2 stale"}


def test_a_series_goes_on_as_it_went() -> None:
    for values, longer in (("0+2x2", (0, 2, 4, 6, 8)), ("9 7", (9, 7, 7, 7, 7)), ("1 stale", (1, Mark.STALE))):
        series = read_series({"series": "a{}", "values": values})
        assert series.extended(5).samples == longer


def test_more_scrapes_of_a_counter_lie_between_the_given_ones() -> None:
    assert COUNTER.until(3).refined(2).samples == (100, 105, 110, 115, 120, 120)
    assert GAUGE.until(2).refined(2).samples == (5, 5, 5, 5)
