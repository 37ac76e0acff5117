from pathlib import Path

import pytest
import yaml

from demo.captures import Capture, find_capture
from glassbox.errors import GlassboxError

INDEX = [
    {"file": "old-1.prom", "vllm_version": "0.9.2", "regime": "load"},
    {"file": "old-2.prom", "vllm_version": "0.9.2", "regime": "load", "seconds_since_previous": 10.5},
    {"file": "new-1.prom", "vllm_version": "0.32.0", "regime": "load"},
    {"file": "new-2.prom", "vllm_version": "0.32.0", "regime": "load", "seconds_since_previous": 10.19},
    {"file": "alone.prom", "vllm_version": "0.32.0", "regime": "dp2"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.yaml").write_text(yaml.safe_dump(INDEX), encoding="utf-8")
    return tmp_path


def test_newest_version_is_the_default(folder: Path) -> None:
    """0.32.0 is newer than 0.9.2, though not as text."""
    assert find_capture("load", folder=folder) == Capture(folder / "new-1.prom", folder / "new-2.prom", 10.19)


def test_version_can_be_chosen(folder: Path) -> None:
    assert find_capture("load", "0.9.2", folder).span_seconds == 10.5


def test_single_capture_stands_still(folder: Path) -> None:
    assert find_capture("dp2", folder=folder) == Capture(folder / "alone.prom", folder / "alone.prom", 1.0)


@pytest.mark.parametrize(("regime", "version"), [("night", None), ("load", "0.1.0")])
def test_unknown_capture_names_the_known(folder: Path, regime: str, version: str | None) -> None:
    with pytest.raises(GlassboxError, match=r"choose one of: dp2 0\.32\.0, load 0\.32\.0, load 0\.9\.2"):
        find_capture(regime, version, folder)


def test_missing_index_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GlassboxError, match=r"index\.yaml cannot be read .*; restore it from git"):
        find_capture("load", folder=tmp_path)
