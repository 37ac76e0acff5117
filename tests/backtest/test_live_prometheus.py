"""Firings beside those of a real Prometheus that ran the same rules live over the same series, which it scraped.

The series have gaps, counters that begin anew, and a target that fails for a while.
"""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
import yaml

from glassbox.backtest.alert_evaluation import evaluate_all
from glassbox.backtest.alert_rule import alert_rules
from glassbox.backtest.past_window import PastWindow
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import DEBIAN_PACKAGES
from glassbox.servers.blocks import sample
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus as started_prometheus
from tests.support.waiting import eventually

LIVE_SECONDS = 45
RULES = [
    {"alert": "High", "expr": "level > 5", "for": "3s", "labels": {"severity": "page"}},
    {"alert": "HighKept", "expr": "level > 5", "keep_firing_for": "4s", "labels": {"severity": "page"}},
    {"alert": "Fast", "expr": "rate(work_total[5s]) > 8", "for": "2s", "labels": {"severity": "ticket"}},
    {"alert": "Gone", "expr": "absent(level{job='b'})", "for": "2s", "labels": {"severity": "ticket"}},
    {"alert": "Always", "expr": "vector(1)", "labels": {"severity": "heartbeat"}},
]
# A number for each second, `_` for none. All runs are longer or shorter than the rules' times by several evaluations.
LEVELS = {
    "a": "00000000999999990090999999900000000099999990000000",
    "b": "00000000099999_______99999999999000000000000000000",
}
# The rate of five seconds goes from 1 by 5.75 to 10.5 and more, and back: a scrape more or less in its window moves it by a second at most.
WORK = [1] * 10 + [20] * 10 + [1] * 30
FIRST_SECONDS = 5
"""Until the server has scraped the target and evaluated its rules."""
RUNS = 3
"""A busy machine can keep the server from scraping each second; what it saw then is not comparable, and it begins anew."""


FAILING = range(29, 33)


def exposition(second):
    """What the target exposes at that second of the test; None where it fails."""
    if second in FAILING:
        return None
    values = {job: levels[second % len(levels)] for job, levels in LEVELS.items()}
    levels = [sample({"__name__": "level", "job": job}, float(each)) for job, each in values.items() if each != "_"]
    total = 0
    for number in range(second + 1):
        # It begins anew in the middle of what is fast.
        total = 3 if number in (13, 30) else total + WORK[number % len(WORK)]
    return "\n".join([*levels, sample({"__name__": "work_total"}, float(total)), ""])


@contextmanager
def target():
    """An exporter on loopback: its address, and the time of each scrape, the first of which begins its test."""
    scrapes = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            scrapes.append(time.time())
            text = exposition(int(scrapes[-1]) - int(scrapes[0]))
            self.send_response(200 if text is not None else 503)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", scrapes
        server.shutdown()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A Prometheus that has scraped the target and evaluated the rules each second; with the second at which it began."""
    ensure_components(DEBIAN_PACKAGES)
    for run in range(1, RUNS + 1):
        with scraped_and_evaluated(tmp_path_factory.mktemp("live")) as (asked, groups, scrapes):
            if is_steady(scrapes) or run == RUNS:
                yield asked, groups, int(scrapes[0])
                return


@contextmanager
def scraped_and_evaluated(folder):
    """The server after `LIVE_SECONDS`, still running; the groups of rules, and the time of each scrape."""
    groups = {"groups": [{"name": "live", "interval": "1s", "rules": RULES}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    with target() as (address, scrapes):
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yml")],
            "scrape_configs": [
                {"job_name": "target", "honor_labels": True, "static_configs": [{"targets": [address]}]}
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        with started_prometheus(folder / "prometheus.yml", folder=folder) as server, Prometheus(server.url) as asked:
            assert eventually(lambda: scrapes, timeout_seconds=30)
            always = f"timestamp(ALERTS{{alertname='Always'}}) > {int(scrapes[0]) + LIVE_SECONDS}"
            assert eventually(lambda: asked.now(always), timeout_seconds=LIVE_SECONDS + 30)
            yield asked, groups, scrapes


def is_steady(scrapes):
    """Whether every scrape came a second after the one before, so that each saw the next value."""
    return all(0.7 < later - earlier < 1.3 for earlier, later in pairwise(scrapes))


def recorded_firings(prometheus, name, window):
    """Labels, start and end in seconds as the live rules wrote them: runs of `ALERTS` that fire, by instance."""
    query = f'ALERTS{{alertname="{name}",alertstate="firing"}}'
    for series in prometheus.range(query, window.start, window.end, 1):
        times = sorted(series.values)
        begun = [time for time in times if time - 1 not in series.values]
        ended = [time + 1 for time in times if time + 1 not in series.values]
        labels = {key: value for key, value in series.labels.items() if key not in ("__name__", "alertstate")}
        yield from ((labels, first, last) for first, last in zip(begun, ended, strict=True))


@pytest.mark.parametrize(("name", "firings"), [("High", 5), ("HighKept", 4), ("Fast", 1), ("Gone", 2)], ids=str)
def test_firings_begin_and_end_within_one_evaluation_of_the_live_ones(live, name, firings):
    prometheus, groups, start = live
    window = PastWindow(start + FIRST_SECONDS, start + LIVE_SECONDS)
    (rule,) = (each for each in alert_rules({"live": groups}) if each.name == name)
    (past,) = evaluate_all(prometheus, [rule], window)
    found = [(dict(each.labels), each.started, each.ended or window.end + 1) for each in past.firings]
    pairs = zip(
        sorted(found, key=in_order), sorted(recorded_firings(prometheus, name, window), key=in_order), strict=True
    )
    for (labels, begun, ended), (live_labels, live_begun, live_ended) in pairs:
        assert labels == live_labels
        assert abs(begun - live_begun) <= 1
        assert abs(ended - live_ended) <= 1
    assert len(found) == firings


def in_order(firing):
    labels, begun, _ = firing
    return sorted(labels.items()), begun


def test_what_always_fires_fires_once_and_has_no_end(live):
    prometheus, groups, start = live
    window = PastWindow(start + FIRST_SECONDS, start + 20)
    (past,) = evaluate_all(prometheus, [alert_rules({"live": groups})[-1]], window)
    (firing,) = past.firings
    assert (firing.started, firing.ended, past.before) == (window.start, None, 1)
