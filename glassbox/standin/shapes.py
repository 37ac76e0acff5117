"""Types of the fields that a body may have; Go refuses any other while it decodes."""

from typing import Any

from glassbox.standin.refusals import bad_request_data

Shape = type | dict[str, Any] | list[Any]
"""A type, an object with the shapes of some fields, or a list with the shape of its items."""

TEXTS = "texts"
"""Stands for every field of an object: each is text."""


def check_shape(value: Any, shape: Shape) -> None:
    """Refuse a value of any other shape as "bad request data"; null is what Go takes for any field."""
    if value is None:
        return
    if isinstance(shape, dict):
        _check_type(value, dict)
        for name, inner in shape.items():
            for item in value.values() if name == TEXTS else (value.get(name),):
                check_shape(item, inner)
    elif isinstance(shape, list):
        _check_type(value, list)
        for item in value:
            if item is None:
                raise bad_request_data()
            check_shape(item, shape[0])
    else:
        _check_type(value, shape)


def _check_type(value: Any, kind: type) -> None:
    # Python takes True for a number.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise bad_request_data()
