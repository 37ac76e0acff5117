"""What is marked as changed, on pictures of a few pixels."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from glassbox.errors import GlassboxError
from glassbox.view.browser import Box, Picture
from glassbox.view.panel_changes import DrawnDashboard, changes
from glassbox.view.picture_report import Drawn, write_report

WIDTH, HEIGHT = 40, 20


def side(*panels: dict[str, Any], dots: tuple[tuple[int, int], ...] = (), wide: int = 10) -> DrawnDashboard:
    """Panels of 10 by 10 pixels side by side on black, with white dots."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for dot in dots:
        image.putpixel(dot, (255, 255, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    boxes = [Box(panel["id"], panel["title"], "done", 10.0 * at, 0, wide, 10) for at, panel in enumerate(panels)]
    return DrawnDashboard(
        {"title": "B", "panels": list(panels)}, Picture(out.getvalue(), tuple(boxes), (WIDTH, HEIGHT))
    )


def panel(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "title": f"P{number}", "type": "stat", "gridPos": {"x": 0, "y": 0, "w": 1, "h": 1}} | fields


def marks(before: DrawnDashboard | None, after: DrawnDashboard | None) -> dict[str, tuple[str, ...]]:
    return {change.title: change.marks for change in changes(before, after)}


def test_what_is_equal_has_no_mark() -> None:
    assert marks(side(panel(1), panel(2)), side(panel(1), panel(2))) == {"P1": (), "P2": ()}


def test_content_place_and_picture_are_marked_apart() -> None:
    before = side(panel(1), panel(2), panel(3))
    moved = panel(2, gridPos={"x": 1, "y": 0, "w": 1, "h": 1})
    after = side(panel(1, unit="s"), moved, panel(3), dots=((20, 0), (29, 9)))
    assert marks(before, after) == {"P1": ("content",), "P2": ("place",), "P3": ("picture (2.0%)",)}


def test_a_pixel_outside_every_panel_is_no_change() -> None:
    assert marks(side(panel(1)), side(panel(1), dots=((10, 0), (0, 10)))) == {"P1": ()}


def test_one_pixel_of_many_is_not_rounded_away() -> None:
    assert marks(side(panel(1), wide=40), side(panel(1), wide=40, dots=((39, 9),)))["P1"] == ("picture (0.2%)",)


def test_panels_that_came_and_went_are_named_so() -> None:
    assert marks(side(panel(1), panel(2)), side(panel(2), panel(3))) == {
        "P2": (),
        "P3": ("added",),
        "P1": ("removed",),
    }


def test_a_new_board_has_only_new_panels() -> None:
    assert marks(None, side(panel(1))) == {"P1": ("added",)}


def test_another_size_is_another_picture() -> None:
    assert marks(side(panel(1)), side(panel(1), wide=12)) == {"P1": ("picture (another size)",)}


def test_panels_of_folded_rows_are_compared_too() -> None:
    row = {"id": 9, "type": "row", "title": "R", "panels": [panel(1)]}
    assert marks(side(row), side(row | {"panels": [panel(1, unit="s")]})) == {"P1": ("content",)}


def test_the_report_is_a_folder_that_asks_for_nothing_elsewhere(tmp_path: Path) -> None:
    before, after = side(panel(1), panel(2)), side(panel(1, title="<b>New"), panel(2))
    drawn = Drawn("board", "A & B", before, after, changes(before, after))
    index = write_report(tmp_path / "out", [drawn], "Against <main>")
    text = index.read_text()
    assert "<b>New" not in text
    assert "&lt;b&gt;New<td>content" in text
    assert "Against &lt;main&gt;" in text
    assert "Unchanged panels: 1." in text
    assert set(re.findall(r'(?:src|href)="([^"]+)"', text)) == {"before/board.png", "after/board.png"}
    assert text.count('class="mark"') == 2
    assert "left:0.000%;top:0.000%;width:25.000%;height:50.000%" in text
    assert not re.search(r"https?://", text)
    assert (tmp_path / "out" / "after" / "board.png").read_bytes() == after.picture.png


def test_a_report_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    first = Drawn("first", "First", None, side(panel(1)), ())
    write_report(tmp_path / "out", [first], "One")
    write_report(tmp_path / "out", [], "Two")
    assert not (tmp_path / "out" / "after" / "first.png").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("work of years")
    with pytest.raises(GlassboxError, match="holds files that this command did not write"):
        write_report(tmp_path / "mine", [], "Three")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "work of years"


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GlassboxError, match="cannot be written"):
        write_report(tmp_path / "file" / "out", [], "One")
