"""Addresses of servers, as users give them."""

import pytest

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address

SECRET = "s3cret"


def parts_of(url):
    return server_address(url, option="--there", example="http://localhost:1", credential="set THERE_TOKEN")


@pytest.mark.parametrize(
    ("url", "netloc", "path"),
    [
        ("http://localhost:9090", "localhost:9090", ""),
        ("HTTPS://example.org/prometheus/", "example.org", "/prometheus/"),
        ("http://[::1]:9090/a%20b", "[::1]:9090", "/a%20b"),
    ],
)
def test_a_host_with_a_port_and_a_path_is_an_address(url, netloc, path):
    parts = parts_of(url)
    assert (parts.netloc, parts.path) == (netloc, path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            f"http://me:{SECRET}@localhost",
            "The URL of --there holds a user name or a password, which other users of this machine can read: "
            "remove it up to the @, and set THERE_TOKEN.",
        ),
        (
            f"localhost/{SECRET}",
            "The URL of --there does not start with http:// or https://: write it as http://localhost:1.",
        ),
        *(
            (
                url,
                "The URL of --there must be a scheme, a host, and at most a port and a path, such as "
                "http://localhost:1: correct it, and remove the rest.",
            )
            for url in (
                f"http://localhost?key={SECRET}", f"http://localhost/#{SECRET}", f"http://local host/{SECRET}",
                f"http://localhost:0/{SECRET}", f"http://localhost:99999/{SECRET}", f"http://[::1/{SECRET}",
                f"http://localhost/\n{SECRET}", "http://", "http://:3000",
                f"http://a..b/{SECRET}", f"http://{'a' * 64}.example/{SECRET}",
            )
        ),
    ],
)  # fmt: skip  # a row is a case
def test_anything_else_is_refused_and_not_repeated(url, sentence):
    with pytest.raises(GlassboxError) as caught:
        parts_of(url)
    assert str(caught.value) == sentence
