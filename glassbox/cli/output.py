"""Printing results and what went wrong: the only way to a terminal, so that no text of others can command it."""

import io
import os
import sys
from pathlib import Path
from typing import TextIO

import click

from glassbox.http.outside_text import harmless


class _Lost(io.TextIOBase):
    """Takes the place of a stdout that cannot be written."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)


def say(text: str, *, end: str = "\n", colour: str = "") -> None:
    """Print a line of the result, in a colour where a terminal shows it. A reader who has gone, such as `| head`, or a full disk must not stop a push half-way."""
    try:
        click.echo(_coloured(_encodable(harmless(text), sys.stdout), colour) + end, nl=False)
    except OSError as error:
        sys.stdout = _Lost() if not isinstance(error, BrokenPipeError) else Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # lives as long as the process
        if not isinstance(error, BrokenPipeError):
            complain(f"stdout cannot be written ({error.strerror}): the rest of the result is not printed.")


def is_result_lost() -> bool:
    """Whether a part of the result could not be written, for commands that do nothing but print one. A reader who has gone lost nothing."""
    return isinstance(sys.stdout, _Lost)


def complain(text: str) -> None:
    """Print a line on stderr: an error, a warning, or what is not the result."""
    try:
        click.echo(_encodable(harmless(text), sys.stderr), err=True)
    except OSError:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # lives as long as the process


def _coloured(text: str, colour: str) -> str:
    """click leaves colours out where stdout is not a terminal; NO_COLOR (no-color.org) leaves them out everywhere."""
    return text if not colour or os.environ.get("NO_COLOR") else click.style(text, fg=colour)


def _encodable(text: str, stream: TextIO | None) -> str:
    """The text with `?` for what the terminal's encoding lacks; a stream that was closed before the start is None."""
    encoding = (stream and stream.encoding) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
