"""One line about what is being done: it replaces itself on a terminal, and is repeated every few seconds elsewhere."""

import sys
import time

import click

from glassbox.cli.output import complain
from glassbox.http.outside_text import harmless

_WIDTH = 110
_EVERY_SECONDS = 10.0


class ProgressLine:
    """Says on stderr what is being done; `end` leaves the terminal's line empty."""

    def __init__(self) -> None:
        self._on_terminal = bool(sys.stderr and sys.stderr.isatty())
        self._said_at = -_EVERY_SECONDS

    def say(self, text: str) -> None:
        """Show what is being done now."""
        if self._on_terminal:
            click.echo(f"\r{harmless(text)[:_WIDTH]:<{_WIDTH}}", nl=False, err=True)
        elif time.monotonic() - self._said_at >= _EVERY_SECONDS:
            self._said_at = time.monotonic()
            complain(text)

    def end(self) -> None:
        """Clear the line."""
        if self._on_terminal:
            click.echo(f"\r{'':<{_WIDTH}}\r", nl=False, err=True)
