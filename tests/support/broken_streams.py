"""Answers of a server as bytes, and what becomes of the request that gets them."""

import asyncio
import json

from glassbox.load.chat import Chat
from glassbox.load.target import client
from tests.support.raw_server import STREAM, raw_server

TEXT = b'data: {"choices":[{"delta":{"content":"text"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"


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
