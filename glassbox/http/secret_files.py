"""Files that hold one token each."""

from pathlib import Path

from glassbox.errors import GlassboxError


def token_in(path: Path, kind: str) -> str:
    """The token in a file. Raises GlassboxError, which names the `kind` of token, for a file that holds none."""
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise GlassboxError(f"The token file {path} is not text: write one {kind} into it.") from None
    except OSError as error:
        raise GlassboxError(f"The token file {path} cannot be read ({error.strerror}): check its path.") from None
    if not token:
        raise GlassboxError(f"The token file {path} is empty: write one {kind} into it.")
    return token
