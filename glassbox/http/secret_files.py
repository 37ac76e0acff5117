"""Files that hold one token each."""

from pathlib import Path

from glassbox.errors import GlassboxError

MAX_CHARACTERS = 64 * 1024
"""The longest tokens, JSON ones with many claims, have a quarter of it."""


def token_in(path: Path, kind: str) -> str:
    """The token in a file. Raises GlassboxError, which names the `kind` of token, for a file that holds none."""
    try:
        # Not with a limit on kinds of files: a shell hands on what a password manager prints through a pipe.
        with path.open(encoding="utf-8-sig") as opened:
            token = opened.read(MAX_CHARACTERS + 1).strip()
    except UnicodeDecodeError:
        raise GlassboxError(f"The token file {path} is not text: write one {kind} into it.") from None
    except OSError as error:
        raise GlassboxError(f"The token file {path} cannot be read ({error.strerror}): check its path.") from None
    if len(token) > MAX_CHARACTERS:
        raise GlassboxError(f"The token file {path} is too long: write one {kind} into it.")
    if not token:
        raise GlassboxError(f"The token file {path} is empty: write one {kind} into it.")
    return token
