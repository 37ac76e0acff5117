"""Services that were there within the last month and are gone for longer than a day, in a real Prometheus."""

import time

import pytest

from glassbox.doctor.examination_text import as_text
from glassbox.doctor.examining import Examination
from glassbox.doctor.fleet import look_at, names_lately
from glassbox.doctor.obstacles import obstacles_of
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Jobs, Settings
from tests.support.fleet_lines import RUNNING

DAY_SECONDS = 86400


@pytest.fixture(scope="module")
def fleet(components, tmp_path_factory):
    """One service runs, one was there until twelve days ago, one until forty; and the client."""
    now = int(time.time())
    with own_prometheus(tmp_path_factory.mktemp("gone") / "data") as server, Prometheus(server.url) as client:
        for job, first_days, last_days in (("runs", 20, 0), ("retired", 20, 12), ("forgotten", 45, 40)):
            for name in ("up", RUNNING):
                moments = range(now - first_days * DAY_SECONDS, now - last_days * DAY_SECONDS, 60)
                labels = {"__name__": name, "job": job, "instance": "a"}
                write(server.url, [Samples(labels, [each * 1000 for each in moments], [1.0] * len(moments))])
        yield look_at(client, names_lately(client)), client


def test_what_is_gone_for_days_is_no_service_that_is_down(fleet):
    found, _ = fleet
    assert [each.job for each in found.services] == ["runs"]
    assert found.down == ()
    ((job, engines, seconds),) = ((each.job, each.engines, each.ended_seconds) for each in found.gone)
    assert (job, engines) == ("retired", ("vLLM",))
    assert 12 * DAY_SECONDS <= seconds <= 12.3 * DAY_SECONDS


def test_it_stands_among_the_services_and_is_in_the_way_only_where_settings_name_it(fleet):
    found, client = fleet
    lines = list(as_text(Examination(found, (), (), ())))
    assert any(
        line.split() == ["retired", "vLLM", "-", "-", "0,", "gone", "for", "about", "12", "days", "-"] for line in lines
    )

    def about(*jobs):
        settings = Settings(jobs=Jobs(services=jobs))
        return [(each.about, each.problem) for each in obstacles_of(found, settings, client, window_seconds=300, recorded=frozenset({"a"}))]  # fmt: skip

    assert about("runs") == []
    assert about("runs", "retired") == [("retired", "has had no series of vLLM for about 12 days")]
