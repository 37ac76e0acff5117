"""The nvidia-smi backend against scripts in its place, as real processes."""

import os
import signal
import threading
import tracemalloc
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from glassbox_exporter.backends import NvmlOrNvidiaSmi
from glassbox_exporter.gpu import GpuPoller
from glassbox_exporter.nvidia_smi import FIELDS, MAX_OUTPUT_BYTES, NvidiaSmiGpus
from glassbox_exporter.nvml import NvmlUnusableError
from glassbox_exporter.readings import Collection, GpuReading, GpusUnavailableError, Memory
from glassbox_exporter.registration import register
from glassbox_exporter.simulated import SimulatedGpus
from tests.support.exporter_fakes import value

WAIT_SECONDS = 10.0
TWO_GPUS = """\
0, 73, 61440, 81920, 412.25, 71, 1980, 2619, 0x0000000000000004
1, 0, 4, 81920, 60.10, 31, 345, 2619, 0x0000000000000001
"""


def program(folder: Path, body: str) -> str:
    script = folder / "nvidia-smi"
    script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def printing(folder: Path, text: str) -> NvidiaSmiGpus:
    (folder / "answer").write_text(text, encoding="utf-8")
    return NvidiaSmiGpus(program(folder, f"cat {folder}/answer"))


def test_readings_of_each_gpu(tmp_path: Path) -> None:
    assert printing(tmp_path, TWO_GPUS).collect() == Collection(
        {
            "0": GpuReading(73, Memory(61440, 81920), 412.25, 71, 1980, 2619, 0x4),
            "1": GpuReading(0, Memory(4, 81920), 60.1, 31, 345, 2619, 0x1),
        }
    )


def test_it_is_asked_for_numbers_of_all_fields(tmp_path: Path) -> None:
    gpus = NvidiaSmiGpus(program(tmp_path, f'echo "$@" > {tmp_path}/asked; echo "0, 1, 2, 3, 4, 5, 6, 7, 0x0"'))
    gpus.collect()
    assert (tmp_path / "asked").read_text().split() == [
        f"--query-gpu={','.join(FIELDS)}",
        "--format=csv,noheader,nounits",
    ]


@pytest.mark.parametrize(
    "nothing", ["[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "[GPU requires reset]", "nan"]
)
def test_what_a_card_does_not_tell_is_none(tmp_path: Path, nothing: str) -> None:
    line = f"0, {nothing}, 100, 200, {nothing}, 50, {nothing}, {nothing}, {nothing}\n"
    assert printing(tmp_path, line).collect().readings == {"0": GpuReading(None, Memory(100, 200), None, 50)}


def test_a_gpu_of_which_nothing_is_told_has_failed(tmp_path: Path) -> None:
    lost = f"1{', [GPU is lost]' * (len(FIELDS) - 1)}\n"
    collected = printing(tmp_path, TWO_GPUS.splitlines()[0] + "\n" + lost).collect()
    assert sorted(collected.readings) == ["0"]
    assert collected.failures == {"1": "nvidia-smi reports only [GPU is lost]"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("echo NVIDIA-SMI has failed because >&2; exit 9", "^nvidia-smi ended with 9: NVIDIA-SMI has failed because$"),
        ("exit 3", "^nvidia-smi ended with 3: no output$"),
        ("true", "^nvidia-smi lists no GPU$"),
        (
            "echo No devices were found",
            "^nvidia-smi printed a line that does not describe a GPU: No devices were found$",
        ),
        ("echo 0, 1, 2", "^nvidia-smi printed a line that does not describe a GPU: 0, 1, 2$"),
    ],
)
def test_what_is_no_list_of_gpus_is_told(tmp_path: Path, body: str, sentence: str) -> None:
    with pytest.raises(GpusUnavailableError, match=sentence):
        NvidiaSmiGpus(program(tmp_path, body)).collect()


def test_a_missing_program_is_told() -> None:
    with pytest.raises(
        GpusUnavailableError, match=r"^/nowhere/nvidia-smi cannot be started: No such file or directory$"
    ):
        NvidiaSmiGpus("/nowhere/nvidia-smi").collect()


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """What the script started holds the pipe's other end for as long as it lives."""
    held = tmp_path / "held"
    os.mkfifo(held)
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    try:
        gpus = NvidiaSmiGpus(program(tmp_path, f"exec 3> {held}; sleep 600; true"), timeout_seconds=1.0)
        with pytest.raises(GpusUnavailableError, match=r"^nvidia-smi did not answer within 1 s$"):
            gpus.collect()
        os.set_blocking(reader, True)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_a_program_that_cannot_be_ended_is_not_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that waits in the driver: here the signal is withheld."""
    gpus = NvidiaSmiGpus(program(tmp_path, f"echo $$ >> {tmp_path}/pids; exec sleep 600"), timeout_seconds=1.0)
    with monkeypatch.context() as patched:
        patched.setattr(os, "killpg", lambda group, number: None)
        with pytest.raises(GpusUnavailableError, match="did not answer"):
            gpus.collect()
        with pytest.raises(GpusUnavailableError, match="an nvidia-smi that hangs cannot be ended"):
            gpus.collect()
    (pid,) = map(int, (tmp_path / "pids").read_text().split())
    gpus.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_closing_ends_a_running_program_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    gpus = NvidiaSmiGpus(program(tmp_path, f"echo started > {started}; exec sleep 600"))
    failures: list[Exception] = []

    def collect() -> None:
        try:
            gpus.collect()
        except GpusUnavailableError as error:
            failures.append(error)

    thread = threading.Thread(target=collect)
    thread.start()
    assert started.read_text() == "started\n"
    gpus.close()
    thread.join(WAIT_SECONDS)
    assert not thread.is_alive()
    assert [str(error) for error in failures] == [f"nvidia-smi ended with {-signal.SIGKILL}: no output"]
    with pytest.raises(GpusUnavailableError, match="closed"):
        gpus.collect()


class Nvml:
    name = "nvml"
    interval_seconds = 1.0
    missing = True

    def collect(self) -> Collection:
        if self.missing:
            raise NvmlUnusableError("NVML Shared Library Not Found")
        return Collection({"0": GpuReading(50)})

    def close(self) -> None:
        """Nothing to let go of."""


def test_nvidia_smi_is_the_fallback_for_as_long_as_the_library_is_missing(tmp_path: Path) -> None:
    nvml = Nvml()
    smi = program(tmp_path, "true")
    gpus = NvmlOrNvidiaSmi(nvml, printing(tmp_path, TWO_GPUS), program=smi)
    assert gpus.collect().readings["0"].utilization_percent == 73
    assert (gpus.name, gpus.interval_seconds) == ("nvidia-smi", 15.0)
    nvml.missing = False
    assert gpus.collect().readings["0"].utilization_percent == 50
    assert (gpus.name, gpus.interval_seconds) == ("nvml", 1.0)


def test_without_nvidia_smi_nvml_says_what_is_missing() -> None:
    gpus = NvmlOrNvidiaSmi(Nvml(), SimulatedGpus(), program="no-such-program")
    with pytest.raises(NvmlUnusableError, match="NVML Shared Library Not Found"):
        gpus.collect()
    assert gpus.name == "nvml"


@pytest.mark.parametrize(
    ("around", "reason"),
    [
        ("cat {answer}; echo WARNING: infoROM is corrupted at gpu 0000:01:00.0 >&2; exit 14", "nvidia-smi ended with 14: WARNING: infoROM is corrupted at gpu 0000:01:00.0"),
        ("echo Warning: persistence mode is off; cat {answer}", "nvidia-smi printed a line that does not describe a GPU: Warning: persistence mode is off"),
        ("cat {answer}; echo Unable to determine the device handle for GPU 0000:41:00.0: GPU is lost; exit 15", "nvidia-smi ended with 15: Unable to determine the device handle for GPU 0000:41:00.0: GPU is lost"),
        ("cat {answer}; exit 14", "nvidia-smi ended with 14: no output"),
        ("head -1 {answer}; echo; echo '7, 1, 2'; tail -1 {answer}", "nvidia-smi printed a line that does not describe a GPU: 7, 1, 2"),
    ],
)  # fmt: skip  # a row is a case
def test_what_is_no_row_is_one_failure_and_leaves_the_rows(tmp_path: Path, around: str, reason: str) -> None:
    answer = tmp_path / "answer"
    answer.write_text(TWO_GPUS, encoding="utf-8")
    collected = NvidiaSmiGpus(program(tmp_path, around.format(answer=answer))).collect()
    assert {gpu_id: reading.utilization_percent for gpu_id, reading in collected.readings.items()} == {"0": 73, "1": 0}
    assert collected.failures == {"unknown": reason}


def test_a_word_without_end_is_no_row_and_no_text_commands_the_terminal(tmp_path: Path) -> None:
    collection = printing(tmp_path, f"\x1b[2J{'x' * 200_000}\n{TWO_GPUS}").collect()
    assert set(collection.readings) == {"0", "1"}
    assert collection.failures["unknown"].endswith(f"describe a GPU: ?[2J{'x' * 196}")


TOO_MUCH = "nvidia-smi printed more than 1024 KiB, so none of it is used"


@pytest.mark.parametrize(
    "endless", ["yes '0, 73, 1, 2, 3, 4, 5, 6, 0x0'", "yes warning >&2", "cat /dev/zero", "yes & yes >&2"]
)
def test_an_output_without_end_is_read_to_its_limit_and_ended(tmp_path: Path, endless: str) -> None:
    gpus = NvidiaSmiGpus(program(tmp_path, f"echo $$ > {tmp_path}/pid; {endless}"))
    tracemalloc.start()
    try:
        assert gpus.collect() == Collection(failures={"unknown": TOO_MUCH})
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_OUTPUT_BYTES
    finally:
        tracemalloc.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_output_at_the_limit_is_used(tmp_path: Path) -> None:
    text = TWO_GPUS + "x" * (MAX_OUTPUT_BYTES - len(TWO_GPUS))
    assert set(printing(tmp_path, text).collect().readings) == {"0", "1"}
    assert printing(tmp_path, f"{text}x").collect() == Collection(failures={"unknown": TOO_MUCH})


def test_an_output_without_end_counts_each_time_and_is_logged_once(
    tmp_path: Path, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    poller = GpuPoller(NvidiaSmiGpus(program(tmp_path, "yes")))
    register(registry, (poller,))
    poller.poll()
    poller.poll()
    assert value(registry, "gpu_read_errors_total", gpu_id="unknown") == 2
    assert value(registry, "gpu_exporter_up") == 0
    assert caplog.messages == [f"A GPU that is not named cannot be read ({TOO_MUCH}); going on."]
