"""Having a Prometheus or vmalert read its rule files again: by its API, or by SIGHUP to the process of a pid file."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.rules_api import ReloadState, reload, reload_state

PID_OPTION = "--prometheus-pid-file"
# What the programs that read rule files on SIGHUP are called; the default action of any other would be to end.
_PROGRAMS = ("prometheus", "vmalert", "thanos")
# Reading a hundred rule files takes less than a second; vmalert's clock of reloads has whole seconds, and may show nothing.
_SETTLING_SECONDS = 5.0
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Reloader:
    """How the server is told, and asked how it went; without `prometheus` nothing is known of that.

    `pause` waits for so many seconds.
    """

    prometheus: Prometheus | None
    pid_file: Path | None = None
    pause: Callable[[float], object] = time.sleep

    @property
    def can_reload(self) -> bool:
        """Whether there is a way to make the server reload."""
        return self.prometheus is not None or self.pid_file is not None

    def reload(self) -> None:
        """Have the rule files read; raises GlassboxError where the server refuses, or reports that it failed."""
        before = reload_state(self.prometheus) if self.prometheus else None
        if self.pid_file:
            _hang_up(self.pid_file)
        elif self.prometheus:
            reload(self.prometheus)
        if self.prometheus and before:
            self._settle(self.prometheus, before)

    def _settle(self, prometheus: Prometheus, before: ReloadState) -> None:
        """Wait until the server's metrics show how the reload ended; an unchanged vmalert shows nothing."""
        last: ReloadState | None = before
        for _ in range(int(_SETTLING_SECONDS / POLL_SECONDS)):
            last = reload_state(prometheus)
            if last is None or last.succeeded_at > before.succeeded_at or (before.successful and not last.successful):
                break
            self.pause(POLL_SECONDS)
        if last and not last.successful:
            raise GlassboxError(
                f"The server at {prometheus.url} could not reload its rules: its log says which file is wrong."
            )


def _hang_up(pid_file: Path) -> None:
    """Send SIGHUP to the process of the file, if it is a program that reads its rules again then."""
    pid = _pid_in(pid_file)
    try:
        program = Path("/proc", str(pid), "comm").read_text(encoding="utf-8", errors="replace").strip()
        if not program.startswith(_PROGRAMS):
            raise GlassboxError(f"{pid_file} of {PID_OPTION} names process {pid}, which is {program!r} and not Prometheus or vmalert: write the right process id into it.")  # fmt: skip  # a refusal is one line
        os.kill(pid, signal.SIGHUP)
    except (FileNotFoundError, ProcessLookupError):
        raise GlassboxError(f"{pid_file} of {PID_OPTION} names process {pid}, which does not run on this machine: start Prometheus, or correct the file.") from None  # fmt: skip  # a refusal is one line
    except PermissionError:
        raise GlassboxError(f"Process {pid} of {pid_file} belongs to another user: run as that user or as root, or use --prometheus URL without {PID_OPTION}.") from None  # fmt: skip  # a refusal is one line


def _pid_in(pid_file: Path) -> int:
    try:
        text = content_of(pid_file).decode("ascii", "replace").strip()
    except OSError as error:
        raise GlassboxError(
            f"{pid_file} of {PID_OPTION} cannot be read ({error.strerror}): correct the path."
        ) from None
    if not text.isdigit() or len(text) > 9 or int(text) <= 1:
        raise GlassboxError(f"{pid_file} of {PID_OPTION} does not hold the id of a process: correct the path.")
    return int(text)
