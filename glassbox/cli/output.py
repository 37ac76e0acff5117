"""Printing results."""

import os
import sys
from pathlib import Path

import click


def say(text: str) -> None:
    """Print a line of the result. A reader who has gone, such as `| head`, must not stop a push half-way."""
    try:
        click.echo(text)
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # lives as long as the process
