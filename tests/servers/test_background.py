import socket
import urllib.error
import urllib.request

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glassbox.errors import GlassboxError
from glassbox.servers.background import served


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def test_reachable_inside_and_gone_afterwards() -> None:
    with served(APP) as url, urllib.request.urlopen(url, timeout=5) as answer:
        assert answer.read() == b"hello"
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(url, timeout=5)


def test_taken_port_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = rf"Port {port} on 127\.0\.0\.1 cannot be used \([A-Za-z ]+\); choose another"
        with pytest.raises(GlassboxError, match=said), served(APP, port):
            pass
