"""Dashboards as they come out of Grafana and its API."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from glassbox.view.board_files import BoardFiles, UnreadableBoardError


def written(folder: Path, name: str, content: Any) -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def read_boards(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Those of files that can all be read; raises what is wrong with the first."""
    boards, unreadable = BoardFiles(paths).read()
    if unreadable:
        raise unreadable[0]
    return boards


def test_a_file_that_cannot_be_read_takes_no_other_with_it_and_keeps_its_last_board(tmp_path: Path) -> None:
    written(tmp_path, "a.json", {"title": "A", "panels": []})
    written(tmp_path, "b.json", {"title": "B", "elements": {}, "layout": {}})
    late = written(tmp_path, "c.json", {"title": "C", "panels": []})
    files = BoardFiles([tmp_path, tmp_path / "gone.json"])
    for _ in range(2):
        boards, unreadable = files.read()
        assert [board["title"] for board in boards] == ["A", "C"]
        late.write_text("{")
    assert [error.file.name for error in unreadable] == ["b.json", "c.json", "gone.json"]
    late.unlink()
    assert [board["title"] for board in files.read()[0]] == ["A"]


@pytest.mark.parametrize(
    "content",
    [
        {"uid": "u", "title": "T", "panels": []},
        {"dashboard": {"uid": "u", "title": "T", "panels": []}, "meta": {}},
        {"apiVersion": "dashboard.grafana.app/v1beta1", "spec": {"uid": "u", "title": "T", "panels": []}},
    ],
)
def test_a_board_is_read_bare_from_the_api_and_as_a_resource(tmp_path: Path, content: Any) -> None:
    (board,) = read_boards([written(tmp_path, "a.json", content)])
    assert (board["uid"], board["title"]) == ("u", "T")


def test_a_board_without_names_takes_that_of_its_file(tmp_path: Path) -> None:
    (board,) = read_boards([written(tmp_path, "my board.json", {"panels": []})])
    assert (board["uid"], board["title"]) == ("my-board", "my board")


def test_two_boards_of_one_uid_are_both_shown(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        written(tmp_path, name, {"uid": "x" * 50, "title": name, "panels": []})
    uids = [board["uid"] for board in read_boards([tmp_path])]
    assert uids == ["x" * 40, "x" * 36 + "-2"]


def test_data_sources_that_an_export_asks_for_are_ours(tmp_path: Path) -> None:
    panel = {"datasource": {"uid": "${DS_A}"}, "targets": [{"expr": "a{b='${DS_A}'}"}], "title": "${other}"}
    inputs = [{"name": "DS_A", "type": "datasource"}, {"name": "other", "type": "constant"}, "odd"]
    (board,) = read_boards([written(tmp_path, "a.json", {"title": "T", "panels": [panel], "__inputs": inputs})])
    assert board["panels"][0]["datasource"]["uid"] == "prometheus"
    assert board["panels"][0]["title"] == "${other}"
    assert "__inputs" not in board


def test_a_data_source_of_another_kind_is_not_ours_and_keeps_the_name_of_its_kind(tmp_path: Path) -> None:
    panels = [{"datasource": "${DS_L}"}, {"datasource": {"type": "loki", "uid": "${DS_L}"}}]
    inputs = [{"name": "DS_L", "type": "datasource", "pluginId": "loki"}]
    (board,) = read_boards([written(tmp_path, "a.json", {"title": "T", "panels": panels, "__inputs": inputs})])
    assert [panel["datasource"] for panel in board["panels"]] == [{"type": "loki"}, {"type": "loki", "uid": "${DS_L}"}]


def test_a_folder_is_read_to_its_ground_and_other_files_in_it_are_passed_over(tmp_path: Path) -> None:
    written(tmp_path / "inner", "a.json", {"title": "A", "panels": []})
    written(tmp_path, "package.json", {"name": "p"})
    written(tmp_path, "list.json", [1])
    written(tmp_path, "notes.txt", "{")
    assert [board["title"] for board in read_boards([tmp_path])] == ["A"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('{\n"title": 1,\n}', 3, "it is not JSON"),
        ("[" * 100_000, 0, "it is not JSON"),
        ('{"panels": [], "x": NaN}', 0, "it is not JSON"),
        ('{"panels": [], "x": 1e999}', 0, "it is not JSON"),
        ('{"panels": ' + "[" * 900 + "]" * 900 + "}", 0, "it has more than 100 levels"),
        ({"name": "p"}, 0, "it does not hold a dashboard; name a file that Grafana exported."),
        ({"title": "T", "elements": {}, "layout": {}}, 0, "it is a dashboard of schema v2"),
    ],
)
def test_a_file_without_a_board_is_one_sentence_with_its_line(
    tmp_path: Path, content: Any, line: int, message: str
) -> None:
    file = written(tmp_path, "a.json", content)
    with pytest.raises(UnreadableBoardError, match=message) as caught:
        read_boards([file])
    assert (caught.value.file, caught.value.line) == (file, line)
    assert str(caught.value).startswith(f"{file}: ")


def test_bytes_that_are_no_text_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableBoardError, match="is not JSON in UTF-8"):
        read_boards([tmp_path])


def test_a_pipe_is_one_sentence_and_is_passed_over_in_a_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableBoardError, match="it is a pipe or a device"):
        read_boards([pipe])
    with pytest.raises(UnreadableBoardError, match="it is a pipe or a device"):
        read_boards([Path("/dev/zero")])
    written(tmp_path, "a.json", {"uid": "u", "title": "T", "panels": []})
    assert [board["uid"] for board in read_boards([tmp_path])] == ["u"]


def test_a_file_that_is_too_large_is_one_sentence(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(33 * 2**20)
    with pytest.raises(UnreadableBoardError, match="it exceeds 32 MiB"):
        read_boards([tmp_path])


@pytest.mark.parametrize(
    ("tags", "kept"), [(5, []), ("ab", []), ([{}, "a", None, "\ud800"], ["a", "?"]), ({"a": 1}, []), (None, [])]
)
def test_tags_that_are_no_texts_are_left_out(tmp_path: Path, tags: Any, kept: list[str]) -> None:
    (board,) = read_boards([written(tmp_path, "a.json", {"panels": [], "tags": tags})])
    assert board["tags"] == kept


def test_half_a_surrogate_pair_becomes_a_question_mark(tmp_path: Path) -> None:
    content = {"title": "a\ud800", "panels": [{"title": "\udfff模"}]}
    (board,) = read_boards([written(tmp_path, "a.json", content)])
    assert (board["title"], board["panels"][0]["title"]) == ("a?", "?模")
