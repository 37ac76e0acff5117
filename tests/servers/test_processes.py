import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.servers import processes
from glassbox.servers.processes import LOOPBACK, ended_by_signals, free_port, running

NEEDS_SETPRIV = "needs setpriv of util-linux: apt-get install util-linux"
REPOSITORY = Path(processes.__file__).parents[2]

# A server that answers every path with 200; `ignore` makes it deaf to SIGTERM.
WEB_SERVER = """
import signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
if sys.argv[1] == "ignore":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
HTTPServer(("127.0.0.1", int(sys.argv[2].rpartition(":")[2])), Answer).serve_forever()
"""


def web_server(folder: Path, manners: str = "obey") -> list[str]:
    script = folder / "web_server.py"
    script.write_text(WEB_SERVER, encoding="utf-8")
    return [sys.executable, str(script), manners]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_early_exit_shows_the_end_of_the_log(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "seq 1 30; exit 7"]
    with pytest.raises(GlassboxError) as caught, running("Thing", command, folder=tmp_path):
        pass
    first, *log = str(caught.value).splitlines()
    assert first == "Thing ended with exit code 7 before it was ready; see the end of its log:"
    assert log == [str(number) for number in range(21, 31)]


def test_server_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "echo $$; exec sleep 60"]
    with (
        pytest.raises(GlassboxError, match=r"was not ready on http://127\.0\.0\.1:\d+ within 0\.3 s"),
        running("Thing", command, folder=tmp_path, ready_timeout_seconds=0.3),
    ):
        pass
    assert not is_alive(int((tmp_path / "log").read_text()))


def test_exception_in_the_body_ends_the_server(tmp_path: Path) -> None:
    pids = []
    with pytest.raises(ZeroDivisionError), running("Web", web_server(tmp_path), folder=tmp_path) as server:
        pids.append(server.pid)
        raise ZeroDivisionError
    assert not is_alive(pids[0])


def test_server_deaf_to_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    with running("Web", web_server(tmp_path, "ignore"), folder=tmp_path) as server:
        pass
    assert server.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("prefix", "sentence"), [((), "could not be started"), (None, "failed to execute .*/none")])
def test_program_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: tuple[str, ...] | None, sentence: str
) -> None:
    """With setpriv in front its message arrives, without it the system's."""
    if prefix is None and not processes._tied_to_parent():
        pytest.skip(NEEDS_SETPRIV)
    if prefix is not None:
        monkeypatch.setattr(processes, "_tied_to_parent", lambda: prefix)
    with pytest.raises(GlassboxError, match=sentence), running("Thing", [str(tmp_path / "none")], folder=tmp_path):
        pass


PARENT = """
import sys, threading
from pathlib import Path
from glassbox.servers.processes import ended_by_signals, running
folder = Path(sys.argv[1])
with ended_by_signals(), running("Web", sys.argv[2:], folder=folder) as server:
    print(server.pid, flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it in order; after SIGKILL of the parent the kernel does."""
    if number == signal.SIGKILL and not processes._tied_to_parent():
        pytest.skip(NEEDS_SETPRIV)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), *web_server(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        assert parent.stdout is not None
        server = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(number)
    try:
        assert _ends_within(server, 5.0)
    finally:
        os.close(server)


def _ends_within(process: int, seconds: float) -> bool:
    """A pidfd is readable once its process has ended."""
    return bool(select.select([process], [], [], seconds)[0])


def test_sigterm_becomes_an_exit_and_the_old_handler_returns() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, ended_by_signals():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before


def test_preferred_port_unless_taken() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert free_port(taken) not in (taken, 0)
    assert free_port(taken) == taken
