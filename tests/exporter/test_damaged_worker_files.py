"""A folder of worker processes that holds more than their files: what is sound is served."""

import json
import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from glassbox_exporter import ExporterError
from glassbox_exporter.workers import VARIABLE, WorkersCollector, prepare_folder
from tests.support.exporter_fakes import samples


def entry(key: bytes, length: int | None = None) -> bytes:
    padded = key + b" " * (8 - (len(key) + 4) % 8)
    return struct.pack("i", len(key) if length is None else length) + padded + struct.pack("dd", 3.0, 0.0)


def content(*entries: bytes) -> bytes:
    return struct.pack("ii", 8 + sum(map(len, entries)), 0) + b"".join(entries)


REQUESTS = entry(json.dumps(["requests", "requests_total", {}, "help"]).encode())
DAMAGED: dict[str, bytes] = {
    "cut": content(REQUESTS)[:-20],
    "three bytes": b"abc",
    "backwards": content(entry(b"", length=-24)),
    "longer than the file": content(entry(b"x", length=4000)),
    "no json": content(entry(b"nonsense")),
    "no utf-8": content(entry(b"\xff\xfe\xfd")),
    "another list": content(entry(b"[1, 2]")),
    "another shape": content(entry(b'["a", "b", 7, "c"]')),
    "a label that is not text": content(entry(b'["a", "a_total", {"b": 7}, "help"]')),
    "a name that is not text": content(entry(b'["a", 7, {}, "help"]')),
    "a help that is not text": content(entry(b'["a", "a_total", {}, 7]')),
    "zeros in its midst": content(REQUESTS, b"\0" * len(REQUESTS)),
    "text": b"SQLite format 3\0" + b"x" * 5000,
}


def served(folder: Path) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(WorkersCollector(folder))
    return {name: number for (name, _), number in samples(registry).items()}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_left_out_counted_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    (tmp_path / "counter_1.db").write_bytes(content(REQUESTS))
    (tmp_path / "counter_2.db").write_bytes(DAMAGED[damage])
    registry = CollectorRegistry()
    registry.register(WorkersCollector(tmp_path))
    with caplog.at_level(logging.WARNING, "glassbox_exporter"):
        for _ in range(2):
            found = {name: number for (name, _), number in samples(registry).items()}
            assert found == {"requests_total": 3, "exporter_files_left_out": 1}
    (said,) = caplog.messages
    assert said.startswith(f"{tmp_path}/counter_2.db is not a file of metrics (")
    assert said.endswith("); it is left out: remove it.")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.with_name("notes.db").write_bytes(content(REQUESTS)),
        lambda path: path.with_name("gauge_x.db").write_bytes(content(REQUESTS)),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.mkdir(),
        os.mkfifo,
    ],
)
def test_what_is_no_file_of_a_worker_is_left_out(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "counter_1.db").write_bytes(content(REQUESTS))
    make(tmp_path / "counter_2.db")
    assert served(tmp_path) == {"requests_total": 3, "exporter_files_left_out": 1}


def test_a_file_that_is_damaged_between_two_scrapes_is_left_out_from_then_on(tmp_path: Path) -> None:
    for process in (1, 2):
        (tmp_path / f"counter_{process}.db").write_bytes(content(REQUESTS))
    registry = CollectorRegistry()
    registry.register(WorkersCollector(tmp_path))
    seen = []
    for damage in (content(REQUESTS), DAMAGED["no json"]):
        with (tmp_path / "counter_2.db").open("r+b") as file:
            file.write(damage)
        found = {name: number for (name, _), number in samples(registry).items()}
        seen.append((found["requests_total"], found["exporter_files_left_out"]))
    assert seen == [(6, 0), (3, 1)]


def test_a_lock_that_is_a_link_leaves_what_it_points_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="utf-8")
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "glassbox-exporter.lock").symlink_to(precious)
    monkeypatch.setenv(VARIABLE, str(folder))
    with pytest.raises(ExporterError) as caught:
        prepare_folder()
    assert str(caught.value) == (
        f"The lock {folder}/glassbox-exporter.lock is a symbolic link: remove it, and name a folder in "
        "PROMETHEUS_MULTIPROC_DIR that this service alone may write."
    )
    assert precious.read_text(encoding="utf-8") == "kept"


def test_a_lock_that_is_a_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "glassbox-exporter.lock").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ExporterError, match=f"^The folder {tmp_path} cannot be written "):
        prepare_folder()


def test_a_file_of_a_process_that_cannot_be_is_one_of_an_ended_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    gauge = tmp_path / f"gauge_livesum_{'9' * 30}.db"
    gauge.write_bytes(content(REQUESTS))
    assert served(tmp_path) == {"exporter_files_left_out": 0}
    gauge.write_bytes(content(REQUESTS))
    prepare_folder()
    assert not gauge.exists()
