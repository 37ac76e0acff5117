"""What changed between two versions of a dashboard: each panel's JSON and its part of the picture."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops

from glassbox.compile.bundle import Json, every_panel
from glassbox.view.browser import Box, Picture

PLACE = "gridPos"


@dataclass(frozen=True)
class DrawnDashboard:
    """A dashboard as one version has it, drawn."""

    board: Json
    picture: Picture


@dataclass(frozen=True)
class PanelChange:
    """One panel: `marks` are words for what changed, empty where nothing did; a box is None where that side lacks the panel."""

    title: str
    marks: tuple[str, ...]
    before: Box | None
    after: Box | None


def panels_of(board: Json) -> dict[int, Json]:
    """Every panel that shows data by its id, also those in folded rows."""
    return {panel["id"]: panel for panel in every_panel(board.get("panels")) if panel.get("type") != "row"}


def changes(before: DrawnDashboard | None, after: DrawnDashboard | None) -> list[PanelChange]:
    """Every panel of both, in the order of the newer one, then the removed ones."""
    old, new = (panels_of(side.board) if side else {} for side in (before, after))
    old_boxes, new_boxes = (_boxes(side) for side in (before, after))
    images = [Image.open(io.BytesIO(side.picture.png)).convert("RGB") if side else None for side in (before, after)]
    found = []
    for panel_id in [*new, *(number for number in old if number not in new)]:
        boxes = old_boxes.get(panel_id), new_boxes.get(panel_id)
        marks = [*_content_marks(old.get(panel_id), new.get(panel_id)), *_picture_marks(images, boxes)]
        title = (new.get(panel_id) or old[panel_id]).get("title") or f"Panel {panel_id}"
        found.append(PanelChange(title, tuple(marks), *boxes))
    return found


def _boxes(side: DrawnDashboard | None) -> dict[int, Box]:
    return {box.panel_id: box for box in side.picture.panels} if side else {}


def _content_marks(old: Json | None, new: Json | None) -> Iterator[str]:
    if old is None:
        yield "added"
    elif new is None:
        yield "removed"
    else:
        if _content(old) != _content(new):
            yield "content"
        if old.get(PLACE) != new.get(PLACE):
            yield "place"


def _content(panel: Json) -> Json:
    return {key: value for key, value in panel.items() if key != PLACE}


def _picture_marks(images: list[Image.Image | None], boxes: tuple[Box | None, Box | None]) -> Iterator[str]:
    """How much of a panel differs between both sides; a panel of another size differs as a whole."""
    crops = [_crop(image, box) for image, box in zip(images, boxes, strict=True) if image and box]
    if len(crops) < len(boxes):
        return
    if crops[0].size != crops[1].size:
        yield "picture (another size)"
        return
    difference = ImageChops.difference(*crops).convert("L")
    if different := sum(difference.histogram()[1:]):
        pixels = difference.width * difference.height
        yield f"picture ({max(different / pixels, 0.001):.1%})"


def _crop(image: Image.Image, box: Box) -> Image.Image:
    """The whole pixels of a panel; both sides round the same way."""
    left, top = round(box.x), round(box.y)
    return image.crop((left, top, left + round(box.width), top + round(box.height)))
