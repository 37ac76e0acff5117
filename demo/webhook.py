"""A receiver for Alertmanager's webhook notifications that remembers them and lets a caller wait for one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glassbox.errors import GlassboxError
from glassbox.servers.background import served

WHAT = "Here the demo takes what Alertmanager sends: it posts each alert to this address. There is nothing else to see."


@dataclass(frozen=True)
class Notification:
    """One alert of a notification; status is `firing` or `resolved`."""

    alertname: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]


class Webhook:
    """Notifications in the order they came, from Alertmanager's webhook body of version 4."""

    def __init__(self) -> None:
        self.url = ""
        self._arrived = Condition()
        self._notifications: list[Notification] = []

    @property
    def notifications(self) -> list[Notification]:
        with self._arrived:
            return list(self._notifications)

    def record(self, body: dict[str, Any]) -> None:
        """Keep every alert of one webhook body; raises KeyError or TypeError for another shape, and then keeps none."""
        new = [
            Notification(alert["labels"]["alertname"], alert["status"], alert["labels"], alert.get("annotations", {}))
            for alert in body["alerts"]
        ]
        with self._arrived:
            self._notifications += new
            self._arrived.notify_all()

    def wait_for(self, alertname: str | None, timeout_seconds: float, status: str = "firing") -> Notification:
        """The first notification of that alert (None: of any), awaited; raises GlassboxError when the time is over."""

        def found() -> Notification | None:
            matching = (n for n in self._notifications if alertname in (None, n.alertname) and n.status == status)
            return next(matching, None)

        with self._arrived:
            if notification := self._arrived.wait_for(found, timeout_seconds):
                return notification
            names = ", ".join(sorted({n.alertname for n in self._notifications})) or "none"
        raise GlassboxError(
            f"No {status} notification of {alertname or 'any alert'} reached the webhook within {timeout_seconds:g} s "
            f"(received: {names}); look at the alerts in Prometheus and Alertmanager."
        )


@contextmanager
def receiving(port: int = 0) -> Iterator[Webhook]:
    """A webhook on loopback that takes a POST on any path; port 0 means a free one."""
    webhook = Webhook()

    async def take(request: Request) -> Response:
        try:
            webhook.record(await request.json())
        except (json.JSONDecodeError, KeyError, TypeError):
            return Response("This is not a webhook body of Alertmanager.\n", status_code=400)
        return Response(status_code=200)

    async def about(_request: Request) -> Response:
        return PlainTextResponse(f"{WHAT}\nIt has taken {len(webhook.notifications)} of them.\n")

    everywhere = "/{path:path}"
    routes = [Route(everywhere, take, methods=["POST"]), Route(everywhere, about)]
    with served(Starlette(routes=routes), port) as url:
        webhook.url = url
        yield webhook
