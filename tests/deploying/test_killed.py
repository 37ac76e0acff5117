"""deploy.py that is ended in the middle of a write, by SIGTERM or by SIGKILL."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from glassbox.cli import main as command_line
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.fault_proxy import FaultProxy, ProxyFault
from tests.support.paths import ROOT
from tests.support.small_bundle import TOKENS
from tests.support.small_content import PRODUCT

WRITES = ("folder", "dashboard", "rule group")
WAIT_SECONDS = 60


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[prometheus_source("http://127.0.0.1:9")], search_lag_seconds=0) as running:  # fmt: skip  # one server
        yield running


@pytest.mark.parametrize("at", range(len(WRITES)), ids=WRITES)
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_an_ended_push_leaves_nothing_that_a_second_one_does_not_settle(server, capsys, tmp_path, end, at):
    ended = threading.Event()
    with FaultProxy(server.url) as proxy:
        # The server gets the write only after the process has ended, or has been told to end.
        proxy.arm(
            ProxyFault(carried_out=True, answer=lambda answer: answer, before=lambda: ended.wait(WAIT_SECONDS)), at
        )
        push = ["--grafana", proxy.url, "--yes", "--backups", str(tmp_path)]
        command = [sys.executable, "-m", "tests.support.small_content", *push]
        with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:  # fmt: skip  # one process
            assert proxy.met.wait(WAIT_SECONDS)
            running.send_signal(end)
            if end is signal.SIGKILL:
                running.wait(WAIT_SECONDS)
            ended.set()
            _, err = running.communicate(timeout=WAIT_SECONDS)
    if end is signal.SIGTERM:
        assert running.returncode == 1
        assert "Traceback" not in err
        done = "Done: " + ", ".join(("folder Glassbox", "dashboard Queue", "rule group queue")[: at + 1])
        assert f"{done}.\n" in err
        assert "Not known to be done: " in err and "Run again" in err
    assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
    assert command_line.main(PRODUCT, ["plan", "--grafana", server.url]) == 0
    assert "Nothing to do: all 3 objects are up to date." in capsys.readouterr().out
    assert (len(server.state.dashboards), list(server.state.rules)) == (1, ["glassbox-RequestsWaiting"])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [["plan"], ["--yes"], ["adopt"], ["destroy", "--yes"]])
def test_a_command_that_is_ended_while_it_reads_says_so_and_has_written_nothing(server, end, arguments):
    reached, ended = threading.Event(), threading.Event()
    with FaultProxy(server.url) as proxy:
        passed_on = proxy.passed_on

        def waiting(method, path, headers, body):
            if path.startswith("/api/v1/provisioning/alert-rules"):
                reached.set()
                ended.wait(WAIT_SECONDS)
            return passed_on(method, path, headers, body)

        proxy.passed_on = waiting
        command = [sys.executable, "-m", "tests.support.small_content", *arguments, "--grafana", proxy.url]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that runs tests in the background lets them ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # the child does nothing else
        ) as running:
            assert reached.wait(WAIT_SECONDS)
            running.send_signal(end)
            _, err = running.communicate(timeout=WAIT_SECONDS)
            ended.set()
    assert (running.returncode, err.splitlines()[-1], server.writes) == (1, "Error: interrupted.", [])
