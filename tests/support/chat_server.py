"""What the tests of chat messages share: a server on loopback that stands for Slack or a robot, and keeps what it is sent."""

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glassbox.servers.background import served

TAKEN_BY_SLACK = PlainTextResponse("ok")
TAKEN_BY_ROBOT = PlainTextResponse('{"errcode": 0, "errmsg": "ok"}')


@dataclass
class ChatServer:
    """Its URL, and each message with the query it was posted with, in the order they came."""

    url: str = ""
    messages: "queue.Queue[tuple[dict[str, str], dict[str, Any]]]" = field(default_factory=queue.Queue)

    def next(self, timeout_seconds: float = 30) -> dict[str, Any]:
        """The next message, awaited; raises queue.Empty when none comes."""
        return self.messages.get(timeout=timeout_seconds)[1]


@contextmanager
def chat_server(*answers: Response) -> Iterator[ChatServer]:
    """Answers in this order, and with the last one from then on."""
    server, left = ChatServer(), list(answers)

    async def take(request: Request) -> Response:
        server.messages.put((dict(request.query_params), await request.json()))
        return left.pop(0) if len(left) > 1 else left[0]

    with served(Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])) as url:
        server.url = url
        yield server


def webhook_body(*alerts: dict[str, Any], **group_labels: str) -> dict[str, Any]:
    """Alertmanager's webhook body of version 4 for alerts of one severity."""
    severities: Sequence[str] = sorted({alert["labels"]["severity"] for alert in alerts})
    return {
        "version": "4",
        "alerts": list(alerts),
        "groupLabels": group_labels,
        "commonLabels": {"severity": severities[0], **group_labels},
    }
