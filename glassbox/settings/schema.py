"""What a settings file may hold: settings.schema.json, and what is wrong with a file that does not fit it."""

import json
from math import isfinite
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import best_match

from glassbox.settings.messages import explain

SCHEMA_FILE = Path(__file__).with_name("settings.schema.json")


def problem(values: dict[str, Any]) -> str:
    """The most telling thing that is wrong with the values, as `key.key: what and what to do`; "" where nothing is."""
    base = Draft202012Validator.TYPE_CHECKER
    # A threshold of .nan or .inf would make an alert that can never fire.
    finite = base.redefine("number", lambda checker, value: base.is_type(value, "number") and isfinite(value))
    validator = validators.extend(Draft202012Validator, type_checker=finite)  # type: ignore[no-untyped-call]  # its stub has no types
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    error = best_match(validator(schema).iter_errors(values))
    if error is None:
        return ""
    where = ".".join(str(part) for part in error.absolute_path)
    return f"{where + ': ' if where else ''}{explain(error)}"
