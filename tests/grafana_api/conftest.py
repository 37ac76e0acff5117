"""The server under test: the stand-in in four releases, or the real Grafana that GRAFANA_URL names."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from glassbox.standin.releases import SUPPORTED, behaviour
from glassbox.standin.server import GrafanaStandIn
from tests.support.grafana_workspace import Target, Workspace, live_target, role_client

LIVE = os.environ.get("GRAFANA_URL", "")


@pytest.fixture(scope="session", params=["live"] if LIVE else SUPPORTED)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A server and an administrator's credential for it."""
    if LIVE:
        yield live_target(LIVE)
        return
    with GrafanaStandIn(version=request.param, tokens={"glsa_admin": "Admin"}) as stand_in:
        yield Target(stand_in.url, {"Authorization": "Bearer glsa_admin"}, None)


@pytest.fixture(scope="session")
def http(target: Target) -> Iterator[httpx.Client]:
    """An administrator's client; redirects are not followed."""
    with httpx.Client(base_url=target.url, headers=target.headers, auth=target.auth, timeout=30) as client:
        yield client


@pytest.fixture
def grafana(http: httpx.Client) -> Iterator[Workspace]:
    """A workspace of this test alone: its own uid prefix, and everything in it deleted at the end."""
    release = behaviour(http.get("/api/health").json()["version"])
    workspace = Workspace(http, release, f"t{secrets.token_hex(4)}")
    yield workspace
    workspace.clean_up()


@pytest.fixture
def as_role(target: Target, http: httpx.Client) -> Iterator[Callable[[str], httpx.Client]]:
    """A client of a service account with the given role."""
    with ExitStack() as stack:
        yield lambda role: role_client(stack, target, http, role)


@pytest.fixture(scope="session")
def anonymous(target: Target) -> Iterator[httpx.Client]:
    """A client without a credential."""
    with httpx.Client(base_url=target.url, timeout=30) as client:
        yield client


@pytest.fixture
def folder(grafana: Workspace) -> str:
    """The uid of an empty folder."""
    return grafana.create_folder("folder")


@pytest.fixture
def rule(grafana: Workspace) -> dict[str, Any]:
    """A whole alert rule over a data source of this test."""
    return grafana.rule("rule", grafana.create_data_source("source"))
