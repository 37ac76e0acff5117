"""Values of options that are refused: what a shell leaves empty where its variable is not set, two forms of one result, and no duration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from glassbox.errors import GlassboxError


class _NamedPath(click.Path):
    """A path; an empty one, which would be the current folder, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(f"it is empty: name a {self.name}, or leave the option out.", param, ctx)
        return super().convert(value, param, ctx)


class FolderPath(_NamedPath):
    """The path of a folder; an empty one is refused."""

    def __init__(self, *, file_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, path_type=Path)
        self.name = "folder"


class FilePath(_NamedPath):
    """The path of a file; an empty one is refused."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.name = "file"


def one_form(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Callback of `--json` and `--markdown`, which come to the parameter `form`: None, "json" or "markdown".

    UsageError for both. The options have `expose_value=False`.
    """
    known = context.params.setdefault("form", None)
    if value and known:
        raise click.UsageError(f"--{known} does not go with {parameter.opts[0]}: give one of the two.")
    if value:
        context.params["form"] = parameter.opts[0].removeprefix("--")


def refuse_empty(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """The value of an option of text; UsageError where it was given and is empty."""
    given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    if given and not value:
        raise click.UsageError(f"{parameter.opts[0]} is empty: give it a value, or leave the option out.")
    return value


def a_duration(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The value of an option that is a Prometheus duration; BadParameter, which names the option, where it is none."""
    from glassbox.query.promql import duration_seconds

    try:
        if value is not None:
            duration_seconds(value)
    except GlassboxError as error:
        raise click.BadParameter(str(error)) from None
    return value
