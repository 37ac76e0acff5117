"""One streamed chat completion of an OpenAI-compatible server, with the times at which its text came.

All times are those of the running event loop's clock, in seconds. Whatever a server sends, an answer costs little memory:
it is read with limits, and uncompressed, since a few bytes can unpack to any number.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx

from glassbox.http.route import Route, route_to
from glassbox.http.sentences import masked, on_one_line
from glassbox.http.unreachable import no_connection
from glassbox.load.answer import NOT_OPENAI, RequestFailedError, StreamedAnswer, error_message
from glassbox.load.event_stream import EVENT_MAX_BYTES, Event, EventTooLongError, events

CONNECT_TIMEOUT_SECONDS = 10.0
ANSWER_MAX_BYTES = 64 * 2**20
"""More than a hundred thousand tokens, each in an event of its own."""
ERROR_MAX_BYTES = 64 * 2**10
"""How much of an error is read: its first words are all that is shown."""
BODY_MAX_SECONDS = 5.0
"""How long an answer that is not a stream may take after its headers."""
REST_MAX_SECONDS = 1.0
"""How long the end of the connection's stream is awaited after an answer is complete."""
NO_TEXT = "an answer without text"
_MEBIBYTE = 2**20
UNCOMPRESSED = {"Accept-Encoding": "identity"}
_HEADERS = {**UNCOMPRESSED, "Accept": "text/event-stream"}


@dataclass(frozen=True)
class Outcome:
    """What became of one request. `due_at` is when it was to be sent, and latency counts from there.

    `text_at` are the times at which pieces of text came; a piece may hold several tokens. Token counts are the server's,
    None where it reports none that can be true. `finish_reason` is why the answer ended, empty where the server does not
    say. `failure` is empty for a success, else a reason that is the same for the same cause.
    """

    due_at: float
    sent_at: float
    ended_at: float
    text_at: Sequence[float] = ()
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: str = ""
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


class Chat:
    """Sends chats to one server. `url` ends in the API's version, such as /v1; no request takes longer than `timeout_seconds`."""

    def __init__(self, client: httpx.AsyncClient, url: str, timeout_seconds: float) -> None:
        self._client = client
        self._url = f"{url}/chat/completions"
        self._route = route_to(url)
        self._timeout_seconds = timeout_seconds
        self._secrets = tuple(client.headers.get("Authorization", "").split()[1:])

    async def ask(self, body: Mapping[str, Any], due_at: float) -> Outcome:
        """Send one request and read its answer to the end; never raises for what a server or network does."""
        sent_at, answer, failure = loop_seconds(), StreamedAnswer(), RequestFailedError("")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._read(body, answer)
        except TimeoutError:
            failure = RequestFailedError(f"no complete answer within {self._timeout_seconds:g} s")
        except RequestFailedError as error:
            failure = RequestFailedError(error.reason, on_one_line(masked(error.details, self._secrets)))
        except EventTooLongError:
            failure = RequestFailedError(f"an event of more than {EVENT_MAX_BYTES // _MEBIBYTE} MiB in the stream")
        except RecursionError:
            failure = RequestFailedError("JSON that is nested too deep")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            failure = _unanswered(error, self._route)
        return _outcome(due_at, sent_at, answer, failure)

    async def _read(self, body: Mapping[str, Any], answer: StreamedAnswer) -> None:
        streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with self._client.stream("POST", self._url, json=streamed, headers=_HEADERS) as response:
            await _refuse_other_answers(response)
            async with aclosing(events(_within_limit(response))) as stream:
                await _take_all(stream, answer)
                await _skip_rest(stream)


def _outcome(due_at: float, sent_at: float, answer: StreamedAnswer, failure: RequestFailedError) -> Outcome:
    """What became of a request; of a failed one, which ends now, only its times and its reason are kept."""
    if failure.reason:
        return Outcome(due_at, sent_at, loop_seconds(), failure=failure.reason, details=failure.details)
    return Outcome(
        due_at,
        sent_at,
        answer.ended_at,
        answer.text_at,
        answer.tokens("prompt_tokens"),
        answer.tokens("completion_tokens"),
        answer.finish_reason,
    )


def loop_seconds() -> float:
    """What the clock of the running event loop shows."""
    return asyncio.get_running_loop().time()


async def _refuse_other_answers(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        raise RequestFailedError(f"HTTP {response.status_code}", await _error_of(response))
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind.lower() != "text/event-stream":
        said = f"Content-Type {kind or 'missing'}: {await _error_of(response)}"
        raise RequestFailedError("an answer that is not a stream", said)
    if packed := _packing(response):
        raise RequestFailedError("a compressed answer, which was not asked for", packed)


def _packing(response: httpx.Response) -> str:
    """How the body is compressed; empty if it is not."""
    packing = on_one_line(response.headers.get("Content-Encoding", ""))
    return "" if packing.lower() == "identity" else packing


async def _error_of(response: httpx.Response) -> str:
    return error_message((await beginning(response, ERROR_MAX_BYTES)).decode(errors="replace"))


async def beginning(response: httpx.Response, max_bytes: int) -> bytes:
    """The body of an answer that is not a stream, as far as it arrives in time; empty for a compressed one."""
    content = bytearray()
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(BODY_MAX_SECONDS):
            async for piece in response.aiter_raw():
                content += piece
                if len(content) > max_bytes:
                    break
    return b"" if _packing(response) else bytes(content[:max_bytes])


async def _take_all(stream: AsyncGenerator[Event], answer: StreamedAnswer) -> None:
    """The events before OpenAI's [DONE], or before the end of a stream whose answer says that it is finished."""
    async for event in stream:
        if event.data.strip() == "[DONE]":
            break
        answer.take(event, loop_seconds())
    else:
        if not answer.finish_reason:
            raise RequestFailedError("an answer that was cut off")
    if not answer.text_at:
        raise RequestFailedError(NO_TEXT)
    answer.ended_at = loop_seconds()


async def _skip_rest(stream: AsyncGenerator[Event]) -> None:
    """Read what follows a complete answer: a connection that is not read to its end cannot be used again."""
    with suppress(TimeoutError, RequestFailedError, EventTooLongError, httpx.HTTPError):
        async with asyncio.timeout(REST_MAX_SECONDS):
            async for _ in stream:
                pass


async def _within_limit(response: httpx.Response) -> AsyncIterator[bytes]:
    size_bytes = 0
    async for piece in response.aiter_raw():
        size_bytes += len(piece)
        if size_bytes > ANSWER_MAX_BYTES:
            raise RequestFailedError(f"an answer of more than {ANSWER_MAX_BYTES // _MEBIBYTE} MiB")
        yield piece


def _unanswered(error: Exception, route: Route) -> RequestFailedError:
    if isinstance(error, httpx.ConnectTimeout):
        return RequestFailedError(f"no connection within {CONNECT_TIMEOUT_SECONDS:g} s")
    if isinstance(error, httpx.ConnectError):
        return RequestFailedError("no connection", f"{route}{no_connection(error, route) or on_one_line(str(error))}")
    if isinstance(error, httpx.RemoteProtocolError) and not _is_closed_early(error):
        return RequestFailedError("an answer that is not HTTP, or with headers of more than 100 kB")
    if isinstance(error, httpx.TransportError):
        return RequestFailedError("connection lost")
    return RequestFailedError(NOT_OPENAI)


def _is_closed_early(error: httpx.RemoteProtocolError) -> bool:
    """Whether the server closed the connection before its answer was complete, for which httpx has no type of its own."""
    return "closed connection" in str(error) or "disconnected" in str(error)
