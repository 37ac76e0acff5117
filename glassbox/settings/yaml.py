"""YAML read more strictly than it is defined: keys are text, none occurs twice, numbers fit a float, and text can be written."""

import math
import re
from pathlib import Path
from typing import Any

import yaml

from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.settings.messages import shown

# `<<` takes keys over from an anchor.
_KEY_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
# An integer of more bits may be larger than any float.
_LONGEST_INTEGER_BITS = 1023
# JSON writes one character as two of these; in YAML each stands alone, and no file can hold it.
_HALVES = re.compile("[\ud800-\udfff]")
_MOST_VALUES = 100_000
"""With what each `*name` repeats: a few lines can stand for billions of values."""


class _RefusedError(GlassboxError):
    """Valid YAML that is not accepted; the text is `, line 3: why`, which lacks the file's name."""

    def __init__(self, node: Any, why: str) -> None:
        super().__init__(f", line {node.start_mark.line + 1}: {why}")


class _Loader(yaml.SafeLoader):
    """YAML lets the last of two equal keys win, and `*name` repeat without end; here both are errors."""

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        if node is not None and _size(node, {}) > _MOST_VALUES:
            raise _RefusedError(node, f"`*` repeats more than {_MOST_VALUES} values: write out what you need")
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.tag not in _KEY_TAGS:
                name = f"the key {shown(key.value)}" if isinstance(key.value, str) else "this key"
                raise _RefusedError(key, f"{name} must be text: write it in quotes")
            if key.value in seen:
                raise _RefusedError(key, f"the key {shown(key.value)} occurs twice: keep one")
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        value = super().construct_object(node, deep)
        if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
            raise _RefusedError(node, "this number is too large: write a smaller one")
        if isinstance(value, str) and _HALVES.search(value):
            raise _RefusedError(
                node, "this text holds half of a character, such as \\ud83d: write the character itself"
            )
        return value


def _size(node: Any, known: dict[int, float]) -> float:
    """How many values the node stands for; infinite if it contains itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = math.inf
        inner = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
        known[id(node)] = 1 + sum(_size(part, known) for part in inner)
    return known[id(node)]


def read_settings(path: Path) -> Any:
    """What the file holds; raises GlassboxError where it cannot be read or is not such YAML."""
    try:
        return yaml.load(content_of(path).decode(), _Loader)
    except _RefusedError as refused:
        raise GlassboxError(f"Settings file {path}{refused}.") from None
    except OSError as error:
        raise GlassboxError(f"Settings file {path} cannot be read ({error.strerror}): name one that can.") from None
    except UnicodeDecodeError:
        raise GlassboxError(f"Settings file {path} is not in UTF-8: save it in that encoding.") from None
    # PyYAML raises lookup and attribute errors where a value does not fit the tag before it, as in `!!bool maybe`.
    except (ValueError, LookupError, AttributeError, RecursionError, yaml.YAMLError) as error:
        place, said = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = f" at line {place.line + 1}" if place else ""
        why = f" ({said})" if isinstance(said, str) else ""
        raise GlassboxError(f"Settings file {path} is not valid YAML{line}{why}: correct its syntax.") from None
