"""`deploy.py try` as a process of its own, over a real Prometheus that has none of our rules."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from glassbox.past.try_command import command
from glassbox.past.working_out import LOOK_BACK_SECONDS
from glassbox.prometheus.board_queries import api_data
from glassbox.query.promql import duration_seconds
from tests.support.ours import main
from tests.support.past_fleet import fleet
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def user(components, tmp_path_factory):
    """The URL of a Prometheus that has scraped one replica until now."""
    now = int(time.time())
    with fleet(tmp_path_factory.mktemp("user"), 1, now - 3600, now) as server:
        yield server.url


@contextmanager
def trying(url, folder, *arguments):
    """The process, and the lines that it says; its temporary files are in the folder."""
    command = [sys.executable, "-u", "deploy.py", "try", "--prometheus", url, "--window", "20m", "--look-back", "10m"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process, iter(process.stdout.readline, "")
        finally:
            process.kill()


def children(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in done.stdout.split()]


def value(url, query, moment):
    (found,) = api_data(url, "query", query=query, time=moment)["result"]
    return float(found["value"][1])


def page(said):
    return next(found[1] for line in said if (found := re.search(r"Your fleet: (\S+)\.", line)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_the_past_and_leaves_nothing_behind(user, tmp_path, number):
    with trying(user, tmp_path, "--port", "0") as (process, said):
        url = page(said)
        with urllib.request.urlopen(f"{url}/d/glassbox-inference-overview", timeout=10) as answer:
            board = answer.read().decode()
        assert f"Your fleet as the Prometheus at {user} recorded it from " in board
        assert "nothing was written there" in board
        proxy = f"{url}/api/datasources/proxy/uid/prometheus"
        recorded, asked = "model:inference_generation_tokens:rate5m", "sum(rate(vllm:generation_tokens_total[5m]))"
        moment = value(proxy, f"timestamp({recorded})", time.time())
        assert value(proxy, recorded, moment) == pytest.approx(value(user, asked, moment), rel=1e-9)
        assert value(proxy, 'ALERTS{alertname="Watchdog",alertstate="firing"}', time.time() - 600) == 1
        groups = api_data(proxy, "rules", type="alert")["groups"]
        assert "Watchdog" in {rule["name"] for group in groups for rule in group["rules"]}
        started = children(process.pid)
        assert started
        process.send_signal(number)
        process.wait(30)
    assert list(tmp_path.iterdir()) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)
    assert "model:inference_generation_tokens:rate5m" not in api_data(user, "label/__name__/values")


@pytest.mark.parametrize(
    ("window", "advice"), [("20m", "--look-back reads more."), ("2h", "The server has nothing before.")]
)
def test_a_longer_look_back_is_advised_only_where_it_would_read_more(user, tmp_path, window, advice):
    with trying(user, tmp_path, "--port", "0", "--window", window) as (_, said):
        told = []
        while not told or "Your fleet: " not in told[-1]:
            told.append(next(said))
    (cut,) = [line for line in told if "of their names look back further" in line]
    assert cut.endswith(f" UTC on. {advice}\n")
    assert any("It has nothing before about" in line for line in told) is (window == "2h")


def test_a_lot_is_not_fetched_without_a_question(user, monkeypatch, capsys):
    monkeypatch.setattr("glassbox.past.try_command.ASKED_ABOVE_BYTES", 1000)
    monkeypatch.setattr("sys.stdin", None)
    assert main(["try", "--prometheus", user, "--window", "20m", "--port", "0"]) == 1
    assert (
        capsys.readouterr().err == "Error: That is more than 500 MB: choose a shorter --window, or agree with --yes.\n"
    )


def test_a_port_in_use_is_refused_before_anything_is_read(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["try", "--prometheus", "http://127.0.0.1:9", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert (
        said
        == f"Error: Port {port} on 127.0.0.1 cannot be used (Address already in use): choose another with --port.\n"
    )


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(capsys, port):
    assert main(["try", "--prometheus", "http://127.0.0.1:9", "--port", str(port)]) == 1
    said = f"Error: Port {port} on 127.0.0.1 cannot be used (ports are 0 to 65535): choose another with --port.\n"
    assert capsys.readouterr().err == said


def test_as_far_back_is_read_as_our_rules_look():
    (option,) = (each for each in command.params if each.name == "look_back")
    assert duration_seconds(option.default) == LOOK_BACK_SECONDS


def test_a_window_without_an_evaluation_is_refused(capsys):
    assert main(["try", "--prometheus", "http://127.0.0.1:9", "--window", "9m", "--port", "0"]) == 1
    assert capsys.readouterr().err == "Error: --window 9m is too short to show anything: give at least 10m.\n"


def test_a_prometheus_that_is_not_there_is_one_sentence(capsys):
    assert main(["try", "--prometheus", "http://127.0.0.1:9", "--port", "0"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: Prometheus at http://127.0.0.1:9 refused the connection")
