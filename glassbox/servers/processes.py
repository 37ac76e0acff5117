"""Real servers as child processes on loopback: ready before the `with` body starts, gone when it ends.

A child also ends when its parent is killed outright, where util-linux's setpriv is there to arrange it.
"""

import atexit
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType

from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.prometheus.promtool import TOOLS_DIR, find

LOOPBACK = "127.0.0.1"
READY_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.05
GRACE_SECONDS = 10.0
LOG_LINES = 10


@dataclass(frozen=True)
class Server:
    """A child process that answers on loopback."""

    name: str
    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def last_log_lines(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])

    def wait_until_ready(self, timeout_seconds: float) -> None:
        """Poll /-/ready; raises GlassboxError with the last log lines on an early exit or a deadline."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if _is_ready(self.port):
                return
            if (code := self._exit_code_within(POLL_SECONDS)) is not None:
                raise self._unready(f"ended with exit code {code} before it was ready")
        raise self._unready(f"was not ready on {self.url} within {timeout_seconds:g} s")

    def end(self) -> None:
        """Terminate the process group; kill what is left after the grace period, or at once on another interrupt."""
        if self.process.poll() is not None:
            return
        os.killpg(self.pid, signal.SIGTERM)
        try:
            self._exit_code_within(GRACE_SECONDS)
        finally:
            if self.process.poll() is None:
                os.killpg(self.pid, signal.SIGKILL)
                self.process.wait()

    def _unready(self, what: str) -> GlassboxError:
        return GlassboxError(f"{self.name} {what}; see the end of its log:\n{self.last_log_lines()}")

    def _exit_code_within(self, seconds: float) -> int | None:
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def prometheus(
    config_file: Path, *, port: int = 0, folder: Path | None = None, more_flags: Sequence[str] = ()
) -> Iterator[Server]:
    """A real Prometheus; port 0 means a free one, and without a folder its data goes when it ends."""
    program = find("prometheus")
    with _folder("prometheus", folder) as data:
        flags = (f"--config.file={config_file.resolve()}", f"--storage.tsdb.path={data}/data", "--web.enable-lifecycle")
        with running("Prometheus", [str(program), *flags, *more_flags], folder=data, port=port) as server:
            yield server


@contextmanager
def alertmanager(config_file: Path, *, port: int = 0, folder: Path | None = None) -> Iterator[Server]:
    """A real Alertmanager, not clustered; port 0 means a free one, and without a folder its data goes when it ends."""
    program = find("prometheus-alertmanager")
    with _folder("alertmanager", folder) as data:
        flags = (f"--config.file={config_file.resolve()}", f"--storage.path={data}/data", "--cluster.listen-address=")
        with running("Alertmanager", [str(program), *flags], folder=data, port=port) as server:
            yield server


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    port: int = 0,
    ready_timeout_seconds: float = READY_TIMEOUT_SECONDS,
    listen_flag: str = "--web.listen-address",
) -> Iterator[Server]:
    """Start a command that takes an address by `listen_flag` and answers on /-/ready, and end it after the body.

    Its log goes to the folder. The thread that enters must outlive the body: Linux ties the child's life to it.
    Raises GlassboxError with the last log lines when the server ends early or is not ready in time.
    """
    number = port or free_port()
    process = _start([*command, f"{listen_flag}={LOOPBACK}:{number}"], folder)
    server = Server(name, number, folder, process)
    atexit.register(server.end)
    try:
        server.wait_until_ready(ready_timeout_seconds)
        yield server
    finally:
        server.end()
        atexit.unregister(server.end)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave the body as Ctrl-C does, so that every `with` inside ends its servers; main thread only.

    SIGINT too where a shell started us in the background, which ignores it.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handlers = {signal.SIGTERM: leave, signal.SIGHUP: leave, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port(preferred: int = 0) -> int:
    """The preferred loopback port where nothing listens on it, else one that the system picks."""
    for number in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, number))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise GlassboxError(f"No loopback port is free on {LOOPBACK}; end some of the servers that run there.")


def _start(command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start in a session of its own: Ctrl-C in the terminal reaches only us, and we end the child in our order."""
    # A program unpacked into .tools finds its templates only from there.
    work_dir = TOOLS_DIR if Path(command[0]).is_relative_to(TOOLS_DIR) else folder
    try:
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(
                [*_tied_to_parent(), *command],
                cwd=work_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise GlassboxError(f"{command[0]} could not be started ({error.strerror}); run `make tools`.") from None


@cache
def _tied_to_parent() -> tuple[str, ...]:
    """A prefix that has the kernel end the child with its parent; empty where setpriv is missing or cannot."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    prefix = (setpriv, "--pdeathsig", "TERM")
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else ()


@contextmanager
def _folder(name: str, given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with temporary_folder(name) as made:
        yield made


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
