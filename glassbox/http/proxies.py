"""Which proxy leads to a server, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capital or small letters."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from glassbox.errors import GlassboxError

DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True)
class Proxy:
    """A proxy, and the variable that names it; its address may hold a password and is not for messages."""

    variable: str
    url: str = field(repr=False)

    def __str__(self) -> str:
        """`the proxy proxy.example.com:3128 (HTTPS_PROXY)`."""
        return f"the proxy {urlsplit(self.url).netloc.rpartition('@')[2]} ({self.variable})"

    def needs(self, package: str, extra: str) -> None:
        """Raise GlassboxError where it speaks SOCKS and the `package` for that is missing; `extra` installs it."""
        if urlsplit(self.url).scheme.startswith("socks") and find_spec(package) is None:
            raise GlassboxError(
                f"{self.variable} names a SOCKS proxy, which needs the package {package}: install it with "
                f"`.venv/bin/pip install '{extra}'`, or name an HTTP proxy."
            )


def proxy_to(url: str, environment: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy for an http or https address; None for this machine and for what NO_PROXY names.

    Raises GlassboxError for a variable that holds no proxy's address. An empty variable counts as not set.
    """
    parts = urlsplit(url)
    found = _first(environment, f"{parts.scheme}_proxy", "all_proxy")
    if found is None or _is_this_machine(parts) or _is_excepted(parts, environment):
        return None
    variable, text = found
    return Proxy(variable, _checked(variable, text.strip()))


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    spellings = (spelling for name in names for spelling in (name, name.upper()))
    return next(((name, environment[name]) for name in spellings if environment.get(name, "").strip()), None)


def _checked(variable: str, text: str) -> str:
    """The address with its scheme, which may be left out, as for curl."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in SCHEMES and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        # It is not repeated, since it may hold a password.
        raise GlassboxError(
            f"{variable} does not hold the address of a proxy: write it as http://proxy.example.com:3128, or unset it."
        )
    return url.rstrip("/")


def _is_this_machine(parts: SplitResult) -> bool:
    host = _name(parts.hostname or "")
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def _is_excepted(parts: SplitResult, environment: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host: as a name with all below it, an address, a range such as 10.0.0.0/8, or `*`."""
    _, text = _first(environment, "no_proxy") or ("", "")
    return any(_matches(entry, parts) for entry in re.split(r"[\s,]+", text) if entry)


def _matches(entry: str, parts: SplitResult) -> bool:
    if entry == "*":
        return True
    host, port = _name(parts.hostname or ""), parts.port or DEFAULT_PORTS[parts.scheme]
    named = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d+)", entry)
    if named and int(named[2]) != port:
        return False
    wanted = (named[1] if named else entry).strip("[]").casefold()
    address = _address(host)
    if address is not None:
        return _is_within(address, wanted)
    wanted = _name(wanted.removeprefix("*")).removeprefix(".")
    return host == wanted or host.endswith(f".{wanted}")


def _is_within(address: IPv4Address | IPv6Address, wanted: str) -> bool:
    try:
        return address in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _name(host: str) -> str:
    return host.casefold().rstrip(".")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, an IPv4 address within IPv6 as IPv4; None for a name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
