"""A small OpenAI-compatible server with known delays, which notes what it did and when."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from glassbox.servers.background import served

MODEL = "tiny"


@dataclass
class OpenAIServer:
    """How it answers, and the requests that it had: bodies, keys, and when each piece of text was sent (time.monotonic())."""

    first_seconds: float = 0.02
    gap_seconds: float = 0.01
    texts: int = 4
    tokens_per_text: int = 1
    key: str = ""
    usage: bool = True
    failing: dict[int, str] = field(default_factory=dict)
    ends: list[str] = field(default_factory=lambda: ["stop"])
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sent: list[list[float]] = field(default_factory=list)

    async def chat(self, request: Request) -> Response:
        """What OpenAI's API answers; the n-th request (from 0) fails as `failing` says, and ends as `ends` say in turn."""
        body, number = await request.json(), len(self.bodies)
        self.bodies.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        if self.key and self.keys[-1] != f"Bearer {self.key}":
            return JSONResponse({"error": {"message": "Incorrect API key"}}, 401)
        if body["model"] != MODEL:
            return JSONResponse({"error": {"message": f"The model `{body['model']}` does not exist."}}, 404)
        fault = self.failing.get(number, "")
        if fault.isdigit():
            return JSONResponse({"error": {"message": "too much"}}, int(fault))
        if fault == "plain":
            return JSONResponse({"choices": []})
        return StreamingResponse(
            self._stream(body, fault, self.ends[number % len(self.ends)]), media_type="text/event-stream"
        )

    async def _stream(self, body: dict[str, Any], fault: str, end: str) -> Any:
        sent: list[float] = []
        self.sent.append(sent)
        # The role comes at once, long before the first token.
        yield _event({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
        for number in range(0 if fault == "silent" else self.texts):
            await asyncio.sleep(self.gap_seconds if number else self.first_seconds)
            if fault == "error" and number == 1:
                yield _event({"error": {"message": "the engine died"}})
                return
            if fault == "cut" and number == 1:
                return
            sent.append(time.monotonic())
            yield _event({"choices": [{"delta": {"content": "text"}}]})
        yield _event({"choices": [{"delta": {}, "finish_reason": end or None}]})
        if fault == "strange":
            yield _event({"choices": ["text"]})
        if self.usage and body["stream_options"]["include_usage"]:
            output = self.texts * self.tokens_per_text
            yield _event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": output}})
        yield "data: [DONE]\n\n"

    def models(self, _request: Request) -> Response:
        """The list of what it serves."""
        return JSONResponse({"data": [{"id": MODEL}, {"id": "tiny-lora"}]})


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"


@contextmanager
def openai_server(**settings: Any) -> Iterator[OpenAIServer]:
    """The server, answering on loopback until the body ends."""
    server = OpenAIServer(**settings)
    routes = [Route("/v1/chat/completions", server.chat, methods=["POST"]), Route("/v1/models", server.models)]
    with served(Starlette(routes=routes)) as url:
        server.url = url
        yield server
