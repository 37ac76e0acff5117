"""The demo as a process of its own: it comes up, and Ctrl-C leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import eventually

# On a busy machine the hours before take their time.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    ("number", "code", "options"),
    [
        (signal.SIGINT, 0, ()),
        (signal.SIGTERM, 128 + signal.SIGTERM, ("--scenario", "healthy")),
        (signal.SIGHUP, 128 + signal.SIGHUP, ("--scenario", "healthy")),
    ],
)
def test_a_signal_ends_the_demo_and_everything_it_started(components, number, code, options):
    command = [sys.executable, "-u", "-m", "demo", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        said, started = [], {}
        try:
            for line in demo.stdout:
                said.append(line)
                if line.endswith("Press Ctrl-C to end the demo.\n"):
                    started = started_by(demo.pid)
                    demo.send_signal(number)
        except BaseException:
            # A demo that never says it is ready must not outlive the test's time limit.
            demo.terminate()
            raise
    assert demo.returncode == code, "".join(said)
    assert len(set(re.findall(r"http://127\.0\.0\.1:\d+", "".join(said)))) >= 7
    # Not by address: a server of another test may have taken a port that became free.
    assert {name.partition(" ")[0] for name in started.values()} >= {"prometheus", "prometheus-aler"}
    assert {pid: name for pid, name in started.items() if running().get(pid, (0, ""))[1] == name} == {}


def test_ctrl_c_while_the_past_is_written_leaves_nothing_behind(components, tmp_path):
    command = [sys.executable, "-u", "-m", "demo"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:  # fmt: skip  # one process
        for line in demo.stdout:
            if line.startswith("Writing the 240 minutes before"):
                started = eventually(lambda: prometheus_below(demo.pid), 120, 0.05)
                demo.send_signal(signal.SIGINT)
        said = demo.stderr.read()
    assert (demo.returncode, started != {}, "Traceback" in said) == (0, True, False)
    assert {pid: name for pid, name in started.items() if running().get(pid, (0, ""))[1] == name} == {}
    assert list(tmp_path.iterdir()) == []


def prometheus_below(pid):
    return {number: name for number, name in started_by(pid).items() if name.startswith("prometheus ")}


def started_by(pid):
    """The processes below this one: their names, with the time at which they began, by number."""
    found, parents = {}, {pid}
    processes = running()
    while parents:
        children = {number: name for number, (parent, name) in processes.items() if parent in parents}
        found |= children
        parents = set(children)
    return found


def running():
    """Every process by number: its parent, and its name with the time at which it began."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = file.read_text().partition(" (")
        except OSError:
            continue
        name, _, fields = rest.rpartition(") ")
        found[int(number)] = (int(fields.split()[1]), f"{name} {fields.split()[19]}")
    return found
