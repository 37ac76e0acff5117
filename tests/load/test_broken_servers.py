"""What becomes of a request whose server sends too much, too slowly or nothing that is understood."""

import asyncio
import gzip
import itertools
import threading
import tracemalloc

import pytest

from glassbox.errors import GlassboxError
from glassbox.load import answer, chat, target
from glassbox.load.chat import Chat
from glassbox.load.target import client, first_answer
from tests.support.broken_streams import DONE, STOP, TEXT, event, outcome_of
from tests.support.ours import main
from tests.support.raw_server import STREAM, raw_server

BLOCK = b"a" * 2**16


def without_end(begin, piece):
    """The beginning of an answer, then this piece, a thousand times the limits or until the client leaves."""
    return lambda: itertools.chain([begin], itertools.repeat(piece, 1000 * chat.ANSWER_MAX_BYTES // len(piece)))


@pytest.fixture
def small_limit(monkeypatch):
    """Of a whole answer, so that passing it takes no time."""
    monkeypatch.setattr(chat, "ANSWER_MAX_BYTES", 8 * 2**20)


@pytest.mark.parametrize(
    ("begin", "piece", "failure"),
    [
        (STREAM, BLOCK, "an event of more than 4 MiB in the stream"),
        (STREAM + b"data: ", BLOCK, "an event of more than 4 MiB in the stream"),
        (STREAM, b"data: " + BLOCK + b"\n", "an event of more than 4 MiB in the stream"),
        (STREAM, TEXT.replace(b"text", BLOCK), "an answer of more than 8 MiB"),
        (STREAM, b": " + BLOCK + b"\n\n", "an answer of more than 8 MiB"),
        (b"HTTP/1.1 500 no\r\n\r\n", BLOCK, "HTTP 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", BLOCK, "an answer that is not a stream"),
        (b"HTTP/1.1 200 OK\r\nX: ", BLOCK, "an answer that is not HTTP, or with headers of more than 100 kB"),
        (b"", BLOCK, "an answer that is not HTTP, or with headers of more than 100 kB"),
    ],
    ids=["line", "data", "event", "answer", "comments", "error", "page", "header", "status"],
)
def test_an_answer_without_end_costs_little_and_its_limit_is_named(small_limit, begin, piece, failure):
    """A thousand times the limit is offered; a hundredth of that would not be noticed by eye, and is by these numbers."""
    tracemalloc.start()
    outcome, server = outcome_of(without_end(begin, piece))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome.failure == failure
    assert server.sent_bytes < 3 * chat.ANSWER_MAX_BYTES
    assert peak_bytes < 3 * chat.ANSWER_MAX_BYTES
    assert len(outcome.details) <= 300 and outcome.text_at == ()


def test_pieces_of_an_answer_are_kept_up_to_a_number(monkeypatch):
    monkeypatch.setattr(answer, "TEXTS_MAX", 3)
    outcomes = [outcome_of(STREAM + TEXT * pieces + STOP + DONE)[0] for pieces in (3, 4)]
    assert [(each.failure, len(each.text_at)) for each in outcomes] == [
        ("", 3),
        ("an answer of more than 3 pieces of text", 0),
    ]


def test_a_compression_bomb_is_not_unpacked():
    """A gigabyte of zeros would come out of it; nothing is asked for compressed, and what comes so is refused."""
    bomb = gzip.compress(bytes(2**20)) * 1024
    packed = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    tracemalloc.start()
    outcome, server = outcome_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + packed)
    failed = outcome_of(b"HTTP/1.1 503 no\r\n" + packed)[0]
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (outcome.failure, outcome.details) == ("a compressed answer, which was not asked for", "gzip")
    assert (failed.failure, failed.details) == ("HTTP 503", "")
    assert b"accept-encoding: identity\r\n" in server.request.lower()
    assert peak_bytes < 2**25


def test_an_error_that_drips_is_told_with_what_came(monkeypatch):
    monkeypatch.setattr(chat, "BODY_MAX_SECONDS", 0.05)

    def drips():
        yield b"HTTP/1.1 503 no\r\nContent-Length: 100\r\n\r\nbusy"
        while not released.wait(0.01):
            yield b"."

    released = threading.Event()
    outcome, _server = outcome_of(drips)
    released.set()
    assert outcome.failure == "HTTP 503" and outcome.details.startswith("busy")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"5",
        b'{"data": 5}',
        b'{"data": [5]}',
        b'{"data": [{"id": {}}]}',
        b"[" * 10**5,
        b"1" * 5000,
        BLOCK * 100,
    ],
    ids=lambda body: body.decode()[:20],
)
def test_a_list_of_models_that_is_none_is_left_out_of_the_advice(body, capsys):
    """Both requests of a wrong URL are answered so: the chat, and the question which models there are."""
    answers = itertools.chain([b"HTTP/1.1 404 no\r\n\r\n"], itertools.repeat(b"HTTP/1.1 200 OK\r\n\r\n" + body))
    with raw_server(lambda: [next(answers)]) as server:
        assert main(["loadtest", "--url", server.url, "--model", "m"]) == 1
    assert capsys.readouterr().err == (
        f"Error: A first request to {server.url}/v1 failed: HTTP 404; check --url and --model.\n"
    )


def test_words_of_a_server_cannot_command_the_terminal(capsys):
    error = b'HTTP/1.1 500 no\r\n\r\n{"error": {"message": "\\u001b]0;owned\\u0007 \\ud800 gone"}}'
    with raw_server(lambda: [error]) as server:
        assert main(["loadtest", "--url", server.url, "--model", "m"]) == 1
    assert '("\\x1b]0;owned\\x07 \\ud800 gone")' in capsys.readouterr().err


def test_what_a_stream_sends_after_its_end_counts_for_nothing(monkeypatch):
    monkeypatch.setattr(chat, "REST_MAX_SECONDS", 0.2)
    outcome, _server = outcome_of(lambda: itertools.chain([STREAM + TEXT + DONE], itertools.repeat(TEXT)))
    assert (outcome.failure, len(outcome.text_at)) == ("", 1)
    assert outcome.latency_seconds < 0.2


def test_a_server_that_is_no_http_server_or_leaves_is_told_apart_in_our_words():
    assert outcome_of(b"220 mail ready\r\n\r\n")[0].failure.startswith("an answer that is not HTTP")
    assert outcome_of(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n")[0].failure.startswith("an answer that is not HTTP")
    assert outcome_of(b"")[0].failure == "connection lost"
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\n" + TEXT
    assert outcome_of(cut)[0].failure == "connection lost"
    assert {outcome_of(answer)[0].details for answer in (b"", b"220 mail ready\r\n\r\n", cut)} == {""}


def test_an_error_page_of_a_200_is_told():
    page = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"error": {"message": "quota exceeded"}}'
    outcome, _server = outcome_of(page)
    assert (outcome.failure, outcome.details) == (
        "an answer that is not a stream",
        "Content-Type application/json: quota exceeded",
    )
    named = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ; charset=utf-8\r\n\r\n" + TEXT + DONE
    assert outcome_of(named)[0].failure == ""


def test_a_list_of_models_that_drips_is_not_awaited(monkeypatch):
    monkeypatch.setattr(target, "MODELS_MAX_SECONDS", 0.2)
    ended = threading.Event()

    def answer():
        if server.request.startswith(b"POST"):
            yield b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            return
        yield b"HTTP/1.1 200 OK\r\n"
        while not ended.wait(0.02):
            yield b"X: a\r\n"

    async def ask():
        async with client("", server.url) as http:
            await first_answer(http, server.url, Chat(http, server.url, 5), {})

    with raw_server(answer) as server:
        threading.Timer(5, ended.set).start()
        with pytest.raises(GlassboxError, match=r"HTTP 404; check --url and --model\.$"):
            asyncio.run(ask())
        assert not ended.is_set()
        ended.set()


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 401 No\r\n\r\n{"error": {"message": "%s sk-s3cret is unknown"}}' % (b"x" * 295),
        STREAM + event(error="sk-s3cret is unknown"),
        STREAM + b"data: sk-s3cret\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: sk-s3cret\r\n\r\nsk-s3cret",
    ],
    ids=["refusal", "event", "no JSON", "page"],
)
def test_a_key_that_a_server_repeats_is_not_shown(answer):
    outcome = outcome_of(answer, key="sk-s3cret")[0]
    assert outcome.failure and "sk-" not in f"{outcome}"
