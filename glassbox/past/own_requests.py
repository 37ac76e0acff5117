"""Requests to our own Prometheus on loopback, which no proxy of the environment is asked for."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from glassbox.errors import GlassboxError

_TIMEOUT_SECONDS = 300.0


class RefusedError(Exception):
    """An answer that is not a success: its status, and what the server says."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status, self.said = status, said


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """What the server answers; raises RefusedError, and GlassboxError where it does not answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise GlassboxError(f"Our own Prometheus does not answer ({error or type(error).__name__}).") from None
    finally:
        connection.close()
    if answer.status >= http.client.MULTIPLE_CHOICES:
        raise RefusedError(answer.status, content.decode(errors="replace").strip())
    return content
