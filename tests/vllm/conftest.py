"""The real components, as for the other end-to-end tests."""

import pytest

from glassbox.servers.components import ensure_components


@pytest.fixture(scope="session")
def components() -> None:
    """Prometheus can be found."""
    ensure_components()
