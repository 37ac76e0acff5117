"""Where content declares what a finding is about: the line of Python, not that of the file that it compiles to."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from glassbox.board.dashboard import Dashboard
from glassbox.compile.bundle import Bundle
from glassbox.compile.error_location import content_folders, names_given, shown_path
from glassbox.lint.finding import Finding, Location

_PACKAGE = "dashboards"


@dataclass(frozen=True)
class _Declaration:
    call: str
    file: Path
    line: int

    @property
    def is_board(self) -> bool:
        return self.call in ("dashboard", "Dashboard")

    @property
    def is_row(self) -> bool:
        return self.call in ("row", "Row")

    @property
    def is_group(self) -> bool:
        return self.call in ("AlertGroup", "RecordGroup")


class DeclaredPlaces:
    """The lines of the modules of content that declare what a bundle holds."""

    def __init__(self, bundle: Bundle) -> None:
        self._boards = {f"{_PACKAGE}/{uid}.json": board.declared for uid, board in bundle.content.dashboards.items()}
        self._rules = {
            f"{folder}/{name}"
            for folder, files in (("recording_rules", bundle.recording_rules), ("alerts", bundle.alerts))
            for name in files
        }

    def placed(self, finding: Finding) -> Finding:
        """The finding where its object is declared; as it is where its name is put together from parts, or it is in another file."""
        return replace(finding, location=self.declared(finding.location))

    def declared(self, at: Location) -> Location:
        """Where an object is declared; the same place where that is not known."""
        board = self._boards.get(at.file)
        place = self._board(board, at.object) if board else self._rule(at) if at.file in self._rules else None
        return Location(shown_path(place.file), place.line, at.object) if place else at

    def _board(self, board: Dashboard, name: str) -> _Declaration | None:
        """Where its panel is declared, in the board's own module or in those that it imports; else the board; None where nothing declares that.

        A title that one of these modules gives to several panels leaves open which is meant.
        """
        declared = next((each for each in self._named.get(board.slug, []) if each.is_board), None)
        if declared is None:
            return None
        within = name.removeprefix(board.title).removeprefix(" / ")
        titles = [title for title in self._named if within == title or within.startswith(f"{title} / ")]
        reachable = self._reachable(declared.file)
        found = [each for each in self._named[max(titles, key=len)] if each.file in reachable] if titles else []
        own = [each for each in found if each.file == declared.file]
        return _only(own or found) or declared

    def _rule(self, at: Location) -> _Declaration | None:
        """Where the rule is declared, else its group."""
        folder = at.file.partition("/")[0]
        group, _, rule = at.object.partition(" / ")
        name = rule.partition(" / ")[0]
        rules = [each for each in self._named.get(name, []) if not each.is_group]
        groups = [each for each in self._named.get(group, []) if each.is_group]
        return next((each for each in (*rules, *groups) if each.file.parent.name == folder), None)

    def _reachable(self, file: Path) -> set[Path]:
        """The module of a dashboard, and those of its package that it imports, whatever imports them in between."""
        found, waiting = {file}, [file]
        while waiting:
            names = set(_imported(self._modules[waiting.pop()]))
            new = {each for each in self._modules if each.parent.name == _PACKAGE and each.stem in names} - found
            found |= new
            waiting += new
        return found

    @cached_property
    def _modules(self) -> Mapping[Path, ast.Module]:
        """Every module of content, the user's own before the product's."""
        folders = dict.fromkeys(folder.resolve() for folder in reversed(content_folders()))
        return {file: ast.parse(file.read_bytes()) for folder in folders for file in sorted(folder.glob("*.py"))}

    @cached_property
    def _named(self) -> Mapping[str, list[_Declaration]]:
        """What calls in content name, of the user's own content before the product's."""
        named: dict[str, list[_Declaration]] = {}
        for file, tree in self._modules.items():
            for call, name in names_given(tree):
                if name.value and isinstance(name.value, str):
                    named.setdefault(name.value, []).append(_Declaration(call, file, name.lineno))
        return named


def _only(found: list[_Declaration]) -> _Declaration | None:
    """The panel of these, or the row where none is a panel; None where there are several."""
    panels = [each for each in found if not each.is_row and not each.is_board]
    candidates = panels or [each for each in found if each.is_row]
    return candidates[0] if len(candidates) == 1 else None


def _imported(tree: ast.Module) -> Iterator[str]:
    """The names of modules of dashboards that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[2] for each in node.names if each.name.startswith(f"{_PACKAGE}."))
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] == _PACKAGE):
            yield from ((node.module or "").rpartition(".")[2], *(each.name for each in node.names))
