"""The pictures as a folder with a page that shows them side by side; nothing in it is fetched from elsewhere."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.view.browser import Box
from glassbox.view.panel_changes import DrawnDashboard, PanelChange

MARKER = ".glassbox-pictures"
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; background: #f4f5f5; color: #24292e }
h2 { margin: 2.5rem 0 .5rem } table { border-collapse: collapse } td { padding: .1rem 1.5rem .1rem 0; vertical-align: top }
.sides { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 1rem; margin-top: .75rem }
figure { margin: 0 } figcaption { font-weight: 600 } .drawn { position: relative; line-height: 0 }
img { width: 100%; border: 1px solid #ccc } .mark { position: absolute; box-shadow: 0 0 0 3px #e0226e; border-radius: 2px }
.same { color: #6e7781 }
"""


@dataclass(frozen=True)
class Drawn:
    """A dashboard, or one panel of it, before and after; `changes` name its panels. A side is None where it lacks the dashboard."""

    name: str
    title: str
    before: DrawnDashboard | None
    after: DrawnDashboard | None
    changes: Sequence[PanelChange]

    @property
    def changed(self) -> list[PanelChange]:
        return [change for change in self.changes if change.marks]


def write_report(folder: Path, drawn: Sequence[Drawn], heading: str) -> Path:
    """Write the page and its pictures in place of an earlier report; its path. Raises GlassboxError.

    They are prepared beside their final place and moved there when complete; a folder of other files is refused.
    """
    if folder.exists() and not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise GlassboxError(f"--out {folder} holds files that this command did not write: name another folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pictures-") as prepared:
            _write(Path(prepared, "new"), drawn, heading)
            if folder.exists():
                folder.rename(Path(prepared, "old"))
            Path(prepared, "new").rename(folder)
    except OSError as error:
        raise GlassboxError(f"--out {folder} cannot be written ({error.strerror}): name another folder.") from None
    return folder / "index.html"


def _write(folder: Path, drawn: Sequence[Drawn], heading: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("before", "after"):
        (folder / name).mkdir(parents=True)
    (folder / MARKER).touch()
    for item in drawn:
        for name, side in (("before", item.before), ("after", item.after)):
            if side:
                (folder / name / f"{item.name}.png").write_bytes(side.picture.png)
    (folder / "index.html").write_text(page(drawn, heading), encoding="utf-8")


def page(drawn: Sequence[Drawn], heading: str) -> str:
    """The page as HTML."""
    policy = "default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(heading)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style>'
        f"<h1>{escape(heading)}</h1><p>Drawn with Grafana's component library, gauges and heatmaps approximated; "
        f"not by Grafana itself.</p>{''.join(map(_section, drawn))}</html>\n"
    )


def _section(item: Drawn) -> str:
    sides = [("before", item.before), ("after", item.after)]
    figures = [_figure(item, name) for name, side in sides if side]
    return f'<h2>{escape(item.title)}</h2>{_table(item)}<div class="sides">{"".join(figures)}</div>'


def _table(item: Drawn) -> str:
    if not (item.before and item.after):
        return ""
    rows = [f"<tr><td>{escape(change.title)}<td>{escape(', '.join(change.marks))}" for change in item.changed]
    same = f'<p class="same">Unchanged panels: {len(item.changes) - len(rows)}.</p>'
    return f"<table>{''.join(rows)}</table>{same}"


def _figure(item: Drawn, name: str) -> str:
    boxes = [change.before if name == "before" else change.after for change in item.changed]
    marks = [_mark(box, _size(item, name)) for box in boxes if box and item.before and item.after]
    source = f"{name}/{item.name}.png"
    return (
        f'<figure><figcaption>{name}</figcaption><div class="drawn"><a href="{source}"><img src="{source}" alt="{name}"></a>'
        f"{''.join(marks)}</div></figure>"
    )


def _size(item: Drawn, name: str) -> tuple[int, int]:
    side = item.before if name == "before" else item.after
    assert side is not None
    return side.picture.size


def _mark(box: Box, size: tuple[int, int]) -> str:
    width, height = size
    left, top = box.x / width, box.y / height
    return (
        f'<div class="mark" style="left:{left:.3%};top:{top:.3%};width:{box.width / width:.3%};'
        f'height:{box.height / height:.3%}"></div>'
    )
