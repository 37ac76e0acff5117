"""How a command ends: its exit code, and one sentence on stderr where it could not do its work."""

import errno
from collections.abc import Sequence
from typing import Any

import click

from glassbox.cli.output import complain
from glassbox.errors import GlassboxError

DONE, ERROR, FINDINGS = 0, 1, 2
"""Nothing to do or done; not possible; done, and something was found that the caller should look at."""
_UNWRITABLE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None, obj: Any = None) -> int:
    """Run the command with these arguments, or the process' own, and return its exit code; `obj` is its context's."""
    try:
        return int(command.main(args=arguments, prog_name=name, standalone_mode=False, obj=obj) or DONE)
    except GlassboxError as error:
        complain(f"Error: {error}")
    except click.ClickException as error:
        complain(f"Error: {error.format_message()}")
    except OSError as error:
        # click itself prints the help.
        if error.filename or error.errno not in _UNWRITABLE:
            raise
        complain(f"Error: stdout cannot be written ({error.strerror}).")
    except (click.Abort, KeyboardInterrupt):
        complain("Error: interrupted.")
    return ERROR
