"""A terminal shows how far a push is; a pipe does not."""

import io
import sys

import pytest

from glassbox.cli import main as command_line
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_bundle import TOKENS
from tests.support.small_content import PRODUCT


class Terminal(io.StringIO):
    """A stderr that is a terminal; `gone` is one whose window was closed."""

    def __init__(self, *, gone=False):
        super().__init__()
        self._is_gone = gone

    def isatty(self):
        return True

    def write(self, text):
        if self._is_gone and "\r" in text:
            raise OSError(5, "Input/output error")
        return super().write(text)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    monkeypatch.setenv("TERM", "xterm")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[prometheus_source("http://127.0.0.1:9")], search_lag_seconds=0) as running:  # fmt: skip  # one server
        yield running


def pushed(monkeypatch, server, stderr):
    monkeypatch.setattr(sys, "stderr", stderr)
    return command_line.main(PRODUCT, ["--grafana", server.url]), stderr.getvalue()


def test_a_terminal_shows_a_bar_with_counts(monkeypatch, server):
    code, err = pushed(monkeypatch, server, Terminal())
    assert code == 0
    assert "  1/3  1 created, 0 updated, 0 deleted" in err
    assert "  3/3  3 created, 0 updated, 0 deleted" in err
    code, err = pushed(monkeypatch, server, Terminal())
    assert (code, "\r" in err) == (0, False)


@pytest.mark.parametrize("dumb", [True, False])
def test_a_pipe_and_a_dumb_terminal_show_none(monkeypatch, server, dumb):
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
    code, err = pushed(monkeypatch, server, Terminal() if dumb else io.StringIO())
    assert (code, "\r" in err, "created" in err) == (0, False, False)


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch, server):
    assert pushed(monkeypatch, server, Terminal(gone=True))[0] == 0
    assert len(server.state.dashboards) == len(server.state.rules) == 1
