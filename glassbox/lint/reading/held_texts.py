"""Texts that objects of Kubernetes hold: what a ConfigMap, a Secret or a GrafanaDashboard has as a file of its own."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.lint.reading.located import LineOf, line_of, lines_within, object_in, text_in


@dataclass(frozen=True)
class HeldText:
    """A text, the key that it stands under, the line of that, and where its lines stand. Of one that `is_secret` no value may be printed."""

    key: str
    text: str
    line: int
    line_at: LineOf
    is_secret: bool = False


def texts_of(value: Mapping[str, Any]) -> Iterator[HeldText]:
    """The texts of an object of Kubernetes, of whatever they are; nothing of an object of another kind."""
    kind = value.get("kind")
    if kind == "GrafanaDashboard":
        yield _plain(object_in(value, "spec"), "json")
    elif kind in ("ConfigMap", "Secret"):
        plain = object_in(value, "data" if kind == "ConfigMap" else "stringData")
        yield from (_plain(plain, key, is_secret=kind == "Secret") for key in plain)
    if kind == "Secret":
        yield from _encoded(object_in(value, "data"))


def _plain(holder: Mapping[str, Any], key: str, *, is_secret: bool = False) -> HeldText:
    return HeldText(key, text_in(holder, key), line_of(holder, key), lines_within(holder, key), is_secret)


def _encoded(data: Mapping[str, Any]) -> Iterator[HeldText]:
    """What a Secret has in base64; what is not base64 of a text in UTF-8 is not given."""
    for key in data:
        try:
            text = b64decode("".join(text_in(data, key).split()), validate=True).decode("utf-8-sig")
        except ValueError:
            continue
        line = line_of(data, key)
        yield HeldText(key, text, line, _always(line), is_secret=True)


def _always(line: int) -> LineOf:
    return lambda _: line
