"""Every key of the settings file: its type, default and meaning, from the schema and the defaults of `Settings`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from glassbox.reference.markdown import code, one_sentence_a_line, table
from glassbox.settings.model import Settings

_MISSING = object()
_KEYS_BELOW = "keys below"
# Slashes of a reference to a key of the whole file: "#/properties/grafana".
_OF_THE_FILE = 2
_BOUNDS = {
    "exclusiveMinimum": "above {:g}",
    "minimum": "at least {:g}",
    "exclusiveMaximum": "below {:g}",
    "maximum": "at most {:g}",
    "multipleOf": "a multiple of {:g}",
}
_SCALARS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


@dataclass(frozen=True)
class Key:
    """One key of the file by its path, such as `slos[].name`; `default` is empty where there is none."""

    path: str
    type: str
    default: str
    meaning: str


def settings_schema() -> Any:
    """The JSON Schema of the settings file."""
    return json.loads((files("glassbox.settings") / "settings.schema.json").read_text(encoding="utf-8"))


def setting_keys(schema: Any) -> Iterator[Key]:
    """All keys in the order of the schema, those of nested objects and lists after their parent."""
    for name, value in schema["properties"].items():
        yield from _keys(schema, name, value, getattr(Settings(), name, _MISSING))


def settings_body() -> str:
    """The page."""
    schema = settings_schema()
    by_section: dict[str, list[Key]] = {}
    for key in setting_keys(schema):
        by_section.setdefault(key.path.partition(".")[0].partition("[")[0], []).append(key)
    sections = [f"### {code(section)}\n\n{_section(keys)}" for section, keys in by_section.items()]
    return "\n\n".join(sections)


def _section(keys: list[Key]) -> str:
    """The text of the section, its keys, and a default that is too long for a cell."""
    parent = keys[0] if keys[0].type == _KEYS_BELOW else None
    parts = [one_sentence_a_line(parent.meaning)] if parent else []
    rows = ((code(key.path), key.type, _cell_default(key), key.meaning) for key in keys if key is not parent)
    parts.append(table(("key", "type", "default", "meaning"), rows))
    parts += [f"```yaml\n{key.path}:\n{key.default}\n```" for key in keys if "\n" in key.default]
    return "\n\n".join(parts)


def _cell_default(key: Key) -> str:
    return "below" if "\n" in key.default else code(key.default) if key.default else ""


def _keys(schema: Any, path: str, value: Any, default: Any) -> Iterator[Key]:
    value = _resolved(schema, value)
    nested = _nested(schema, value)
    fixed = "properties" in value
    if not fixed or "description" in value:
        # Of environments the settings keep the names alone.
        default = {} if default == () and value["type"] == "object" else default
        shown = "" if fixed or default is _MISSING else _as_yaml(default)
        yield Key(path, _type(schema, value), shown, value.get("description", ""))
    for suffix, inner in nested:
        # Keys that stand elsewhere too are described there.
        if "$ref" not in inner or not inner["$ref"].startswith("#/properties/"):
            name = suffix.rpartition(".")[2]
            yield from _keys(schema, path + suffix, inner, getattr(default, name, _MISSING) if fixed else _MISSING)
    yield from _elsewhere(path, [inner["$ref"] for _, inner in nested if "#/properties/" in inner.get("$ref", "")])


def _elsewhere(path: str, references: list[str]) -> Iterator[Key]:
    """One row for the keys that stand elsewhere: those of the whole file, or those of one of its sections."""
    names = dict.fromkeys(reference.split("/")[2] for reference in references)
    if any(reference.count("/") == _OF_THE_FILE for reference in references):
        yield Key(f"{path}.NAME.KEY", "as above", "", f"Any key of {', '.join(map(code, names))}.")
    elif names:
        name = min(names)
        yield Key(f"{path}[].KEY", f"as in {code(name)}", "", f"Any key of {code(name)}.")


def _nested(schema: Any, value: Any) -> list[tuple[str, Any]]:
    """The keys below a value, with what leads to them: `.key`, `.NAME.key` in a mapping, `[].key` in a list."""
    for inner, lead in ((value, ""), (value.get("additionalProperties"), ".NAME"), (value.get("items"), "[]")):
        properties = _resolved(schema, inner).get("properties") if isinstance(inner, dict) else None
        if properties:
            return [(f"{lead}.{name}", found) for name, found in properties.items()]
    return []


def _resolved(schema: Any, value: Any) -> Any:
    """The value with what its `$ref` leads to; its own words go first."""
    if "$ref" not in value:
        return value
    found = schema
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{key: own for key, own in value.items() if key != "$ref"}}


def _type(schema: Any, value: Any) -> str:
    value = _resolved(schema, value)
    if "enum" in value:
        return f"one of {', '.join(map(code, value['enum']))}"
    if value["type"] == "array":
        return f"list: {_type(schema, value['items'])}"
    if value["type"] == "object":
        inner = value.get("additionalProperties")
        return f"mapping: {_type(schema, inner)}" if isinstance(inner, dict) else str(value.get("title", _KEYS_BELOW))
    if "title" in value:
        # Which signs it may have is what an error says.
        return str(value["title"]).partition(": ")[0]
    bounds = [words.format(value[bound]) for bound, words in _BOUNDS.items() if bound in value]
    return " ".join((_SCALARS[value["type"]], ", ".join(bounds))).strip()


def _as_yaml(default: Any) -> str:
    if default is None or default == "":
        return ""
    plain = _plain(default)
    if isinstance(plain, list) and plain and isinstance(plain[0], dict):
        return "\n".join(f"  - {_flow(item)}" for item in plain)
    return _flow(plain)


def _flow(plain: Any) -> str:
    text = yaml.safe_dump(plain, default_flow_style=True, width=10**9, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: item for name, item in vars(value).items() if item is not None}
    return dict(value) if isinstance(value, dict) else value
