"""One streamed chat completion of an OpenAI-compatible server, with the times at which its text came.

All times are those of the running event loop's clock, in seconds.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx

CONNECT_TIMEOUT_SECONDS = 10.0
MESSAGE_MAX_CHARACTERS = 300
# Where engines put text: the answer, and what reasoning models think before it, under its older and its newer name.
TEXT_FIELDS = ("content", "reasoning_content", "reasoning")


@dataclass(frozen=True)
class Outcome:
    """What became of one request. `due_at` is when it was to be sent, and latency counts from there.

    `text_at` are the times at which pieces of text came; a piece may hold several tokens. Token counts are the server's,
    None where it reports none. `failure` is empty for a success, else a reason that is the same for the same cause.
    """

    due_at: float
    sent_at: float
    ended_at: float
    text_at: tuple[float, ...] = ()
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    failure: str = ""
    details: str = ""

    @property
    def latency_seconds(self) -> float:
        """From when it was to be sent to the end of the answer."""
        return self.ended_at - self.due_at

    @property
    def time_to_first_token_seconds(self) -> float:
        """From when it was to be sent to the first text."""
        return self.text_at[0] - self.due_at

    @property
    def between_texts_seconds(self) -> tuple[float, ...]:
        """From each piece of text to the next."""
        return tuple(later - earlier for earlier, later in pairwise(self.text_at))

    @property
    def time_per_output_token_seconds(self) -> float | None:
        """Mean time of each token after the first; None for a single token or an unreported number."""
        if self.output_tokens is None or self.output_tokens < 2:
            return None
        return (self.text_at[-1] - self.text_at[0]) / (self.output_tokens - 1)


class RequestFailedError(Exception):
    """A request without a complete answer: `reason` groups equal failures, `details` are the server's words."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


@dataclass
class _Answer:
    """What has come so far."""

    text_at: list[float] = field(default_factory=list)
    usage: Mapping[str, Any] = field(default_factory=dict)

    def take(self, event: Mapping[str, Any]) -> None:
        """Note one event of the stream. Events without text, such as the role that opens an answer, do not count as tokens."""
        if error := event.get("error"):
            raise RequestFailedError("error within the stream", _message(error))
        deltas = [choice.get("delta") or {} for choice in event.get("choices") or ()]
        if any(delta.get(name) for delta in deltas for name in TEXT_FIELDS):
            self.text_at.append(loop_seconds())
        if isinstance(usage := event.get("usage"), dict):
            self.usage = usage

    def tokens(self, kind: str) -> int | None:
        """The server's count, if it reported one."""
        count = self.usage.get(kind)
        return count if isinstance(count, int) else None


class Chat:
    """Sends chats to one server. `url` ends in the API's version, such as /v1; no request takes longer than `timeout_seconds`."""

    def __init__(self, client: httpx.AsyncClient, url: str, timeout_seconds: float) -> None:
        self._client = client
        self._url = f"{url}/chat/completions"
        self._timeout_seconds = timeout_seconds

    async def ask(self, body: Mapping[str, Any], due_at: float) -> Outcome:
        """Send one request and read its answer to the end; never raises for what a server or network does."""
        sent_at, answer, failure = loop_seconds(), _Answer(), RequestFailedError("")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._read(body, answer)
        except TimeoutError:
            failure = RequestFailedError(f"no complete answer within {self._timeout_seconds:g} s")
        except RequestFailedError as error:
            failure = error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, AttributeError) as error:
            # The last two: JSON of another shape than OpenAI's.
            failure = _unanswered(error)
        return Outcome(
            due_at,
            sent_at,
            loop_seconds(),
            tuple(answer.text_at),
            answer.tokens("prompt_tokens"),
            answer.tokens("completion_tokens"),
            failure.reason,
            failure.details,
        )

    async def _read(self, body: Mapping[str, Any], answer: _Answer) -> None:
        streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with self._client.stream("POST", self._url, json=streamed) as response:
            await _refuse_other_answers(response)
            async with aclosing(_events(response)) as events:
                async for event in events:
                    answer.take(event)
        if not answer.text_at:
            raise RequestFailedError("an answer without text")


def loop_seconds() -> float:
    """What the clock of the running event loop shows."""
    return asyncio.get_running_loop().time()


async def _refuse_other_answers(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        raise RequestFailedError(f"HTTP {response.status_code}", error_message(await response.aread()))
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind != "text/event-stream":
        raise RequestFailedError("an answer that is not a stream", f"Content-Type {kind or 'missing'}")


async def _events(response: httpx.Response) -> AsyncGenerator[Mapping[str, Any]]:
    """The events of a stream of server-sent events, which OpenAI's API ends with [DONE]."""
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        if name != "data":
            continue
        if value.strip() == "[DONE]":
            return
        event = json.loads(value)
        if not isinstance(event, dict):
            raise RequestFailedError("an answer that is not OpenAI's")
        yield event
    raise RequestFailedError("an answer that was cut off")


def error_message(content: bytes) -> str:
    """The server's words in the body of an error; a body that is not OpenAI's is given as it is."""
    try:
        body = json.loads(content)
    except ValueError:
        return _shortened(content.decode(errors="replace"))
    return _message(body.get("error", body) if isinstance(body, dict) else body)


def _message(error: Any) -> str:
    said = (error.get("message") or error.get("detail")) if isinstance(error, dict) else None
    return _shortened(str(said or error))


def _shortened(text: str) -> str:
    return " ".join(text.split())[:MESSAGE_MAX_CHARACTERS].rstrip(".")


def _unanswered(error: Exception) -> RequestFailedError:
    if isinstance(error, httpx.ConnectTimeout):
        return RequestFailedError(f"no connection within {CONNECT_TIMEOUT_SECONDS:g} s")
    if isinstance(error, httpx.ConnectError):
        return RequestFailedError("no connection", _shortened(str(error)))
    if isinstance(error, httpx.TransportError):
        return RequestFailedError("connection lost", _shortened(str(error)))
    return RequestFailedError("an answer that is not OpenAI's", _shortened(str(error)))
