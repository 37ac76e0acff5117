"""What becomes of a request whose server streams what servers really send."""

import pytest

from glassbox.load.summary import summarise
from tests.support.broken_streams import DONE, STOP, TEXT, choice, event, outcome_of, told, usage

WITHIN = "error within the stream"
NOT_OPENAI = "an answer that is not OpenAI's"


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
