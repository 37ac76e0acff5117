"""How requests reach a server from here: the one reader of the environment for every command that talks to one."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from glassbox.errors import GlassboxError
from glassbox.http.certificates import Authorities, authorities
from glassbox.http.proxies import Proxy, proxy_to


@dataclass(frozen=True)
class Route:
    """The proxy to a server, if any, and the authorities that its certificate is checked by; None where nothing is encrypted."""

    proxy: Proxy | None = None
    authorities: Authorities | None = None

    @property
    def proxy_url(self) -> str | None:
        """The proxy's address, which may hold a password."""
        return self.proxy.url if self.proxy else None

    def context(self) -> ssl.SSLContext | None:
        """For TLS to the server."""
        return self.authorities.context() if self.authorities else None

    def for_httpx(self) -> dict[str, Any]:
        """The arguments of an httpx client; raises GlassboxError where SOCKS cannot be spoken."""
        if self.proxy:
            self.proxy.needs("socksio", "httpx[socks]")
            if urlsplit(self.proxy.url).scheme in ("socks4", "socks4a"):
                raise GlassboxError(
                    f"{self.proxy.variable} names a SOCKS 4 proxy, which this command cannot use: name one of SOCKS 5."
                )
        return {"trust_env": False, "proxy": self.proxy_url, "verify": self.context() or True}

    def __str__(self) -> str:
        """`through the proxy proxy.example.com:3128 (HTTPS_PROXY) `, or nothing."""
        return f"through {self.proxy} " if self.proxy else ""


def route_to(url: str, environment: Mapping[str, str] = os.environ) -> Route:
    """The way to an http or https address; raises GlassboxError for a variable that names no proxy or no certificates."""
    proxy = proxy_to(url, environment)
    schemes = {urlsplit(address).scheme for address in (url, proxy.url if proxy else "")}
    return Route(proxy, authorities(environment) if "https" in schemes else None)


def for_other_programs(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for programs such as apt-get, which read these variables in small letters only."""
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    small = {name: environment.get(name) or environment.get(name.upper()) for name in names}
    return {**environment, **{name: text for name, text in small.items() if text}}
