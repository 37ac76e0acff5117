"""What is wrong with a settings file, in plain words: what jsonschema found, and what to write instead."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_LONGEST_SHOWN = 60
_TYPES = {
    "object": "keys and values",
    "array": "a list, such as [a, b]",
    "string": "text (in quotes where it looks like a number or a date)",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
}
_BOUNDS = {
    "minimum": "at least {:g}",
    "exclusiveMinimum": "above {:g}",
    "maximum": "at most {:g}",
    "exclusiveMaximum": "below {:g}",
}


def shown(value: Any) -> str:
    """The value as it was written, shortened, and without the password of an address."""
    if isinstance(value, bool):
        return str(value).lower()
    text = re.sub(r"//.*@", "//***@", repr(value) if isinstance(value, str | list | dict) else str(value))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def explain(error: Any) -> str:
    """What a jsonschema ValidationError says, for each keyword that settings.schema.json uses; without a full stop."""
    return WORDS[error.validator](error.schema, error.instance)


def _unknown_key(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    known = sorted(schema["properties"])
    unknown = min(set(instance) - set(known))
    return f"unknown key {shown(unknown)}; the keys are {', '.join(known)}"


def _missing_key(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    missing = next(key for key in schema["required"] if key not in instance)
    return f"the key {missing!r} is missing; add it"


def _wrong_type(schema: Mapping[str, Any], instance: Any) -> str:
    wanted = _TYPES[schema["type"]]
    if instance is None:
        return f"has no value: write {wanted}, or remove the key"
    return f"must be {wanted}, not {shown(instance)}"


def _out_of_bounds(schema: Mapping[str, Any], instance: float) -> str:
    bounds = [words.format(schema[key]) for key, words in _BOUNDS.items() if key in schema]
    share = "; it is a ratio: write 90% as 0.9" if 1 in (schema.get("maximum"), schema.get("exclusiveMaximum")) else ""
    return f"must be {' and '.join(bounds)}, not {shown(instance)}{share}"


def _no_match(schema: Mapping[str, Any], instance: str) -> str:
    # Any part of an address may be a secret, and somebody may write one where only its name belongs.
    is_shown = schema.get("format") != "uri" and not schema.get("writeOnly")
    value = f", not {shown(instance)}" if is_shown else ""
    return f"must be {schema['title']}{value}"


def _twice(_schema: Mapping[str, Any], instance: list[Any]) -> str:
    double = next(item for item in instance if instance.count(item) > 1)
    return f"{shown(double)} occurs more than once; keep one"


WORDS: dict[str, Callable[[Any, Any], str]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    **dict.fromkeys(_BOUNDS, _out_of_bounds),
    "multipleOf": lambda schema, instance: f"must be a multiple of {schema['multipleOf']}, not {shown(instance)}",
    "pattern": _no_match,
    "enum": lambda schema, instance: f"must be one of {', '.join(schema['enum'])}, not {shown(instance)}",
    "minItems": lambda schema, _: f"needs at least {schema['minItems']} entry; add one, or remove the key",
    "uniqueItems": _twice,
    "minLength": lambda _, __: "must not be empty",
    "maxLength": lambda schema, _: f"must have at most {schema['maxLength']} characters",
}
