"""Files and folders that a user names, read into one corpus."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Finding
from glassbox.lint.reading.documents import has_directives, is_like_ours, is_template, text_of
from glassbox.lint.reading.exemptions_there import commented, ignored
from glassbox.lint.reading.held import Held
from glassbox.lint.reading.located import UnreadableTextError
from glassbox.lint.subjects.corpus import Corpus

HELM, JSONNET = "Helm template", "Jsonnet source"
# Prometheus' own examples and mixins name rule files `.rules`.
READ = (".json", ".yaml", ".yml", ".rules")
"""How the names of files end that are read in a folder."""
_JSONNET = (".jsonnet", ".libsonnet")
_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True)
class FilesRead:
    """What files hold: the corpus, findings of what cannot be read, and the names of what is not, by what it is.

    `count` is the number of files that hold something.
    """

    corpus: Corpus
    unreadable: tuple[Finding, ...]
    not_read: Mapping[str, Sequence[str]]
    count: int


def read(paths: Sequence[Path], ignore_file: Path | None = None) -> FilesRead:
    """Everything in these files and folders, with the exemptions of an ignore file.

    Raises GlassboxError where they hold nothing that is read or refused, and for an ignore file that cannot be read.
    """
    held = Held()
    names = [file.as_posix() for file, is_named in _files(paths) if _read_file(held, file, is_named=is_named)]
    if not names and not held.unreadable and not held.not_read:
        asked = ", ".join(path.as_posix() for path in paths)
        raise GlassboxError(
            f"{asked}: no file there holds a dashboard, rule groups, or a configuration of Alertmanager; name other files."
        )
    corpus = Corpus(
        boards=tuple(held.boards),
        groups=tuple(held.groups),
        inhibitions=tuple(held.inhibitions),
        routes=tuple(held.routes),
        texts=tuple(held.texts),
        ports=tuple(held.ports),
        flaws=tuple(held.flaws),
        exemptions=(*held.exemptions, *(ignored(ignore_file, names) if ignore_file else ())),
        scrape_interval_seconds=max(held.scrape_seconds, default=None),
    )
    return FilesRead(corpus, tuple(held.unreadable), held.not_read, len(names))


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was named itself, not a folder around it."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise GlassboxError(f"{path.as_posix()} does not exist: name a file or a folder that does.")
        for file in _within(path) if path.is_dir() else [path]:
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield file, file is path


def _within(folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, without hidden ones, in the order of their names."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _PASSED_OVER)
        for name in sorted(names):
            file = Path(place, name)
            if not name.startswith(".") and name.endswith(READ + _JSONNET) and file.is_file():
                yield file


def _read_file(held: Held, file: Path, *, is_named: bool) -> bool:
    """Whether the file holds anything; what cannot be read is refused where it was named, or looks as if it should be."""
    name, text = file.as_posix(), ""
    if name.endswith(_JSONNET):
        held.leave(JSONNET, name)
        return False
    try:
        text = text_of(file)
        if is_template(text):
            held.leave(HELM, name)
            return False
        before = len(held.groups)
        found = [held.take(value, name) for value in held.values(text, name)]
        held.exemptions += commented(text, name, held.groups[before:])
        if is_named and not any(found):
            raise UnreadableTextError(
                "it holds neither a dashboard, nor rule groups, nor a configuration of Alertmanager"
            )
    except UnreadableTextError as error:
        if has_directives(text):
            held.leave(HELM, name)
        elif is_named or is_like_ours(text):
            held.refuse(error, name)
        return False
    return any(found)
