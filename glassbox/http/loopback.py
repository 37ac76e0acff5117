"""Servers on this machine, which are reached without a proxy, whatever the environment names."""

import urllib.request
from http.client import HTTPResponse


def opened(url: str, *, timeout_seconds: float, body: bytes | None = None) -> HTTPResponse:
    """The answer of a server on loopback to a GET, or to a POST of the body, to be closed; raises what urllib.request.urlopen does."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer: HTTPResponse = direct.open(url, data=body, timeout=timeout_seconds)
    return answer
