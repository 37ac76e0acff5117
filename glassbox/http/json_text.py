"""JSON as others send it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

NOT_JSON = object()


def parsed(content: bytes) -> Any:
    """The JSON of a body; None for an empty one, NOT_JSON for anything else, NaN and what is nested too deep among it."""
    if not content:
        return None
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def objects_in(holder: Any, key: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the list that an object has under the key; none where anything is of another shape."""
    found = holder.get(key) if isinstance(holder, dict) else None
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
