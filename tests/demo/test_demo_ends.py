"""The demo as a process of its own: it comes up, and Ctrl-C leaves nothing behind."""

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_a_signal_ends_the_demo_and_everything_it_started(components, number, code):
    command = [sys.executable, "-u", "-m", "demo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as demo:
        said = []
        try:
            for line in demo.stdout:
                said.append(line)
                if line.endswith("Press Ctrl-C to end the demo.\n"):
                    demo.send_signal(number)
        except BaseException:
            # A demo that never says it is ready must not outlive the test's time limit.
            demo.terminate()
            raise
    assert demo.returncode == code, "".join(said)
    urls = re.findall(r"http://127\.0\.0\.1:\d+", "".join(said))
    assert len(set(urls)) >= 7
    for url in set(urls):
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(url, timeout=2)
