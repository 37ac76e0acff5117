"""Dashboards of any origin, read from JSON files for the command `preview`."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.files import MAX_DEPTH, content_of
from glassbox.standin.server import DATA_SOURCE_UID

FOLDER = {"folder_uid": "files", "folder_title": "Files"}
LONGEST_UID = 40
OUR_KIND = "prometheus"
Json = dict[str, Any]


class UnreadableBoardError(GlassboxError):
    """A file that does not hold a dashboard; `line` is 0 where it is not known."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file, self.line, self.message = file, line, message


class BoardFiles:
    """The dashboards of some files and folders, each time as they are now."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._last: dict[Path, Json | None] = {}

    def read(self) -> tuple[list[Json], list[UnreadableBoardError]]:
        """Every dashboard, each with a uid and a title, and what is wrong with files that cannot be read.

        Such a file keeps the dashboard that it last held. The Prometheus data sources that an export leaves open become
        ours; others keep the name of their kind. In a folder, files that hold something else are skipped.
        """
        boards: dict[str, Json] = {}
        unreadable = []
        for file, is_named in self._files():
            try:
                self._last[file] = _board(file, is_named=is_named)
            except UnreadableBoardError as error:
                unreadable.append(error)
            if board := self._last.get(file):
                uid = _free_uid(str(board.get("uid") or "") or board["title"], boards)
                boards[uid] = board | {"uid": uid}
        return list(boards.values()), unreadable

    def _files(self) -> Iterator[tuple[Path, bool]]:
        """Each file, and whether it was named itself, not a folder around it."""
        for path in self._paths:
            if path.is_dir():
                yield from ((file, False) for file in sorted(path.rglob("*.json")) if file.is_file())
            else:
                yield path, True


def _board(file: Path, *, is_named: bool) -> Json | None:
    board = _dashboard(file, _read(file))
    if board is None and is_named:
        raise UnreadableBoardError(file, 0, "it does not hold a dashboard; name a file that Grafana exported.")
    return board


def _read(file: Path) -> Any:
    try:
        content = json.loads(content_of(file).decode(), parse_float=_finite, parse_constant=_finite)
    except OSError as error:
        raise UnreadableBoardError(file, 0, f"it cannot be read ({error.strerror}); name another file.") from None
    except json.JSONDecodeError as error:
        raise UnreadableBoardError(file, error.lineno, f"it is not JSON ({error.msg}); correct it.") from None
    except (ValueError, RecursionError):
        raise UnreadableBoardError(file, 0, "it is not JSON in UTF-8, or holds NaN or infinity; correct it.") from None
    if _too_deep(content):
        raise UnreadableBoardError(file, 0, f"it has more than {MAX_DEPTH} levels; it is not a dashboard's file.")
    return content


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _too_deep(content: Any) -> bool:
    """Whether lists and objects are inside each other in more than MAX_DEPTH levels."""
    level = [content]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _dashboard(file: Path, content: Any) -> Json | None:
    """The dashboard of a file: bare, as the API answers it, or wrapped as a resource; None for anything else."""
    if not isinstance(content, dict):
        return None
    board = next((content[key] for key in ("dashboard", "spec") if isinstance(content.get(key), dict)), content)
    if "elements" in board and "layout" in board:
        raise UnreadableBoardError(
            file, 0, 'it is a dashboard of schema v2, which is not drawn here; export it with the model "Classic".'
        )
    if not isinstance(board.get("panels", board.get("rows")), list):
        return None
    filled: Json = json.loads(_whole(_with_data_source(board)))
    tags = board.get("tags")
    texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return filled | {"title": _whole(str(board.get("title") or file.stem)), "tags": list(map(_whole, texts))}


def _whole(text: str) -> str:
    """The text with "?" for halves of surrogate pairs, which cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def _with_data_source(board: Json) -> str:
    kept = {key: value for key, value in board.items() if key not in ("__inputs", "__requires")}
    text = json.dumps(kept, ensure_ascii=False)
    inputs = board.get("__inputs")
    for wanted in inputs if isinstance(inputs, list) else []:
        if isinstance(wanted, dict) and wanted.get("type") == "datasource":
            name, kind = f"${{{wanted.get('name')}}}", str(wanted.get("pluginId") or OUR_KIND)
            if kind != OUR_KIND:
                # So that the page can name the kind that is missing.
                text = text.replace(f'"datasource": "{name}"', f'"datasource": {json.dumps({"type": kind})}')
            else:
                text = text.replace(name, DATA_SOURCE_UID)
    return text


def _free_uid(wanted: str, taken: Iterable[str]) -> str:
    """A uid that Grafana accepts and no other file has."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-")[:LONGEST_UID] or "dashboard"
    uid, number = base, 1
    while uid in taken:
        number += 1
        uid = f"{base[: LONGEST_UID - 4]}-{number}"
    return uid
