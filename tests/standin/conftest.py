"""A stand-in with a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from glassbox.standin.server import GrafanaStandIn

TOKEN = "glsa_admin"


@pytest.fixture
def stand_in() -> Iterator[GrafanaStandIn]:
    """A stand-in for Grafana 12.4 whose search index never catches up by itself."""
    with GrafanaStandIn(version="12.4.0", tokens={TOKEN: "Admin"}, search_lag_seconds=3600) as server:
        yield server


@pytest.fixture
def client(stand_in: GrafanaStandIn) -> Iterator[httpx.Client]:
    """An administrator's client of the stand-in."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=stand_in.url, headers=headers, timeout=10) as http:
        yield http
