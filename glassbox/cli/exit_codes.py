"""How a command ends: its exit code, and one sentence on stderr where it could not do its work."""

import atexit
import errno
import gc
import traceback
from collections.abc import Sequence
from typing import Any

import click

from glassbox.cli.output import complain
from glassbox.cli.termination import terminable
from glassbox.errors import GlassboxError
from glassbox.files import FULL

DONE, ERROR, FINDINGS = 0, 1, 2
"""Nothing to do or done; not possible; done, and something was found that the caller should look at."""
_UNWRITABLE = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None, obj: Any = None) -> int:
    """Run the command with these arguments, or the process' own, and return its exit code; `obj` is its context's."""
    # When Python ends, it looks through all that is left, which takes an eighth of the time of a build, but not through what is frozen.
    atexit.register(gc.freeze)
    try:
        with terminable():
            return int(command.main(args=arguments, prog_name=name, standalone_mode=False, obj=obj) or DONE)
    except GlassboxError as error:
        complain(f"Error: {error}")
    except click.ClickException as error:
        complain(f"Error: {error.format_message()}")
    except OSError as error:
        if error.errno in _UNWRITABLE and _is_of_stdout(error):
            complain(f"Error: stdout cannot be written ({error.strerror}).")
        elif error.errno in FULL:
            complain(f"Error: {error.filename or 'a file'} cannot be written ({error.strerror}): make room there and in the temporary folder, which TMPDIR names.")  # fmt: skip  # one sentence
        else:
            raise
    except (click.Abort, KeyboardInterrupt):
        complain("Error: interrupted.")
    return ERROR


def _is_of_stdout(error: OSError) -> bool:
    """Whether click raised it, which itself prints the help: what we print goes through `say`."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") == click.utils.__name__ for frame in frames)
