"""One answer as it comes, judged event by event: text, the end that it reports, the server's counts, or a failure.

Fields are as in https://platform.openai.com/docs/api-reference/chat-streaming, with what other servers add to them.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glassbox.http.sentences import on_one_line
from glassbox.load.event_stream import ERROR, Event

# Where servers put what a model writes: the answer, what it thinks before, under its older and its newer name, a refusal,
# and calls of tools.
_TEXT_FIELDS = ("content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call")
# Where they put what went wrong, if not under `error`: FastAPI, DashScope, Baidu, Cloudflare, and gateways of all kinds.
_ERROR_FIELDS = ("message", "detail", "error_message", "error_msg", "errors", "msg")
# Ends that are not answers: of vLLM and SGLang, of TensorRT-LLM, of DeepSeek, of Zhipu.
_FAILED_ENDS = frozenset(
    {"abort", "aborted", "error", "cancelled", "canceled", "timeout", "insufficient_system_resource", "network_error"}
)
# No answer has more, and no sum of such counts is too large for a float.
TOKENS_MAX = 10**9
# The time of each piece of an answer is kept, 8 bytes each. This many events of the usual length are 64 MiB.
TEXTS_MAX = 2**18
_REASON_MAX_CHARACTERS = 40

NOT_OPENAI = "an answer that is not OpenAI's"
WITHIN_STREAM = "error within the stream"


class RequestFailedError(Exception):
    """A request without a complete answer: `reason` groups equal failures, `details` are the server's words, all of them."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


class StreamedAnswer:
    """What has come so far. `text_at` are the times at which text came; `finish_reason` is empty until one is reported.

    `ended_at` is when it was complete, and means nothing before.
    """

    def __init__(self) -> None:
        self.text_at = array("d")
        self.finish_reason = ""
        self.ended_at = 0.0
        self._usage: Mapping[str, Any] = {}

    def take(self, event: Event, now_seconds: float) -> None:
        """Note one event; raises RequestFailedError for one that says that the answer failed, or is not OpenAI's."""
        if event.name == ERROR:
            raise RequestFailedError(WITHIN_STREAM, error_message(event.data or event.comment))
        content = _content(event)
        if error := _error(content):
            raise RequestFailedError(WITHIN_STREAM, _words(error))
        hold_text = [self._take_choice(choice) for choice in _objects(content.get("choices"))]
        if any(hold_text):
            self._take_text(now_seconds)
        if isinstance(usage := content.get("usage"), dict):
            self._usage = usage

    def _take_text(self, now_seconds: float) -> None:
        if len(self.text_at) == TEXTS_MAX:
            raise RequestFailedError(f"an answer of more than {TEXTS_MAX} pieces of text")
        self.text_at.append(now_seconds)

    def _take_choice(self, choice: Mapping[str, Any]) -> bool:
        """Whether it holds text. The role that opens an answer, and empty texts, do not count."""
        if error := choice.get("error"):
            raise RequestFailedError(WITHIN_STREAM, _words(error))
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = on_one_line(reason)[:_REASON_MAX_CHARACTERS]
        if self.finish_reason.lower() in _FAILED_ENDS:
            raise RequestFailedError(f"finish reason {self.finish_reason}")
        [delta] = _objects([choice.get("delta") or {}])
        return any(_holds_text(delta.get(name)) for name in _TEXT_FIELDS)

    def tokens(self, kind: str) -> int | None:
        """The server's count; None where it reported none, or one that cannot be true of an answer with text."""
        count = self._usage.get(kind)
        return count if type(count) is int and 0 < count <= TOKENS_MAX else None


def error_message(text: str) -> str:
    """The server's words in an error; one that is not OpenAI's is given as it is."""
    try:
        return _words(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _content(event: Event) -> Mapping[str, Any]:
    try:
        content = json.loads(event.data)
    except ValueError:
        if not event.whole:
            return {}
        raise RequestFailedError(NOT_OPENAI, event.data) from None
    [content] = _objects([content])
    return content


def _error(content: Mapping[str, Any]) -> Any:
    """What an event says went wrong, in whatever shape; falsy if nothing. An empty `error` does not count: some servers always send it."""
    if content.get("error"):
        return content["error"]
    is_error = ERROR in (content.get("object"), content.get("type"))
    is_other = not content.get("choices") and not content.get("usage")
    return content if is_error or (is_other and any(content.get(name) for name in _ERROR_FIELDS)) else None


def _objects(values: Any) -> Sequence[Mapping[str, Any]]:
    """A list of JSON objects; a missing one is empty."""
    found = [] if values is None else values
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RequestFailedError(NOT_OPENAI, json.dumps(values))
    return found


def _holds_text(value: Any) -> bool:
    """Whether a field, or a part of it, is a text that is not empty."""
    if isinstance(value, dict):
        value = list(value.values())
    return any(map(_holds_text, value)) if isinstance(value, list) else isinstance(value, str) and value != ""


def _words(error: Any) -> str:
    """The message of an error, wherever its object has it, else all of it."""
    said = next((words for words in _messages(error) if words), None)
    return said or (error if isinstance(error, str) else json.dumps(error, ensure_ascii=False))


def _messages(error: Any) -> Iterator[str]:
    if isinstance(error, str):
        yield error
    elif isinstance(error, list):
        for each in error:
            yield from _messages(each)
    elif isinstance(error, dict):
        for name in (ERROR, *_ERROR_FIELDS):
            yield from _messages(error.get(name))
