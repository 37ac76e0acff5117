"""Addresses of servers, as users give them."""

from urllib.parse import SplitResult, urlsplit

from glassbox.errors import GlassboxError

_UNUSABLE_CHARACTERS = frozenset(' \\?#"<>')


def server_address(url: str, *, option: str, example: str, credential: str) -> SplitResult:
    """The parts of a server's address: http or https, a host, and at most a port and a path.

    Raises GlassboxError, which names the `option` it came from, an `example`, and how to give a `credential`. The
    address itself is not repeated in the error, since it may hold a password or a token.
    """
    if "@" in url:
        raise GlassboxError(
            f"The URL of {option} holds a user name or a password, which other users of this machine can read: "
            f"remove it up to the @, and {credential}."
        )
    if not url.lower().startswith(("http://", "https://")):
        raise GlassboxError(f"The URL of {option} does not start with http:// or https://: write it as {example}.")
    if not _has_host(url) or not url.isprintable() or _UNUSABLE_CHARACTERS & set(url):
        raise GlassboxError(
            f"The URL of {option} must be a scheme, a host, and at most a port and a path, such as {example}: "
            "correct it, and remove the rest."
        )
    return urlsplit(url)


def _has_host(url: str) -> bool:
    """Whether the URL names a host that can exist, and such a port if it names one."""
    try:
        parts = urlsplit(url)
        # Refuses names with empty or too long parts, as the resolver would.
        return bool(parts.hostname and parts.hostname.encode("idna")) and parts.port != 0
    except ValueError:
        return False
