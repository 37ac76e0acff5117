"""Where content declares what a finding is about: the line of Python, not that of the file that it compiles to."""

import ast
from collections.abc import Mapping
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
        place = self._board(board, at.object) if board else self._rule(at.object) if at.file in self._rules else None
        return Location(shown_path(place.file), place.line, at.object) if place else at

    def _board(self, board: Dashboard, name: str) -> _Declaration | None:
        """Where its panel is declared, in its own module or in the only one that has a panel of that title, else the board."""
        declared = next((each for each in self._named.get(board.slug, []) if each.is_board), None)
        within = name.removeprefix(board.title).removeprefix(" / ")
        titles = [title for title in self._named if within == title or within.startswith(f"{title} / ")]
        found = (
            [each for each in self._named[max(titles, key=len)] if each.file.parent.name == _PACKAGE] if titles else []
        )
        own = [each for each in found if declared and each.file == declared.file and not each.is_board]
        return next(iter(own or (found if len(found) == 1 else [])), declared)

    def _rule(self, name: str) -> _Declaration | None:
        """Where the rule is declared, else its group."""
        group, _, rule = name.partition(" / ")
        found = self._named.get(rule.partition(" / ")[0]) or self._named.get(group) or []
        return next((each for each in found if each.file.parent.name != _PACKAGE), None)

    @cached_property
    def _named(self) -> Mapping[str, list[_Declaration]]:
        """What calls in content name, of the user's own content before the product's."""
        named: dict[str, list[_Declaration]] = {}
        for folder in reversed(list(dict.fromkeys(content_folders()))):
            for file in sorted(folder.glob("*.py")):
                for call, name in names_given(ast.parse(file.read_bytes())):
                    if name.value and isinstance(name.value, str):
                        named.setdefault(name.value, []).append(_Declaration(call, file, name.lineno))
        return named
