"""Server-sent events out of bytes, as https://html.spec.whatwg.org/multipage/server-sent-events.html defines them.

Three things are added to it, since servers send them: the comment of an event, where Dynamo puts the words of an error;
a field `error`, as older versions of llama.cpp name it instead of `event`; and an event that the end of the stream cut.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from dataclasses import dataclass, field

EVENT_MAX_BYTES = 4 * 2**20
"""A whole answer of a hundred thousand tokens in one event is an eighth of it."""

ERROR = "error"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLongError(Exception):
    """An event, or a single line of it, is longer than EVENT_MAX_BYTES."""


@dataclass(frozen=True)
class Event:
    """One event: its name, its lines of data joined, and its last comment. It is not `whole` if the stream ended in it."""

    name: str
    data: str
    comment: str
    whole: bool


async def events(pieces: AsyncIterable[bytes]) -> AsyncGenerator[Event]:
    """The events that say something, wherever the pieces were cut; raises EventTooLongError."""
    lines, begun = Lines(), _BegunEvent()
    async for piece in pieces:
        for line in lines.ended_by(piece):
            if line:
                begun.take(line)
                continue
            if begun.says_something:
                yield begun.event(whole=True)
            begun = _BegunEvent()
    begun.take(lines.rest)
    if begun.says_something:
        yield begun.event(whole=False)


class Lines:
    """Lines that end in CR, LF or CRLF, and in no other character that Unicode or Python takes for a line's end."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._is_first = True
        self._after_return = False

    @property
    def rest(self) -> bytes:
        """The line that has no end yet."""
        return self._without_mark(bytes(self._begun))

    def ended_by(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in this piece of the stream; raises EventTooLongError for one that grows too long."""
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
        self._after_return = piece.endswith(b"\r")
        *ended, rest = _LINE_END.split(piece)
        for line in ended:
            yield self._without_mark(bytes(self._begun) + line)
            self._is_first = False
            self._begun.clear()
        self._begun += rest
        if len(self._begun) > EVENT_MAX_BYTES:
            raise EventTooLongError

    def _without_mark(self, line: bytes) -> bytes:
        return line.removeprefix(_BYTE_ORDER_MARK) if self._is_first else line


@dataclass
class _BegunEvent:
    """The lines of an event so far."""

    name: str = ""
    comment: str = ""
    data: list[str] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def says_something(self) -> bool:
        """Servers send empty events and comments so that the connection stays open."""
        return self.name == ERROR or any(line.strip() for line in self.data)

    def take(self, line: bytes) -> None:
        self.size_bytes += len(line)
        if self.size_bytes > EVENT_MAX_BYTES:
            raise EventTooLongError
        name, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if name == "":
            self.comment = value
        elif name == "event":
            self.name = value
        elif name == ERROR:
            self.name, self.data = ERROR, [value]
        elif name == "data":
            self.data.append(value)

    def event(self, *, whole: bool) -> Event:
        return Event(self.name, "\n".join(self.data), self.comment, whole)
