"""Which proxy leads to a server."""

import importlib.util

import pytest

from glassbox.errors import GlassboxError
from glassbox.http.proxies import Proxy, proxy_to

SET = {"https_proxy": "http://proxy.test:3128", "HTTP_PROXY": "proxy.test:8080"}


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("https://grafana.test", SET, "http://proxy.test:3128"),
        ("http://grafana.test", SET, "http://proxy.test:8080"),
        ("http://grafana.test", {"ALL_PROXY": "http://all.test:1"}, "http://all.test:1"),
        ("http://grafana.test", {"http_proxy": " ", "HTTP_PROXY": "http://b.test:1"}, "http://b.test:1"),
        ("http://grafana.test", {"HTTPS_PROXY": "http://b.test:1"}, None),
    ],
)
def test_the_variable_of_the_scheme_counts_then_all_proxy(url, environment, proxy):
    found = proxy_to(url, environment)
    assert (found and found.url) == proxy


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "demo.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_loopback_never_goes_through_a_proxy(host):
    assert proxy_to(f"http://{host}:9090", {"HTTP_PROXY": "http://proxy.test:1", "no_proxy": ""}) is None


@pytest.mark.parametrize(
    ("host", "no_proxy", "excepted"),
    [
        ("grafana.test", "*", True),
        ("grafana.test", "test", True),
        ("grafana.test", ".test", True),
        ("grafana.test", "*.test", True),
        ("grafana.test", "other, GRAFANA.TEST.", True),
        ("grafana.test", "afana.test", False),
        ("grafana.test:3000", "grafana.test:3000", True),
        ("grafana.test:3000", "grafana.test:3001", False),
        ("grafana.test", "grafana.test:80", True),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("110.1.2.3", "10.1.2.3", False),
        ("[fd00::7]", "fd00::/8", True),
        ("[fd00::7]", "fd00::7", True),
        ("[fd00::7]:3000", "[fd00::7]:3000", True),
        ("[fd00::7]:3000", "[fd00::7]:1", False),
        ("[fe00::7]", "fd00::/8", False),
        ("[::ffff:10.1.2.3]", "10.0.0.0/8", True),
    ],
)
def test_no_proxy_names_hosts_addresses_and_ranges(host, no_proxy, excepted):
    found = proxy_to(f"http://{host}/", {"HTTP_PROXY": "http://proxy.test:1", "NO_PROXY": no_proxy})
    assert (found is None) is excepted


@pytest.mark.parametrize("text", ["ftp://p.test", "http://", "http://p.test:99999", "http://[::1", "pa55:word@:x"])
def test_what_is_no_proxy_is_named_by_its_variable_alone(text):
    with pytest.raises(GlassboxError, match="HTTP_PROXY does not hold the address of a proxy") as caught:
        proxy_to("http://a.test", {"HTTP_PROXY": text})
    assert "pa55" not in str(caught.value)


def test_a_password_is_never_shown():
    found = proxy_to("http://a.test", {"HTTP_PROXY": "http://u:pa55@p.test:1"})
    assert str(found) == "the proxy p.test:1 (HTTP_PROXY)"
    assert "pa55" not in repr(found)


def test_socks_says_which_package_it_needs(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("glassbox.http.proxies.find_spec", lambda _: None)
    with pytest.raises(GlassboxError, match=r"ALL_PROXY names a SOCKS proxy, .* python_socks: .*'niquests\[socks\]'"):
        Proxy("ALL_PROXY", "socks5h://p.test:1").needs("python_socks", "niquests[socks]")
