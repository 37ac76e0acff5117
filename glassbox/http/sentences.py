"""Parts of the one sentence that an HTTP error is."""

from collections.abc import Iterable, Iterator

MESSAGE_MAX_CHARACTERS = 300


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the newest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def masked(text: str, secrets: Iterable[str]) -> str:
    """A server's own text without the secrets that it repeats; to be called before the text is cut."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def on_one_line(text: str) -> str:
    """A server's own text, as a part of our sentence: one line, at most 300 characters, no full stop at its end."""
    return " ".join(text.split()).rstrip(".")[:MESSAGE_MAX_CHARACTERS]
