"""Paths of Grafana's API, and objects that are absent there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from glassbox.errors import GlassboxError
from glassbox.grafana.failures import GrafanaError, NotVisibleError, is_not_served

EDITABLE_HEADERS = {"X-Disable-Provenance": "true"}
"""What is written with it can be changed in Grafana's page; Grafana tests that the header is there."""


def path_part(text: str) -> str:
    """One part of a path, percent-encoded; GlassboxError for an empty part or dots, which would name another object."""
    if text in ("", ".", ".."):
        raise GlassboxError(f"{text!r} cannot name an object in Grafana: give it another uid or name.")
    return quote(text, safe="")


def proxied(source_uid: str, path: str) -> str:
    """The path below Prometheus' API of a data source, asked through Grafana."""
    return f"/datasources/proxy/uid/{path_part(source_uid)}/api/v1/{path}"


@contextmanager
def absent_is_fine() -> Iterator[None]:
    """Suppress the 404 of Grafana itself; a 403 stays an error, since the object may exist."""
    try:
        yield
    except NotVisibleError as error:
        if error.status != 404:
            raise


@contextmanager
def not_served_is_fine() -> Iterator[None]:
    """Suppress what says that an address is not served to this credential, for what can be done without."""
    try:
        yield
    except GrafanaError as error:
        if not is_not_served(error):
            raise
