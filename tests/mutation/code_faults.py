"""Faults of code that is not rules, written by hand: a table for each part of it in tests/mutation/code/."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from glassbox.errors import GlassboxError
from tests.support.paths import ROOT

TABLES = Path(__file__).with_name("code")


@dataclass(frozen=True)
class CodeFault:
    """`old` in a file of the repository becomes `new`. `near` are the tests that should notice, as pytest takes them.

    `unnoticed` is the reason why none can or should; empty where one has to.
    """

    part: str
    what: str
    file: str
    old: str
    new: str
    near: tuple[str, ...]
    unnoticed: str = ""

    def __str__(self) -> str:
        return f"{self.part}: {self.what}"

    def text(self, root: Path) -> str:
        """The faulty file's text; raises GlassboxError where it is not clear which text is meant."""
        file = root / self.file
        if not file.is_file():
            raise GlassboxError(f"{self}: {self.file} does not exist, so correct `file`.")
        text = file.read_text(encoding="utf-8")
        if (times := text.count(self.old)) != 1:
            raise GlassboxError(f"{self}: `old` occurs {times} times in {self.file}, so write a text that occurs once.")
        return text.replace(self.old, self.new)


def code_faults(tables: Path = TABLES, root: Path = ROOT) -> list[CodeFault]:
    """All of them, in the order of the tables; raises GlassboxError for one that cannot be made any more."""
    found = [fault for table in sorted(tables.glob("*.yaml")) for fault in _of_part(table)]
    for fault in found:
        _check_syntax(fault, fault.text(root))
        if not fault.near:
            raise GlassboxError(f"{fault}: no tests are near it, so name some under `near`.")
        for test in fault.near:
            if not (root / test.partition("::")[0]).exists():
                raise GlassboxError(f"{fault}: {test} does not exist, so correct `near`.")
    for name, times in Counter(map(str, found)).items():
        if times > 1:
            raise GlassboxError(f"{name}: {times} faults are described so, so tell them apart.")
    return found


def _check_syntax(fault: CodeFault, text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise GlassboxError(
            f"{fault}: line {error.lineno} of {fault.file} is no Python then, so correct `new`."
        ) from None


def _of_part(table: Path) -> Iterator[CodeFault]:
    content = yaml.safe_load(table.read_text(encoding="utf-8"))
    for entry in content["faults"]:
        fields = {"near": content.get("near", ()), **entry}
        try:
            yield CodeFault(table.stem, **{**fields, "near": tuple(fields["near"])})
        except TypeError as error:
            raise GlassboxError(f"{table.name}, {entry.get('what', 'a fault without `what`')}: {error}.") from None
