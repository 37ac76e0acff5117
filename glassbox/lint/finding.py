"""A finding is data: which rule found what, where, how bad it is and how it is corrected. Reports print it."""

from dataclasses import dataclass
from enum import Enum

PAGE = "docs/lint-rules.md"
"""Where rules are explained, in the repository of Glassbox."""
_ON_OTHER_PAGES = {"unreadable": "docs/lint.md#what-is-read", "unneeded-exemption": "docs/lint.md#choosing-rules"}


class Severity(Enum):
    """ERROR cannot work as it is meant, WARNING works and misleads or breaks easily, INFO is a matter of style or cost."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Location:
    """Where something is declared. `line` counts from 1, and is 0 where it is not known.

    `object` names it in words, from the outside in: "LLM serving / Time to first token / query A".
    """

    file: str
    line: int = 0
    object: str = ""

    def covers(self, other: "Location") -> bool:
        """Whether the other is that of this object or of a part of it."""
        parts = not self.object or other.object == self.object or other.object.startswith(f"{self.object} / ")
        return parts and self.file == other.file

    def within(self, name: str) -> "Location":
        """The location of a part of the object that has no line of its own."""
        return Location(self.file, self.line, f"{self.object} / {name}" if self.object else name)


@dataclass(frozen=True)
class Repair:
    """A value of a file as it should be, where that is certain: the line and the name of its key, what it is, and which part of it is wrong.

    Where `part` is within a longer word, it is not meant.
    """

    line: int
    key: str
    old: str
    new: str
    part: str
    instead: str


@dataclass(frozen=True)
class Finding:
    """One thing to correct. `rule` is the id of the rule; `message` says what is wrong and `fix` what to do, each in a sentence.

    `query` is the query as it is written, and `span` the part of it that is meant: offsets of its first character and of the one
    after its last. Both are empty where a finding is not about a query, or the part is not known. `repairs` are what corrects it in its
    file, where that is certain.
    """

    rule: str
    severity: Severity
    location: Location
    message: str
    fix: str
    query: str = ""
    span: tuple[int, int] | None = None
    repairs: tuple[Repair, ...] = ()

    @property
    def page(self) -> str:
        """The place in the documents of Glassbox where its rule is explained."""
        return _ON_OTHER_PAGES.get(self.rule, f"{PAGE}#{self.rule}")
