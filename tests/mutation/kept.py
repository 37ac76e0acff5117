"""What became of faults in earlier runs, so that a count of an hour may be done in parts, and again after new tests."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from tests.mutation.outcomes import Judged, Judgement


class Kept:
    """A folder with a file for each rule. A rule that reads otherwise now has none; no folder keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def faults(self, identity: str, texts: Iterable[str]) -> tuple[Judgement, ...]:
        """Those of the rule, which reads so under the tests' settings, in their order; empty where none are known."""
        file = self._file(identity, texts)
        if not (file and file.exists()):
            return ()
        found = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Judgement(what, piece and tuple(piece), fate) for what, piece, fate in found)

    def keep(self, judged: Judged, texts: Iterable[str]) -> None:
        """Write them down."""
        if file := self._file(judged.rule.identity, texts):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps([astuple(fault) for fault in judged.faults]), encoding="utf-8")

    def _file(self, identity: str, texts: Iterable[str]) -> Path | None:
        digest = hashlib.sha256("\0".join((identity, *sorted(texts))).encode()).hexdigest()
        return self._folder and self._folder / f"{digest[:20]}.json"
