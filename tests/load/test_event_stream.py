"""Server-sent events as the standard reads them, wherever the network cuts them."""

import asyncio
import tracemalloc

import pytest

from glassbox.load import event_stream
from glassbox.load.event_stream import EVENT_MAX_BYTES, Event, EventTooLongError, events


def read(*pieces):
    async def come():
        for piece in pieces:
            yield piece

    async def all_of_them():
        return [event async for event in events(come())]

    return asyncio.run(all_of_them())


def data(*texts):
    return [Event("", text, "", whole=True) for text in texts]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_at_any_of_the_three_ends_and_nowhere_else(end):
    """Python's splitlines() also takes these for ends: a model that writes one of them would break its own answer."""
    kept = "a\u2028b\u2029c\u0085d\v\f\x1c\x1d\x1ee"
    stream = end.join([f"data: {kept}".encode(), b"", b"data: two", b"", b""])
    assert read(stream) == data(kept, "two")
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == data(kept, "two")


def test_a_return_at_the_end_of_a_piece_ends_its_line_at_once_and_its_line_feed_is_no_line():
    assert read(b"data: one\r", b"\n", b"data: two\r", b"\n\r", b"\n") == data("one\ntwo")
    assert read(b"data: one\r\r", b"data: two\r", b"\r") == data("one", "two")


def test_data_lines_of_an_event_are_joined_and_empty_events_are_none():
    stream = (
        b"data: {\ndata:  1}\n\n: ping\n\ndata:\n\ndata\n\nid: 7\nretry: 10\n\nevent: ping\ndata: \n\ndata:x\n\n\n\n"
    )
    assert read(stream) == data("{\n 1}", "x")


def test_a_byte_order_mark_opens_a_stream_and_is_kept_anywhere_else():
    mark = "\ufeff".encode()
    assert read(mark[:1], mark[1:] + b"data: a\n\ndata: b" + mark + b"\n\n") == data("a", "b\ufeff")
    assert read(b"data: a\n\n" + mark + b"data: b\n\n") == data("a")
    assert read(mark + b"data: [DONE]") == [Event("", "[DONE]", "", whole=False)]


def test_characters_that_are_cut_in_two_are_whole_and_bytes_that_are_no_text_are_replaced():
    euro = "€".encode()
    assert read(b"data: " + euro[:1], euro[1:] + b"\n\n") == data("€")
    assert read(b"data: \xff\n\n") == data("\ufffd")


def test_errors_are_events_in_each_of_their_forms():
    """With data, as a comment (Dynamo), as a field of its own (llama.cpp), and cut off."""
    assert read(b"event: error\ndata: died\n\n") == [Event("error", "died", "", whole=True)]
    assert read(b"event: error\n: died\n\n") == [Event("error", "", "died", whole=True)]
    assert read(b"error: died\n\n") == [Event("error", "died", "", whole=True)]
    assert read(b"event: error\ndat") == [Event("error", "", "", whole=False)]


@pytest.mark.parametrize(
    "piece",
    [b"a" * 2**16, b"data: " + b"a" * 2**16 + b"\n", b": " + b"a" * 2**16 + b"\n"],
    ids=["line", "data", "comment"],
)
def test_an_event_without_end_is_given_up_when_it_is_too_long(piece):
    """Sixteen times the limit is offered; what is held stays near the limit, and what is left is not read."""
    taken = 0

    async def without_end():
        nonlocal taken
        while taken < 16 * EVENT_MAX_BYTES:
            taken += len(piece)
            yield piece

    async def all_of_them():
        return [event async for event in events(without_end())]

    tracemalloc.start()
    with pytest.raises(EventTooLongError):
        asyncio.run(all_of_them())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken <= EVENT_MAX_BYTES + 2 * len(piece)
    assert peak_bytes < 4 * EVENT_MAX_BYTES


def test_comments_that_keep_a_connection_open_never_add_up(monkeypatch):
    monkeypatch.setattr(event_stream, "EVENT_MAX_BYTES", 100)
    assert read(*[b": keep-alive\n\n"] * 100, b"data: x\n\n") == data("x")
