"""What is saved is shown, whenever it is saved."""

import json
import threading
from pathlib import Path

import pytest

from glassbox.standin.server import GrafanaStandIn
from glassbox.view.preview import WATCHING, Shown, follow, show
from tests.support.paths import ROOT


def write(file: Path, title: str) -> None:
    file.write_text(json.dumps({"uid": file.stem, "title": title, "panels": []}))


def titles(server: GrafanaStandIn) -> dict[str, str]:
    return {uid: board.title for uid, board in server.state.dashboards.items()}


@pytest.fixture
def server() -> GrafanaStandIn:
    return GrafanaStandIn()


@pytest.fixture(params=["folder", "file"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a board, or the file of the board."""
    write(tmp_path / "b.json", "Before")
    return tmp_path if request.param == "folder" else tmp_path / "b.json"


def test_a_save_between_the_first_show_and_the_watch_is_not_missed(server: GrafanaStandIn, source: Path) -> None:
    shown = Shown(ROOT / "deploy.py", files=(source,))
    since = shown.stamps()
    show(server, shown)
    assert titles(server) == {"b": "Before"}
    write(source / "b.json" if source.is_dir() else source, "After, and longer")
    said = follow(server, shown, since)
    assert next(said) == WATCHING
    assert next(said).startswith("b.json changed: 1 dashboards")
    assert titles(server) == {"b": "After, and longer"}
    said.close()


def test_a_save_while_it_is_read_the_first_time_is_not_missed(server: GrafanaStandIn, source: Path) -> None:
    shown = Shown(ROOT / "deploy.py", files=(source,))
    since = shown.stamps()
    write(source / "b.json" if source.is_dir() else source, "Meanwhile")
    show(server, shown)
    said = follow(server, shown, since)
    assert [next(said), next(said).partition(":")[0]] == [WATCHING, "b.json changed"]
    said.close()


def test_files_that_come_and_go_before_the_watch_are_noticed(server: GrafanaStandIn, tmp_path: Path) -> None:
    write(tmp_path / "gone.json", "Gone")
    shown = Shown(ROOT / "deploy.py", files=(tmp_path,))
    since = shown.stamps()
    show(server, shown)
    (tmp_path / "gone.json").unlink()
    write(tmp_path / "new.json", "New")
    (tmp_path / "notes.txt").write_text("nothing to show")
    said = follow(server, shown, since)
    assert [next(said), next(said).partition(":")[0]] == [WATCHING, "gone.json, new.json changed"]
    assert titles(server) == {"new": "New"}
    said.close()


def test_without_a_change_nothing_is_shown_again(server: GrafanaStandIn, source: Path) -> None:
    shown = Shown(ROOT / "deploy.py", files=(source,))
    since = shown.stamps()
    show(server, shown)
    generation = server.live.generation
    stopped = threading.Event()
    said = []
    for line in follow(server, shown, since, stopped=stopped):
        said.append(line)
        stopped.set()
    assert (said, server.live.generation) == ([WATCHING], generation)
