"""Addresses of servers, as users give them."""

from urllib.parse import SplitResult, urlsplit

from glassbox.errors import GlassboxError


def has_host(url: str) -> bool:
    """Whether the URL names a host, and a port that can be."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def server_address(url: str, *, option: str, example: str, credential: str) -> SplitResult:
    """The parts of a server's address: http or https, a host, a port and a path only.

    Raises GlassboxError, which names the `option` it came from, an `example`, and where a `credential` belongs.
    """
    parts = urlsplit(url) if has_host(url) else SplitResult("", "", "", "", "")
    if parts.scheme not in ("http", "https"):
        # Not shown: it may hold a credential all the same.
        raise GlassboxError(f"{option} is no server's address: give one such as {example}.")
    if parts.username or parts.password:
        raise GlassboxError(f"The URL of {parts.hostname} holds a credential: {credential} instead.")
    if parts.query or parts.fragment:
        raise GlassboxError(f"The URL of {parts.hostname} has a query or a fragment: give the address alone.")
    return parts
