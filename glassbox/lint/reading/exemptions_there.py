"""Exemptions in files of anybody: comments in YAML, and an ignore file for what cannot hold comments.

A comment is `# glassbox-lint: ignore RULE because REASON`, with several rules after commas. It is of the object that it stands in or above,
and of the whole file where it stands above everything. An ignore file is a list of `rule`, `file`, `reason` and perhaps `object`.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.lint.reading.documents import text_of, values_of
from glassbox.lint.reading.located import UnreadableTextError, line_of, text_in
from glassbox.lint.subjects.exemptions import Exemption
from glassbox.lint.subjects.grouped_rules import RuleGroup

_MARK = re.compile(r"#\s*glassbox-lint\s*:\s*(?P<said>.*)")
_SAID = re.compile(r"ignore\s+(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)\s+because\s+(?P<reason>\S.*)")
_KEYS = {"rule", "file", "object", "reason"}
_NEEDED = ("rule", "file", "reason")


def commented(text: str, file: str, groups: Iterable[RuleGroup]) -> list[Exemption]:
    """The exemptions in the comments of a file with these groups; raises UnreadableTextError for one that says something else."""
    if "glassbox-lint" not in text:
        return []
    begins = sorted(
        (at.line, at.object) for group in groups for at in (group.location, *(rule.location for rule in group.rules))
    )
    lines = text.splitlines()
    return [each for number, line in enumerate(lines, 1) for each in _of_line(line, number, lines, file, begins)]


def _of_line(
    line: str, number: int, lines: Sequence[str], file: str, begins: Sequence[tuple[int, str]]
) -> Iterator[Exemption]:
    marked = _MARK.search(line)
    if not marked:
        return
    said = _SAID.fullmatch(marked["said"].strip())
    if not said:
        raise UnreadableTextError(
            "it has a comment for lint that is not `# glassbox-lint: ignore RULE because REASON`", number
        )
    place = bisect_right(begins, (_line_meant(number, lines), "\U0010ffff"))
    for rule in said["rules"].split(","):
        yield Exemption(
            rule.strip(), said["reason"].strip(), Location(file, number, begins[place - 1][1] if place else "")
        )


def _line_meant(number: int, lines: Sequence[str]) -> int:
    """The line itself where it holds more than the comment, else the next that does."""
    following = (
        each
        for each in range(number, len(lines) + 1)
        if not lines[each - 1].lstrip().startswith("#") and lines[each - 1].strip()
    )
    return next(following, number)


def ignored(ignore_file: Path, files: Iterable[str]) -> list[Exemption]:
    """The exemptions of an ignore file, each once for every one of the files that it matches, or once for none.

    Raises GlassboxError for one that cannot be read or lacks something.
    """
    try:
        values = [
            each
            for value in values_of(text_of(ignore_file))
            for each in (value if isinstance(value, list) else [value])
        ]
    except UnreadableTextError as error:
        raise GlassboxError(
            f"{ignore_file}{f':{error.line}' if error.line else ''}: {error.problem}; correct it."
        ) from None
    names = {os.path.relpath(file, ignore_file.parent): file for file in files}
    return [each for value in values if value is not None for each in _exemptions(value, ignore_file, names)]


def _exemptions(value: Any, ignore_file: Path, names: Mapping[str, str]) -> Iterator[Exemption]:
    stands = Location(ignore_file.as_posix(), line_of(value), text_in(value, "object"))
    if (
        not isinstance(value, dict)
        or not value.keys() <= _KEYS
        or not all(text_in(value, key).strip() for key in _NEEDED)
    ):
        raise GlassboxError(
            f"{stands.file}:{stands.line}: an exemption has rule, file, reason, and perhaps object; correct it."
        )
    pattern = text_in(value, "file")
    matching = [file for name, file in names.items() if fnmatch(name, pattern)]
    for file in matching or [pattern]:
        exempt = Location(file, 0, stands.object)
        yield Exemption(text_in(value, "rule"), text_in(value, "reason"), exempt, stands)
