"""GPUs through the program nvidia-smi: one process for each reading, so every 15 s by default."""

import os
import signal
import subprocess
from contextlib import suppress
from math import isfinite
from threading import Lock

from glassbox_exporter.program_output import TooMuchOutputError, read_output
from glassbox_exporter.readings import UNKNOWN_GPU, Collection, GpuReading, GpusUnavailableError, Memory

# Drivers from 535 on call the last one clocks_event_reasons.active, and take its former name too.
FIELDS = (
    *("index", "utilization.gpu", "memory.used", "memory.total", "power.draw", "temperature.gpu"),
    *("clocks.sm", "clocks.mem", "clocks_throttle_reasons.active"),
)
TIMEOUT_SECONDS = 10.0
# A process that waits in the driver cannot be killed; it is left, and no other is started beside it.
KILL_TIMEOUT_SECONDS = 0.25
# Of both outputs together; a hundred cards with a warning each print 20 KiB.
MAX_OUTPUT_BYTES = 1024 * 1024
SAID_CHARACTERS = 200


class NvidiaSmiGpus:
    """Every GPU that nvidia-smi lists, by its index. MIG slices and XID errors are not in its list."""

    name = "nvidia-smi"
    interval_seconds = 15.0

    def __init__(self, program: str = "nvidia-smi", timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._command = (program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits")
        self._timeout_seconds = timeout_seconds
        self._starting = Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None

    def collect(self) -> Collection:
        """Run nvidia-smi once; raises GpusUnavailableError with what it says when it fails or hangs.

        Nothing is used of an output of more than MAX_OUTPUT_BYTES, which counts as a failure of a card not named.
        """
        process = self._start()
        try:
            output, complaint = read_output(process, MAX_OUTPUT_BYTES, self._timeout_seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise GpusUnavailableError(f"nvidia-smi did not answer within {self._timeout_seconds:g} s") from None
        except TooMuchOutputError as error:
            _kill(process)
            return Collection(failures={UNKNOWN_GPU: f"nvidia-smi printed {error}, so none of it is used"})
        finally:
            _close_pipes(process)
        return _parse(output, complaint, process.returncode)

    def close(self) -> None:
        """End a process that still runs."""
        with self._starting:
            self._closed = True
            if self._process is not None and self._process.poll() is None:
                _kill(self._process)

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._starting:
            if self._closed:
                raise GpusUnavailableError("closed")
            if self._process is not None and self._process.poll() is None:
                raise GpusUnavailableError("an nvidia-smi that hangs cannot be ended")
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise GpusUnavailableError(f"{self._command[0]} cannot be started: {error.strerror}") from error
            return self._process


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the process with all it started, which would hold its output open."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=KILL_TIMEOUT_SECONDS)


def _close_pipes(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _parse(output: str, complaint: str, code: int) -> Collection:
    """The rows that describe a GPU; whatever else it says is one failure, of a card that it does not name."""
    readings: dict[str, GpuReading] = {}
    failures: dict[str, str] = {}
    others: list[str] = []
    for line in output.splitlines():
        # None of these fields holds a comma, and csv's reader gives up at a long word.
        values = [value.strip() for value in line.split(",")]
        if len(values) != len(FIELDS) or not values[0].isdecimal():
            others.append(line.strip())
            continue
        reading = _reading(values[1:])
        if reading == GpuReading():
            failures[values[0]] = f"nvidia-smi reports only {values[1]}"
        else:
            readings[values[0]] = reading
    said = _shown(next(filter(None, (*others, *map(str.strip, complaint.splitlines()))), ""))
    if not readings and not failures:
        raise GpusUnavailableError(_what_is_wrong(said, code) or "nvidia-smi lists no GPU")
    if code or any(others):
        failures[UNKNOWN_GPU] = _what_is_wrong(said, code)
    return Collection(readings, failures)


def _shown(said: str) -> str:
    """The beginning, with `?` for characters that could command the terminal which shows the log."""
    return "".join(each if each.isprintable() else "?" for each in said[:SAID_CHARACTERS])


def _what_is_wrong(said: str, code: int) -> str:
    if code:
        return f"nvidia-smi ended with {code}: {said or 'no output'}"
    return f"nvidia-smi printed a line that does not describe a GPU: {said}" if said else ""


def _reading(values: list[str]) -> GpuReading:
    utilization, used, total, power, temperature, sm_clock, memory_clock = map(_number, values[:-1])
    memory = Memory(used, total)
    return GpuReading(utilization, memory, power, temperature, sm_clock, memory_clock, _mask(values[-1]))


def _number(text: str) -> float | None:
    """A number, or None for [N/A], [Not Supported], [Unknown Error] and their like."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _mask(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None
