"""Values of options that a shell leaves empty where its variable is not set: refused, since a folder would then be the present one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource


class FolderPath(click.Path):
    """The path of a folder; an empty one is refused."""

    def __init__(self, *, file_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty: name a folder, or leave the option out.", param, ctx)
        return super().convert(value, param, ctx)


def refuse_empty(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """The value of an option of text; UsageError where it was given and is empty."""
    given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    if given and not value:
        raise click.UsageError(f"{parameter.opts[0]} is empty: give it a value, or leave the option out.")
    return value
