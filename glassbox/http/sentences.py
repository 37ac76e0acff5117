"""Parts of the one sentence that an HTTP error is."""

from collections.abc import Iterable, Iterator

MESSAGE_MAX_CHARACTERS = 300

Sentences = Iterable[tuple[type[BaseException], str]]


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the newest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def sentence_for(error: BaseException, sentences: Sentences, otherwise: str) -> str:
    """The first of `sentences` whose type is among the causes of `error`."""
    found = tuple(causes(error))
    return next((text for kind, text in sentences if any(isinstance(cause, kind) for cause in found)), otherwise)


def on_one_line(text: str) -> str:
    """A server's own text, as a part of our sentence: one line, at most 300 characters, no full stop at its end."""
    return " ".join(text.split()).rstrip(".")[:MESSAGE_MAX_CHARACTERS]
