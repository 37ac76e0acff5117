"""YAML as others write it."""

from typing import Any

import yaml

# The one in C is many times faster; not every PyYAML has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(content: str | bytes) -> Any:
    """What the YAML holds; raises ValueError for a text that is not YAML, or nested too deep."""
    try:
        return yaml.load(content, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from None
