"""Samples read from a real Prometheus: within its limits, and on from where a reading ended."""

import itertools
import time

import pytest

from glassbox.errors import GlassboxError
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.reading import Reader, portions
from glassbox.past.remote_write import Samples, write
from glassbox.past.scope import ReadScope
from glassbox.prometheus.api import Prometheus, TooMuchError
from glassbox.prometheus.board_queries import api_data
from glassbox.servers.processes import prometheus

END = int(time.time()) // 60 * 60
BEGIN = END - 3600
MOMENTS = range(BEGIN + 15, END + 1, 15)
NAMES = [f"vllm:n{number}" for number in range(4)]


def samples():
    for name in ("up", *NAMES):
        for instance in ("a", "b"):
            labels = {"__name__": name, "job": "vllm", "instance": instance}
            yield Samples(labels, [moment * 1000 for moment in MOMENTS], [float(moment) for moment in MOMENTS])


@pytest.fixture(scope="module")
def user(components, tmp_path_factory):
    """A Prometheus that refuses a query of more than 300 samples."""
    folder = tmp_path_factory.mktemp("limited")
    with own_prometheus(folder / "data") as server:
        write(server.url, samples())
    flags = (
        "--query.max-samples=300",
        "--storage.tsdb.min-block-duration=200d",
        "--storage.tsdb.max-block-duration=200d",
    )
    with prometheus(folder / "prometheus.yml", folder=folder, more_flags=flags) as server:
        yield server.url


@pytest.fixture
def ours(components, tmp_path):
    with own_prometheus(tmp_path / "data") as server:
        yield server.url


def counts(url):
    found = api_data(url, "query", query='{__name__=~".+"}[2h]', time=END)["result"]
    return [len(each["values"]) for each in found]


def test_a_query_that_is_too_much_is_asked_in_halves(user, ours):
    with Prometheus(user) as prometheus:
        with pytest.raises(TooMuchError, match="too many samples"):
            prometheus.stored("up", END * 1000, 3600)
        reader = Reader(prometheus, ours, ReadScope(dict.fromkeys(NAMES, 2)), 3600, 15)
        assert len(list(reader.read(BEGIN * 1000, END * 1000))) == 1
    assert counts(ours) == [len(MOMENTS)] * 10
    assert reader.tally.samples == 10 * len(MOMENTS)


def test_a_series_whose_only_sample_is_as_old_as_the_range_is_none(user):
    with Prometheus(user) as prometheus:
        assert prometheus.stored("up", (MOMENTS[0] + 10) * 1000, 10).series == []
        assert [each.times_ms for each in prometheus.stored("up", (MOMENTS[0] + 10) * 1000, 11).series] == [
            [MOMENTS[0] * 1000]
        ] * 2


def test_a_piece_is_read_on_after_an_error(user, ours, monkeypatch):
    whole, calls = Prometheus.stored, itertools.count()

    def failing(self, *arguments):
        if next(calls) == 8:
            raise GlassboxError("gone for a moment")
        return whole(self, *arguments)

    monkeypatch.setattr(Prometheus, "stored", failing)
    with Prometheus(user) as prometheus:
        reader = Reader(prometheus, ours, ReadScope(dict.fromkeys(NAMES, 1000)), 3600, 15)
        with pytest.raises(GlassboxError, match="gone for a moment"):
            list(reader.read(BEGIN * 1000, END * 1000))
        list(reader.read(BEGIN * 1000, END * 1000))
    assert counts(ours) == [len(MOMENTS)] * 10
    assert reader.tally.samples == 10 * len(MOMENTS), "nothing is read twice"


@pytest.fixture
def one_name_refused(monkeypatch):
    """Whatever asks for n2 is refused."""

    def refused(self, selector, *arguments):
        if "n2" in selector:
            raise TooMuchError("Prometheus answered 422.")
        return whole(self, selector, *arguments)

    whole = Prometheus.stored
    monkeypatch.setattr(Prometheus, "stored", refused)


@pytest.mark.usefixtures("one_name_refused")
def test_a_name_that_cannot_be_read_is_named(user, ours):
    with Prometheus(user) as prometheus:
        reader = Reader(prometheus, ours, ReadScope(dict.fromkeys(NAMES, 1000)), 3600, 15)
        with pytest.raises(GlassboxError, match=r"^vllm:n2 cannot be read: Prometheus answered 422\.$"):
            list(reader.read(BEGIN * 1000, END * 1000))


@pytest.mark.usefixtures("one_name_refused")
def test_of_many_names_that_cannot_be_read_the_first_are_named(user, ours):
    with Prometheus(user) as prometheus:
        reader = Reader(prometheus, ours, ReadScope(dict.fromkeys(NAMES, 2)), 3600, 15)
        with pytest.raises(GlassboxError, match=r"^vllm:n0, vllm:n1, vllm:n2 and 1 more cannot be read: "):
            list(reader.read(BEGIN * 1000, END * 1000))


def test_names_are_read_together_as_far_as_an_answer_stays_small():
    series = {"a": 400, "b": 400, "c": 5000, "d": 1, "up": 10, "process_cpu_seconds_total": 5}
    found = portions(ReadScope(series, "vllm"), 3600, 15)
    assert [(each.names, each.series, each.jobs) for each in found] == [
        (("a", "b"), 800, ""),
        (("c",), 5000, ""),
        (("d",), 1, ""),
        (("process_cpu_seconds_total",), 5, "vllm"),
    ]
