"""What becomes of a request whose server sends what servers really send, or what a hostile one would."""

import asyncio
import gzip
import itertools
import json
import threading
import tracemalloc

import pytest

from glassbox.errors import GlassboxError
from glassbox.load import chat, target
from glassbox.load.chat import Chat
from glassbox.load.summary import summarise
from glassbox.load.target import client, first_answer
from tests.support.ours import main
from tests.support.raw_server import STREAM, raw_server

TEXT = b'data: {"choices":[{"delta":{"content":"text"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
WITHIN = "error within the stream"
NOT_OPENAI = "an answer that is not OpenAI's"


def outcome_of(answer, timeout_seconds=30, key=""):
    """The outcome of one request, and the server that it was sent to."""
    pieces = answer if callable(answer) else lambda: [answer]

    async def ask():
        async with client(key, server.url) as http:
            return await Chat(http, f"{server.url}/v1", timeout_seconds).ask({}, asyncio.get_running_loop().time())

    with raw_server(pieces) as server:
        return asyncio.run(ask()), server


def told(*events):
    """The outcome of a stream of these events."""
    return outcome_of(STREAM + b"".join(events))[0]


def event(**content):
    return f"data: {json.dumps(content)}\n\n".encode()


def choice(**fields):
    return event(choices=[fields])


def usage(**counts):
    return event(choices=[], usage=counts)


def test_separators_of_lines_within_a_text_are_a_part_of_it():
    text = 'data: {"choices":[{"delta":{"content":"a\u2028b\u2029c\u0085d"}}]}\r\n\r\n'.encode()
    outcome = told(text, text, DONE)
    assert (outcome.failure, len(outcome.text_at)) == ("", 2)


def test_a_stream_that_told_its_finish_reason_needs_no_done():
    assert told(TEXT, STOP).failure == ""
    assert told(TEXT, STOP, b'data: {"choices":[],"usage":{"prom').failure == ""
    assert told(TEXT).failure == "an answer that was cut off"
    assert told(TEXT, b'data: {"choi').failure == "an answer that was cut off"


def test_a_stream_that_only_says_that_it_is_done_has_no_reason():
    """LightLLM tells null for ever, Ollama an empty text."""
    for reason in (None, ""):
        outcome = told(choice(delta={"content": "a"}, finish_reason=reason), DONE)
        assert (outcome.failure, outcome.finish_reason) == ("", "")


@pytest.mark.parametrize(
    "failure",
    [
        event(error={"message": "the engine died", "code": 500}),
        event(error="the engine died"),
        event(error={"detail": "the engine died"}),
        event(object="error", message="the engine died", code=500),
        event(type="error", error={"message": "the engine died"}),
        event(code="InternalError", message="the engine died"),
        event(detail="the engine died"),
        event(code=500, msg="the engine died"),
        event(success=False, errors=[{"message": "the engine died"}]),
        event(choices=[{"delta": {"content": ""}, "finish_reason": "error"}], error={"message": "the engine died"}),
        event(choices=[{"delta": {}, "error": {"message": "the engine died"}, "finish_reason": "error"}]),
        b'event: error\ndata: {"message": "the engine died"}\n\n',
        b"event: error\ndata: the engine died\n\n",
        b"event: error\n: the engine died\n\n",
        b'error: {"code":500,"message":"the engine died","type":"server_error"}\n\n',
    ],
    ids=lambda failure: failure.decode()[:60],
)
def test_a_failure_within_a_stream_is_one_in_whatever_shape(failure):
    """As vLLM, SGLang, LiteLLM, llama.cpp, Dynamo, OpenRouter, DashScope, FastAPI and Cloudflare send it; most go on to [DONE]."""
    outcome = told(TEXT, failure, STOP, DONE)
    assert (outcome.failure, outcome.details) == (WITHIN, "the engine died")


@pytest.mark.parametrize("reason", ["abort", "error", "ERROR", "cancelled", "timeout", "insufficient_system_resource"])
def test_an_end_that_is_no_answer_is_a_failure(reason):
    assert told(TEXT, choice(delta={}, finish_reason=reason), DONE).failure == f"finish reason {reason}"


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls", "content_filter", "eos_token"])
def test_an_end_of_another_kind_is_told(reason):
    assert told(choice(delta={"content": "a"}, finish_reason=reason), DONE).finish_reason == reason


@pytest.mark.parametrize(
    "delta",
    [
        {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"function_call": {"name": "f"}},
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"refusal": "no"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
    ],
)
def test_calls_of_tools_and_thoughts_are_answers(delta):
    outcome = told(choice(delta={"role": "assistant", "content": ""}), choice(delta=delta), STOP, DONE)
    assert (outcome.failure, len(outcome.text_at)) == ("", 1)


def test_what_holds_no_text_is_none():
    """What comes before, between and after: filters of Azure, a role, pings, an `error` that is always there, usage."""
    outcome = told(
        event(choices=[], prompt_filter_results=[]),
        choice(delta={"role": "assistant", "content": "", "tool_calls": []}, error=None),
        b": OPENROUTER PROCESSING\n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
        event(choices=[{"delta": {"content": "a"}}], error="", usage=None),
        choice(delta={"tool_calls": [{"index": 0, "function": {"arguments": ""}}]}),
        choice(delta=None, finish_reason="stop"),
        usage(prompt_tokens=3, completion_tokens=1),
        DONE,
    )
    assert (outcome.failure, len(outcome.text_at), outcome.prompt_tokens, outcome.output_tokens) == ("", 1, 3, 1)
    assert told(choice(delta={"role": "assistant"}), STOP, DONE).failure == "an answer without text"


@pytest.mark.parametrize(
    "count", ["-1", "NaN", "Infinity", "-Infinity", "1e400", "true", '"7"', "2.5", "[]", "0", "1" + "0" * 400]
)
def test_a_count_that_cannot_be_true_is_not_believed(count):
    outcome = told(
        TEXT, TEXT, f'data: {{"usage": {{"prompt_tokens": {count}, "completion_tokens": {count}}}}}\n\n'.encode(), DONE
    )
    assert (outcome.failure, outcome.prompt_tokens, outcome.output_tokens) == ("", None, None)
    summary = summarise([outcome]).as_json()
    assert summary["output_tokens"] is summary["time_per_output_token_seconds"] is None


@pytest.mark.parametrize(
    "content",
    [
        "5",
        "null",
        "[]",
        '"text"',
        "{",
        "not JSON",
        '{"choices": 5}',
        '{"choices": "text"}',
        '{"choices": [null]}',
        '{"choices": [{"delta": 5}]}',
        '{"choices": [{"delta": "text"}]}',
        '{"usage": ' + "1" * 5000 + "}",
    ],
)
def test_json_of_another_shape_is_a_failure_in_the_servers_words(content):
    outcome = told(f"data: {content}\n\n".encode(), DONE)
    assert outcome.failure == NOT_OPENAI
    for words in ("object", "attribute", "Expecting", "line 1", "integer string", "Error"):
        assert words not in outcome.details


def test_json_that_is_nested_too_deep_is_a_failure():
    deep = b"[" * 100_000
    assert told(b"data: " + deep + b"\n\n").failure == "JSON that is nested too deep"
    assert told(b'data: {"choices":[{"delta":{"content":' + b"[" * 600 + b"]" * 600 + b"}}]}\n\n", DONE).failure
    error = b"HTTP/1.1 500 no\r\nContent-Length: 100000\r\n\r\n" + deep
    assert outcome_of(error)[0].failure == "HTTP 500"


def without_end(begin, piece):
    """The beginning of an answer, then this piece, a thousand times the limits or until the client leaves."""
    return lambda: itertools.chain([begin], itertools.repeat(piece, 1000 * chat.ANSWER_MAX_BYTES // len(piece)))


@pytest.fixture
def small_limit(monkeypatch):
    """Of a whole answer, so that passing it takes no time."""
    monkeypatch.setattr(chat, "ANSWER_MAX_BYTES", 8 * 2**20)


BLOCK = b"a" * 2**16


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
