"""The demo as a process of its own: it comes up, and Ctrl-C leaves nothing behind."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_a_signal_ends_the_demo_and_everything_it_started(components, number, code):
    command = [sys.executable, "-u", "-m", "demo"]
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
