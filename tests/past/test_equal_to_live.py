"""Recorded series are what the same rules recorded live, to the last sample."""

import os
import time
from dataclasses import dataclass, replace

import pytest

from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.rule_order import in_order, rules_of
from glassbox.past.working_out import PIECE_SECONDS, worked_out
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data
from glassbox.settings.model import Settings
from tests.support.live_rules import INTERVAL_SECONDS, recording, stored
from tests.support.ours import our_bundle
from tests.support.waiting import eventually

# Above what ten minutes of recording take, with the search for a run that can be compared.
pytestmark = pytest.mark.timeout(1200)
# What the rules of each group that read raw series record at every evaluation.
RECORDS = {
    "measured": "job:inference_targets:count",
    "derived": 'ALERTS{alertname="Watchdog"}',
}
FOR = "15s"
TEN_MINUTES = "TEST_TEN_MINUTES"


@dataclass(frozen=True)
class Run:
    """How many scrapes and evaluations it has, and how many samples are recorded at least."""

    scrapes: int
    samples: int


RUNS = [
    pytest.param(Run(13, 1500), id="a minute"),
    pytest.param(
        Run(121, 45_000),
        id="ten minutes",
        marks=pytest.mark.skipif(
            os.environ.get(TEN_MINUTES) != "1",
            reason=f"records for ten minutes: set {TEN_MINUTES}=1 to run it",
        ),
    ),
]


def regrouped(bundle):
    """The bundle with its rules in two groups: those that read only raw series, and the others with the alerts, which wait shortly.

    Ours have a dozen, and a dozen moments are never far enough apart.
    """
    rules = [
        rule
        for level in in_order(rules_of(bundle.recording_rules.values()), PIECE_SECONDS)
        for unit in level
        for rule in unit.rules
    ]
    records = {rule.record for rule in rules}
    of_group = {"measured": [], "derived": []}
    for rule in rules:
        group = "derived" if any(name in records for read in rule.reads for name in read.names) else "measured"
        labels = {"labels": dict(rule.labels)} if rule.labels else {}
        of_group[group].append({"record": rule.record, "expr": rule.expr, **labels})
    alerts = [
        rule | {"for": FOR if rule["for"] != "0s" else "0s"}
        for file in bundle.alerts.values()
        for group in file["groups"]
        for rule in group["rules"]
    ]
    return replace(
        bundle,
        recording_rules={"rules.yaml": {"groups": [as_group(name, members) for name, members in of_group.items()]}},
        alerts={"alerts.yaml": {"groups": [as_group("derived", alerts)]}},
    )


def as_group(name, rules):
    return {"name": name, "interval": f"{INTERVAL_SECONDS}s", "rules": rules}


@pytest.fixture(scope="module", params=RUNS)
def run(request):
    return request.param


@pytest.fixture(scope="module")
def both(run, components, tmp_path_factory):
    """What the rules recorded live, and what was worked out over the same time, by name of the series; and presence at moments."""
    folder = tmp_path_factory.mktemp("live")
    bundle = regrouped(our_bundle(Settings(evaluation_interval_seconds=INTERVAL_SECONDS, engines=("vllm",))))
    measured, derived = bundle.recording_rules["rules.yaml"]["groups"]
    alerts = bundle.alerts["alerts.yaml"]["groups"][0]["rules"]
    rules = {"groups": [measured, derived | {"rules": [*derived["rules"], *alerts]}]}
    with recording(rules, RECORDS, 3, folder) as live:
        limit_seconds = 2 * run.scrapes * INTERVAL_SECONDS
        assert eventually(lambda: min(_scrapes(live.url), default=0) >= run.scrapes, limit_seconds)
        end = int(time.time()) - 1
        with Prometheus(live.url) as prometheus:
            past = worked_out(
                prometheus,
                bundle,
                live.begun_seconds,
                end,
                folder / "ours",
                [].append,
                look_back_seconds=0,
                offsets_ms=live.offsets_ms,
            )
        recorded = {query.recorded_as for query in bundle.content.queries} | {"ALERTS", "ALERTS_FOR_STATE"}
        names = sorted(recorded & set(_names(live.url)))
        with own_prometheus(past.folder) as ours:
            yield (
                {name: (stored(live.url, name, end), stored(ours.url, name, end)) for name in names},
                live.url,
                ours.url,
                end,
                live.begun_seconds,
            )


def _scrapes(url):
    return [float(each["value"][1]) for each in api_data(url, "query", query="count_over_time(up[1h])")["result"]]


def _names(url):
    return api_data(url, "label/__name__/values")


def flat(series):
    return {(labels, time): value for labels, values in series.items() for time, value in values.items()}


def is_older(name, labels, _time):
    """Whether it says since when an alert holds that did so at the first evaluation, before which a server writes none."""
    return name == "ALERTS_FOR_STATE" and ("alertname", "Watchdog") in labels


def test_every_sample_is_the_same(both, run):
    series, *_, begun = both
    # Until then some rules that need no series had been evaluated only there, or only here.
    since = (begun + INTERVAL_SECONDS) * 1000
    live, ours = (
        {
            (name, *each): value
            for name, of_both in series.items()
            for each, value in flat(of_both[which]).items()
            if each[-1] > since and not is_older(name, *each)
        }
        for which in (0, 1)
    )
    assert len(live) > run.samples
    assert {name for name, *_ in live} >= {
        "model:inference_preemptions:rate5m",
        "model:slo_burn:ratio1h",
        "model:diagnosis_verdict:code",
        "ALERTS",
        "ALERTS_FOR_STATE",
    }
    assert sorted(live.keys() - ours.keys()) == []
    assert sorted(ours.keys() - live.keys()) == []
    assert ours == pytest.approx(live, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    "name", ["vllm:num_requests_running", "vllm:num_requests_waiting", "up", "model:diagnosis_known:group", "ALERTS"]
)
def test_series_end_at_the_same_moments(both, run, name):
    """An instant selector finds a series until its marker of staleness, which no range selector shows."""
    _, live, ours, end, _ = both
    asked = {"query": f'{{__name__="{name}"}}', "start": end - INTERVAL_SECONDS * run.scrapes, "end": end, "step": 0.25}
    found, own = (
        {
            tuple(sorted(each["metric"].items())): each["values"]
            for each in api_data(url, "query_range", **asked)["result"]
        }
        for url in (live, ours)
    )
    assert own == found
    if name.startswith("vllm:"):
        moments = {len(values) for values in found.values()}
        assert len(moments) > 1, "one of the replicas failed for a while"
