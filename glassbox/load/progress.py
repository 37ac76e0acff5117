"""The display while a load runs: a bar on stderr, where that is a terminal."""

import sys
from types import TracebackType
from typing import Never, Self, TextIO

from tqdm import tqdm

from glassbox.cli.output import complain, say
from glassbox.load.chat import Outcome


class Progress:
    """Keeps all outcomes, counts requests in progress, and shows both. `total` is None where it is not known."""

    def __init__(self, total: int | None) -> None:
        self.outcomes: list[Outcome] = []
        self.in_progress = 0
        self._failed = 0
        # None: hidden where stderr is not a terminal.
        self._bar: tqdm[Never] = tqdm(total=total, unit=" requests", disable=None, leave=False)

    def begun(self) -> None:
        self.in_progress += 1
        self._show()

    def ended(self, outcome: Outcome) -> None:
        self.in_progress -= 1
        self._failed += bool(outcome.failure)
        self.outcomes.append(outcome)
        self._bar.update()
        self._show()

    def say(self, line: str, to: TextIO) -> None:
        """A line of its own on stdout or stderr, above the bar."""
        with tqdm.external_write_mode(file=to):
            complain(line) if to is sys.stderr else say(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def _show(self) -> None:
        self._bar.set_postfix_str(f"{self.in_progress} in progress, {self._failed} failed", refresh=False)
