"""What a push says of recorded series, over a real Prometheus with and without them, and over none."""

import time
from dataclasses import replace

import pytest

from glassbox.cli import main as command_line
from glassbox.servers.blocks import sample, write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.standin.server import GrafanaStandIn
from tests.support.services import free_port
from tests.support.small_content import PRODUCT, WAITING, content

SOURCE = {"uid": "p1", "name": "Fleet", "type": "prometheus", "isDefault": True}
NOT_THERE = "The recorded series are not in the data source Fleet: until they are, panels say 'Not recorded'."
NEXT = (
    "Next, unless it was done: load build/recording_rules into the Prometheus that data source Fleet reads, "
    "or look first with python deploy.py try --prometheus URL."
)


@pytest.fixture
def pushed(capsys, monkeypatch):
    """Pushes a small product to a Grafana with a Prometheus at this address: exit code, stdout, and stderr as lines."""
    monkeypatch.setenv("GRAFANA_TOKEN", "admin-token")

    def push(url, always_recorded=WAITING, more=()):
        product = PRODUCT._replace(content=lambda: replace(content(), always_recorded=always_recorded))
        with GrafanaStandIn(port=0, tokens={"admin-token": "Admin"}, data_sources=[SOURCE | {"url": url}]) as server:
            code = command_line.main(product, ["--grafana", server.url, *more])
        said = capsys.readouterr()
        return code, said.out, said.err.splitlines()

    return push


@pytest.fixture
def prometheus_of(tmp_path):
    """Starts a Prometheus that holds these lines of an exposition since a minute."""
    ensure_components()
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    now = int(time.time())

    def started(*lines):
        write_blocks({15: lines}, now - 60, now + 60, tmp_path / "data")
        return prometheus(tmp_path / "prometheus.yml", folder=tmp_path)

    return started


def test_where_they_are_missing_it_is_said_before_and_after_and_is_no_error(pushed, prometheus_of):
    with prometheus_of(sample({"__name__": "up", "job": "llm"}, 1)) as server:
        code, out, err = pushed(server.url)
    assert (code, err) == (0, [NOT_THERE, NEXT])
    assert "Pushed: 3 created, 0 updated" in out


def test_where_the_same_run_brings_the_rules_there_is_nothing_to_do(pushed, prometheus_of, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    with prometheus_of(sample({"__name__": "up", "job": "llm"}, 1)) as server:
        _, _, err = pushed(server.url, more=["--prometheus-rules", str(rules)])
    assert err[0] == NOT_THERE
    assert (
        err[-1]
        == "The rules were brought just now: if Fleet reads them, their series are there after the next evaluation."
    )


def test_where_they_are_there_nothing_is_said(pushed, prometheus_of):
    with prometheus_of(sample({"__name__": WAITING.name, "job": "llm"}, 1)) as server:
        assert pushed(server.url)[::2] == (0, [])


def test_where_it_cannot_be_asked_it_is_said_to_be_not_known(pushed):
    code, _, err = pushed(f"http://127.0.0.1:{free_port()}")
    of_ruler = [
        line for line in err if line.startswith("Whether data source Fleet takes recorded series is not known: ")
    ]
    assert (code, len(err), len(of_ruler)) == (0, 3, 1)
    assert err[0].startswith(
        "Whether the recorded series are in the data source Fleet is not known: series of data source Fleet: "
    )
    assert err[-1] == NEXT


def test_content_that_declares_no_such_series_says_nothing(pushed):
    code, _, err = pushed(f"http://127.0.0.1:{free_port()}", None)
    assert code == 0 and not [line for line in err if "the recorded series" in line]
