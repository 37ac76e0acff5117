"""Queries of Grafana as PromQL: what stands for its variables until it fills them in."""

import re
from collections.abc import Iterator

# Grafana writes variables as $x, ${x} or ${x:format}, and in old dashboards as [[x]]. Its \w is ASCII, as in JavaScript.
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\w+|\[\[[^\]]*\]\]", re.ASCII)
_NAMED = re.compile(r"\$(\w+)|\$\{(\w+)(?:[.:\[][^}]*)?\}|\[\[(\w+)(?::\w+)?\]\]", re.ASCII)
_OLD_VARIABLE = re.compile(r"\[\[([^\]\[]*)\]\]")
_NUMBER = re.compile(r"\$(?:__(?:\w+_m?s|from|to)(?!\w)|\{__(?:\w+_m?s|from|to)(?::[^}]*)?\})", re.ASCII)
_RANGE = re.compile(r"\[([^\]]*)\]")
# Between a window and a step; a variable may have a colon of its own, before its format.
_STEP = re.compile(r":(?![^{}]*\})")
_OFFSET = re.compile(r"(?<=\boffset )\s*-?(?:\$\{[^}]*\}|\$\w+)", re.ASCII)
TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*")
"""Texts and comments, in which nothing is a variable of a query's own."""
_STANDS_FOR_ONE = "a_variable"

DURATIONS = {
    "$__rate_interval": ("5m17ms", 300.017),
    "$__interval": ("5m13ms", 300.013),
    "$__range": ("5m11ms", 300.011),
    "$": ("5m7ms", 300.007),
}
"""What stands for Grafana's durations, and for one of any other variable ("$"), as text and in seconds: lengths that nobody writes."""


def plain(text: str, *, stands_for_one: str = _STANDS_FOR_ONE) -> str:
    """The query as PromQL: durations and numbers for Grafana's variables, and a name outside of texts for those that may be one."""
    outside = (
        _VARIABLE.sub(stands_for_one, _with_lengths(part)) if _may_name_one(part) else part
        for part in outside_of_texts(text)
    )
    return "".join(part + held for part, held in zip(outside, [*TEXT.findall(text), ""], strict=True))


def outside_of_texts(query: str) -> list[str]:
    """The parts of a query between its texts and comments."""
    return TEXT.split(query)


def _with_lengths(part: str) -> str:
    """The part of a query with durations and numbers for variables that can only be one."""
    part = _RANGE.sub(lambda found: f"[{_durations(found[1])}]", _OLD_VARIABLE.sub(r"${\1}", part))
    return _NUMBER.sub("1", _OFFSET.sub("5m", part))


def variables_shape(text: str) -> bool:
    """Whether a variable decides how the query is built: one outside of texts that is neither a duration nor a number."""
    return any(_may_name_one(part) and _VARIABLE.search(_with_lengths(part)) for part in outside_of_texts(text))


def _durations(text: str) -> str:
    """What stands within brackets, with one duration for all that a variable has a part in."""
    return ":".join(_duration(each) if _VARIABLE.search(each) else each for each in _STEP.split(text))


def _duration(text: str) -> str:
    """The duration that stands for a variable, alone or with a unit after it."""
    found = (name for name in DURATIONS if text.strip() in (name, f"${{{name[1:]}}}"))
    return DURATIONS[next(found, "$")][0]


def is_of_a_variable(name: str) -> bool:
    """Whether a variable decides the name, in whole or in part."""
    return _STANDS_FOR_ONE in name or (_may_name_one(name) and bool(_VARIABLE.search(name)))


def variables_named(text: str) -> Iterator[str]:
    """The names of variables in a text, in which Grafana looks for them: `variableRegex` of its public/app/features/variables/utils.ts."""
    if _may_name_one(text):
        yield from (next(filter(None, found.groups())) for found in _NAMED.finditer(text))


def _may_name_one(text: str) -> bool:
    """Whether it has what every variable begins with: most texts do not, and looking for it is faster than a pattern."""
    return "$" in text or "[[" in text
