"""Servers of this machine are asked without the proxy that the environment names."""

import ast

import pytest

from glassbox.http.loopback import opened
from glassbox.standin.server import GrafanaStandIn
from tests.support.paths import ROOT

CODE = ("bench", "demo", "environments", "glassbox")


def test_no_proxy_stands_before_a_server_on_loopback(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with GrafanaStandIn() as running, opened(f"{running.url}/api/health", timeout_seconds=10) as answer:
        assert (answer.status, b'"database"' in answer.read()) == (200, True)


def asks_as_the_environment_says(node):
    return isinstance(node, ast.Attribute | ast.Name) and getattr(node, "attr", getattr(node, "id", "")) == "urlopen"


@pytest.mark.parametrize("folder", CODE)
def test_urlopen_which_asks_the_proxy_for_loopback_too_is_used_nowhere(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    trees = {file: ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in files}
    assert files
    assert [file.name for file, tree in trees.items() if any(map(asks_as_the_environment_says, tree))] == []
