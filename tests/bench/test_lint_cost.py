"""The measurement of lint reads what it writes, and counts the process that it starts."""

import json

import pytest

from bench.lint_cost import lint_cost, write_boards


def test_boards_have_as_many_panels_and_queries_of_their_own(tmp_path):
    write_boards(tmp_path, count=3, panels=4)
    boards = [json.loads(file.read_text()) for file in sorted(tmp_path.iterdir())]
    queries = {target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]}
    assert [len(board["panels"]) for board in boards] == [4, 4, 4]
    assert len(queries) == 12


def test_a_process_is_measured_as_a_whole(tmp_path):
    write_boards(tmp_path, count=2, panels=2)
    cost = lint_cost("--path", str(tmp_path), compiled=tmp_path / "compiled")
    assert list((tmp_path / "compiled").rglob("lint_command.*.pyc"))
    # A Python with click and the parser in it is never smaller.
    assert 20 < cost.megabytes < 400
    assert 0.05 < cost.processor_seconds < 20
    assert cost.seconds > 0.05


def test_what_cannot_be_linted_is_not_measured(tmp_path):
    with pytest.raises(SystemExit, match="failed"):
        lint_cost("--path", str(tmp_path / "none"), compiled=tmp_path)
