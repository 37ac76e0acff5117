"""What is worked out over the past of a real Prometheus that has none of our rules."""

import math
import time
import urllib.request
from functools import cache

import pytest

from glassbox.errors import GlassboxError
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import STALE, Samples, write
from glassbox.past.working_out import worked_out
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.blocks import sample
from glassbox.servers.components import ensure_components
from glassbox.servers.victoria import victoria_metrics
from tests.support.ours import our_bundle
from tests.support.past_fleet import fleet, replica

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


def test_victoria_metrics_is_read_as_well(tmp_path):
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)
    end = int(time.time()) // 60 * 60 - 60
    with victoria_metrics(tmp_path / "victoria") as server, Prometheus(server.url) as prometheus:
        samples = replica(0, end - 1800, end)
        lines = (
            f"{sample(each.labels, value)} {moment}"
            for each in samples
            for moment, value in zip(each.times_ms, each.values, strict=True)
        )
        body = "\n".join(lines).encode()
        urllib.request.urlopen(f"{server.url}/api/v1/import/prometheus", data=body, timeout=60).close()
        # What was imported is found when it was written out.
        urllib.request.urlopen(f"{server.url}/internal/force_flush", timeout=60).close()
        past = worked_out(prometheus, bundle(), end - 900, end, tmp_path / "ours", [].append, look_back_seconds=600)
    (tokens,) = [each for each in samples if each.labels["__name__"] == "vllm:generation_tokens_total"]
    read = [value for moment, value in zip(tokens.times_ms, tokens.values, strict=True) if moment / 1000 > end - 1500]
    with own_prometheus(past.folder) as ours:
        (found,) = api_data(ours.url, "query", query="vllm:generation_tokens_total[1h]", time=end)["result"]
        assert [float(text) for _, text in found["values"]] == read
        rate = value(ours.url, "sum(rate(vllm:generation_tokens_total[5m]))", end)
        assert value(ours.url, "model:inference_generation_tokens:rate5m", end) == pytest.approx(rate, rel=1e-12)
    assert rate == pytest.approx((read[-1] - read[0]) / (tokens.times_ms[-1] / 1000 - end + 1485), rel=0.05)
