"""What is worked out over the past of a real Prometheus that has none of our rules."""

import math
import time
from functools import cache

import pytest

from glassbox.errors import GlassboxError
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import STALE, Samples, write
from glassbox.past.working_out import worked_out
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data
from tests.support.ours import our_bundle
from tests.support.past_fleet import fleet

bundle = cache(our_bundle)
HOUR = 3600


@pytest.fixture(scope="module")
def worked(components, tmp_path_factory):
    """Two replicas over an hour: the URL of the user's Prometheus, that of ours on the result, and what was worked out."""
    folder = tmp_path_factory.mktemp("past")
    end = int(time.time()) // 60 * 60
    with fleet(folder / "user", 2, end - 2 * HOUR, end) as user, Prometheus(user.url) as prometheus:
        past = worked_out(prometheus, bundle(), end - HOUR, end, folder / "ours", [].append)
        with own_prometheus(past.folder) as ours:
            yield user.url, ours.url, past


def value(url, query, moment):
    (found,) = api_data(url, "query", query=query, time=moment)["result"]
    return float(found["value"][1])


@pytest.mark.parametrize("back_seconds", [0, 600, HOUR - 30])
def test_a_recorded_series_has_the_value_of_its_query(worked, back_seconds):
    user, ours, past = worked
    moment = past.end_seconds // 30 * 30 - back_seconds
    asked = "sum by (job, model_name) (rate(vllm:generation_tokens_total[5m]))"
    recorded = "sum by (job, model_name) (model:inference_generation_tokens:rate5m)"
    assert value(ours, recorded, moment) == pytest.approx(value(user, asked, moment), rel=1e-12)
    assert value(ours, f"timestamp({recorded.partition(') ')[2][1:-1]})", moment) == moment


def test_raw_series_are_the_same_to_the_last_sample(worked):
    user, ours, past = worked
    for name in ("vllm:num_requests_running", "vllm:e2e_request_latency_seconds_bucket", "up"):
        asked = {"query": f"{name}[1h]", "time": past.end_seconds}
        theirs, own = (api_data(url, "query", **asked)["result"] for url in (user, ours))
        assert sorted(theirs, key=repr) == sorted(own, key=repr)
        assert len(theirs) >= 2


def test_what_was_read_is_counted(worked):
    _user, _, past = worked
    assert past.samples > 100_000
    assert past.raw_series > 400
    assert past.recorded_series > 100
    assert past.fetched_bytes > 1_000_000


def test_a_prometheus_without_the_series_is_refused(components, tmp_path):
    end = int(time.time())
    with own_prometheus(tmp_path / "user" / "data") as user, Prometheus(user.url) as prometheus:
        write(user.url, [Samples({"__name__": "up", "job": "node"}, [(end - 60) * 1000], [1.0])])
        with pytest.raises(GlassboxError, match="has no series of an inference engine"):
            worked_out(prometheus, bundle(), end - HOUR, end, tmp_path / "ours", [].append)
    assert not (tmp_path / "ours").exists()


def test_a_marker_of_staleness_ends_a_series(components, tmp_path):
    now = int(time.time()) * 1000
    with own_prometheus(tmp_path / "data") as server:
        write(server.url, [Samples({"__name__": "x"}, [now - 30_000, now - 15_000], [math.inf, STALE])])
        asked = [
            api_data(server.url, "query", query="x", time=(now - back) / 1000)["result"] for back in (20_000, 10_000)
        ]
    assert [each["value"][1] for each in asked[0]] == ["+Inf"]
    assert asked[1] == []
