"""Bare ASGI apps, and connections without a server, for what a client cannot be made to do."""

import asyncio

from glassbox_exporter.asgi import ASGIApp, Message, Receive, Scope, Send


async def answer_bare(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def ignore(message: Message) -> None:
    """A client that reads everything and says nothing."""


async def exchange(app: ASGIApp, messages: list[Message], send: Send, scope: Scope | None = None) -> None:
    """One connection, without a server: the client says `messages`, then nothing more."""
    waiting = iter(messages)

    async def receive() -> Message:
        message = next(waiting, None)
        return message if message is not None else await asyncio.get_running_loop().create_future()

    post: Scope = {"type": "http", "method": "POST", "path": "/infer", "headers": [], "query_string": b""}
    await app(post if scope is None else scope, receive, send)


def drive(app: ASGIApp, messages: list[Message] | None = None, send: Send = ignore) -> None:
    asyncio.run(exchange(app, messages or [{"type": "http.request", "body": b""}], send))
