"""Options on the wrong side of the command's name, and what to say of them."""

from collections.abc import Iterator

import click
from click.core import ParameterSource

OF_ALL = ("--settings", "--environment")
"""Options of every command, which go before its name."""


def refuse_before_its_name(context: click.Context, command: click.Command) -> None:
    """Raise UsageError for an option before the command's name that the command has itself."""
    own = {word for parameter in command.params for word in parameter.opts}
    for option in _given(context):
        if option in own and option not in OF_ALL:
            raise click.UsageError(f"{option} goes after {command.name!r}: write it there.")


def refusal_after_its_name(option: str, context: click.Context) -> click.UsageError | None:
    """What to say of an option that the command does not have, where it goes before the command's name."""
    if option not in OF_ALL:
        return None
    return click.UsageError(f"{option} goes before {context.invoked_subcommand!r}: write it there.")


def _given(context: click.Context) -> Iterator[str]:
    for parameter in context.command.params:
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
            yield parameter.opts[0]
