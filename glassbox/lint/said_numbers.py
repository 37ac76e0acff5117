"""Times and limits that the texts of alerts name in words, such as "for 5 minutes" and "above 90%"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_LENGTH = r"(?P<number>\d+)[ -]?(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhdw])\b"
_MORE_THAN = r"(?:more than |longer than |at least |over |> ?|>= ?)"
# A text also says for how long somebody should wait, or something is kept.
_TIME = re.compile(
    rf"(?<!wait )(?<!waits )(?<!kept )(?<!retained )(?<!stored )(?<!valid )\bfor (?:the (?:last|past) )?{_MORE_THAN}?{_LENGTH}"
    rf"|\b(?:in|over|within|during) the (?:last|past|previous) {_LENGTH.replace('number', 'number_').replace('unit', 'unit_')}"
    r"|(?:超过|持续|连续) ?(?P<chinese>\d+) ?(?P<unit_of_chinese>秒|分钟|小时|天)",
    re.IGNORECASE,
)
# Chinese says it the other way round: in five minutes nothing.
_SILENCE = re.compile(
    r"(?:\b(?:no|not|nothing|never|without|zero)\b|n't\b)(?:(?![.!?;] )[^\n]){0,80}?"
    rf"\b(?:for|in|within|over|during) (?:the )?(?:last |past |previous )?{_MORE_THAN}?{_LENGTH}"
    r"|(?<!\d)(?P<chinese>\d+) ?(?P<unit_of_chinese>秒|分钟|小时|天)(?:内|以上)?[^。，；\n]{0,6}(?:没有|未|无)",
    re.IGNORECASE,
)
_LASTING = ("持续", "连续", "continuously", "constantly", "consistently")
_UNITS_OF_CHINESE = {"秒": "s", "分钟": "m", "小时": "h", "天": "d"}
_PAST = re.compile(r"\b(?:last|past|previous)\b", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?P<relation>(?<![\w$-])(?:above|over|below|under|less than|more than|exceed(?:s|ed|ing)?|greater than|higher than|lower than|fewer than)"
    r"(?: (?:the )?threshold of)? |(?<![\w$=-])(?:>=?|<=?) ?|\bthreshold(?: is|:|=)? ?\(?(?=\d)|(?:大于|超过|高于|低于|小于) ?)"
    r"(?P<number>\d[\d,_]*(?:\.\d+)?)(?![\d:]| ?(?:秒|分|小时|天|周)) ?(?P<unit>%|[A-Za-zµ]+)?",
    re.IGNORECASE,
)
_ABOVE = re.compile(r"above|over|more|exceed|greater|higher|>|大于|超过|高于", re.IGNORECASE)
_BELOW = re.compile(r"below|under|less|lower|fewer|<|低于|小于", re.IGNORECASE)
_OF_TIME = re.compile(r"(?:s|m|h|d|w|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)")


@dataclass(frozen=True)
class SaidNumber:
    """A number of a text: the words around it, and its value, of a time in seconds. `is_past` marks a time over which something was measured, and `is_percent` a share of 100.

    `is_lasting` says that it is so all the time.
    `side` is ">" or "<" where a value is said to be above or below it, and empty where that is not said.
    """

    words: str
    value: float
    number: float
    is_past: bool = False
    is_percent: bool = False
    is_lasting: bool = False
    side: str = ""


def times_said(text: str) -> Iterator[SaidNumber]:
    """For how long something is so, and over which time it was measured; what a template fills in says none."""
    for found in _TIME.finditer(said := _ACTION.sub("\0", text)):
        number = float(found["number"] or found["number_"] or found["chinese"])
        unit = _UNITS_OF_CHINESE.get(found["unit_of_chinese"]) or (found["unit"] or found["unit_"])[0].lower()
        lasting = found[0].startswith(_LASTING) or said[: found.start()].rstrip().lower().endswith(_LASTING)
        past = bool(_PAST.search(found[0]))
        yield SaidNumber(found[0], number * _SECONDS[unit], number, is_past=past, is_lasting=lasting)


def silences_said(text: str) -> Iterator[SaidNumber]:
    """For how long something is said not to have happened."""
    for found in _SILENCE.finditer(_ACTION.sub("\0", text)):
        number = float(found["number"] or found["chinese"])
        unit = _UNITS_OF_CHINESE.get(found["unit_of_chinese"]) or found["unit"][0].lower()
        yield SaidNumber(found[0].replace("\0", "..."), number * _SECONDS[unit], number)


def limits_said(text: str) -> Iterator[SaidNumber]:
    """What a value is said to be above or below, times left out; what a template fills in says none."""
    for found in _LIMIT.finditer(_ACTION.sub("\0", text)):
        if not _OF_TIME.fullmatch(found["unit"] or ""):
            number = float(found["number"].replace(",", "").replace("_", ""))
            words = found[0].strip()
            yield SaidNumber(words, number, number, is_percent=found["unit"] == "%", side=_side(found["relation"]))


def _side(relation: str) -> str:
    return ">" if _ABOVE.search(relation) else "<" if _BELOW.search(relation) else ""
