"""Targets that are gone, found by asking where an instant selector still finds their `up`."""

import time

import pytest

from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.reading import Reader
from glassbox.past.remote_write import STALE, Samples, write
from glassbox.past.scope import ReadScope
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data

END = int(time.time()) // 60 * 60
BEGIN = END - 3600
GONE, BACK = BEGIN + 1200, BEGIN + 2400


def scraped(instance, moments, ended=()):
    """`up` and a gauge of a target, with markers at the ends."""
    samples = sorted(
        [*((moment * 1000, 1.0) for moment in moments), *((moment * 1000, STALE) for moment in ended)],
        key=lambda each: each[0],
    )
    for name in ("up", "vllm:num_requests_running"):
        labels = {"__name__": name, "job": "vllm", "instance": instance}
        yield Samples(labels, [moment for moment, _ in samples], [value for _, value in samples])


@pytest.fixture(scope="module")
def servers(components, tmp_path_factory):
    """The user's Prometheus and ours with what was read of it, in pieces of half an hour."""
    folder = tmp_path_factory.mktemp("ends")
    with own_prometheus(folder / "user" / "data") as user, own_prometheus(folder / "ours" / "data") as ours:
        always, before, after = range(BEGIN, END, 15), range(BEGIN, GONE, 15), range(BACK, END, 15)
        write(user.url, scraped("always", always))
        write(user.url, scraped("gone", before, [GONE]))
        write(user.url, scraped("gone and back", [*before, *after], [GONE]))
        # The server was away itself, and wrote no markers.
        write(user.url, scraped("not asked", [*before, *after]))
        with Prometheus(user.url) as prometheus:
            reader = Reader(prometheus, ours.url, ReadScope({"vllm:num_requests_running": 4}), 1800, 15)
            for middle in (BEGIN + 1800, END):
                list(reader.read((middle - 1801) * 1000, middle * 1000))
        yield user.url, ours.url


@pytest.mark.parametrize("name", ["up", "vllm:num_requests_running"])
@pytest.mark.parametrize("instance", ["always", "gone", "gone and back", "not asked"])
def test_a_series_is_found_for_as_long_as_there(servers, name, instance):
    asked = {"query": f'{name}{{instance="{instance}"}}', "start": BEGIN, "end": END, "step": 15}
    user, ours = (
        [[moment for moment, _ in each["values"]] for each in api_data(url, "query_range", **asked)["result"]]
        for url in servers
    )
    # A marker is found a step late at most.
    assert set(user[0]) <= set(ours[0])
    assert len(ours[0]) - len(user[0]) <= (2 if "gone" in instance else 0)
    assert (GONE + 120 in ours[0]) == (instance in {"always", "not asked"})
