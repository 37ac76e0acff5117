"""Servers of this machine, between which and us no proxy stands, whatever the environment names."""

import urllib.request
from http.client import HTTPResponse


def opened(request: str | urllib.request.Request, *, timeout_seconds: float, body: bytes | None = None) -> HTTPResponse:
    """The answer of a server on loopback, to be closed; raises what urllib.request.urlopen does."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer: HTTPResponse = direct.open(request, data=body, timeout=timeout_seconds)
    return answer
