"""JSON as others send it."""

import json
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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
