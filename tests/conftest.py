"""How the tests are shared among several workers."""

import pytest

# Its tests are many, long, and need nothing of each other; everything else shares servers or builds with its file.
SHARED_OUT = "test_rule_files.py"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, but for those that are best shared out (pytest-xdist, `--dist loadgroup`)."""
    for item in items:
        if item.path.name != SHARED_OUT:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
