"""How many real defects of public files lint finds, and how often it is wrong: `python -m bench.lint_benchmark FOLDER`.

`lint_key.yaml` names the files and their defects. FOLDER holds the files as REPOSITORY/PATH; one of another content is not judged.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import yaml

from glassbox.lint.finding import Finding, Severity
from glassbox.lint.linting import judged
from glassbox.lint.reading.files_read import read
from glassbox.lint.words import counted

KEY = Path(__file__).with_name("lint_key.yaml")


@dataclass(frozen=True)
class Defect:
    """A fault that a reader found: the rule that finds it or would, "none" where no rule is of its kind, the panel, variable or alert ("" for the file), and what it is."""

    rule: str
    at: str
    what: str

    def is_of(self, finding: Finding) -> bool:
        """Whether the finding is about this."""
        return finding.rule == self.rule and self.at in finding.location.object


@dataclass(frozen=True)
class KeyedFile:
    """A public file by its name below the folder, the hash of its content, and its defects."""

    name: str
    sha256: str
    defects: tuple[Defect, ...]


@dataclass(frozen=True)
class Score:
    """What lint made of a file; `alarms` are findings that are not defects of the key, without those of style."""

    found: tuple[Defect, ...]
    missed: tuple[Defect, ...]
    alarms: tuple[Finding, ...]


def key(text: str) -> list[KeyedFile]:
    """The files of a key."""
    return [
        KeyedFile(f"{each['repository']}/{each['path']}", each["sha256"], tuple(_defects(each["defects"])))
        for each in yaml.safe_load(text)
    ]


def _defects(listed: Sequence[Mapping[str, Any]]) -> Iterator[Defect]:
    for each in listed:
        yield from (Defect(each["rule"], at, each["what"]) for at in each["at"])


def scored(file: KeyedFile, path: Path) -> Score:
    """Judge one file by itself."""
    findings = [finding for finding in judged(read([path]).corpus) if finding.severity is not Severity.INFO]
    found = tuple(defect for defect in file.defects if any(map(defect.is_of, findings)))
    missed = tuple(defect for defect in file.defects if defect not in found)
    alarms = tuple(finding for finding in findings if not any(defect.is_of(finding) for defect in file.defects))
    return Score(found, missed, alarms)


def is_the_same(file: KeyedFile, path: Path) -> bool:
    """Whether the content is that which the key was written for."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Judge the files in FOLDER, and print what was missed and what was wrong."""
    scores: list[Score] = []
    for file in key(KEY.read_text(encoding="utf-8")):
        path = folder / file.name
        if not is_the_same(file, path):
            click.echo(f"not judged: {file.name} is not there, or not as the key has it.")
            continue
        scores.append(scored(file, path))
        _show(file, scores[-1])
    click.echo(summary(scores))


def _show(file: KeyedFile, score: Score) -> None:
    click.echo(
        f"{len(score.found)} of {len(file.defects)} found, {counted(len(score.alarms), 'false alarm')}: {file.name}"
    )
    for defect in score.missed:
        click.echo(f"  missed: {defect.at or 'the file'}: {defect.what} ({defect.rule})")
    for alarm in score.alarms:
        click.echo(f"  false alarm: {alarm.location.object}: {alarm.message} ({alarm.rule})")


_FOUND, _MISSED, _ALARMS = map(attrgetter, ("found", "missed", "alarms"))


def summary(scores: Sequence[Score]) -> str:
    """Recall, and false alarms per file."""
    found, missed, alarms = (sum(len(part(score)) for score in scores) for part in (_FOUND, _MISSED, _ALARMS))
    if not found + missed:
        return "Nothing was judged."
    return f"{counted(len(scores), 'file')}: {found} of {found + missed} defects found ({found / (found + missed):.0%}), {counted(alarms, 'false alarm')} ({alarms / len(scores):.2f} per file)."


if __name__ == "__main__":
    main()
