"""A selector of series: what it may be narrowed by is known before Prometheus sees it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from glassbox.errors import GlassboxError
from glassbox.metrics.types import Kind, Unit
from glassbox.query.reporters import Reporters

if TYPE_CHECKING:
    from glassbox.query.expr import Expr

# Of Go's syntax; a variable of Grafana, which may become a pattern, begins with one.
_SIGN_OF_A_PATTERN = re.compile(r"[.^$*+?()\[\]{}|\\]")


class QueryError(GlassboxError):
    """A query that cannot mean what it says: an unknown label, a rate of a gauge, a bound that is not a bucket."""


@dataclass(frozen=True)
class Level:
    """What recorded series are about, such as a model or a GPU: the first part of their names, which stands for the labels they keep."""

    name: str


class Source(Protocol):
    """Anything with series: a metric of an exporter, or a recorded series, which alone has a level."""

    @property
    def name(self) -> str: ...
    @property
    def former_names(self) -> tuple[str, ...]: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def all_labels(self) -> tuple[str, ...]: ...
    @property
    def histogram_names(self) -> tuple[str, ...]: ...
    @property
    def shared_name(self) -> bool: ...
    @property
    def rule(self) -> "Expr | None": ...
    @property
    def level(self) -> Level | None: ...
    @property
    def only_with(self) -> str: ...
    @property
    def reporters(self) -> Reporters: ...


@dataclass(frozen=True)
class Matcher:
    """One label matcher; `operator` is one of = != =~ !~."""

    operator: str
    value: str


def regex(value: str) -> Matcher:
    """The label matches this (anchored) regular expression; equals it where it is a plain text, which is found faster."""
    return Matcher("=~" if _SIGN_OF_A_PATTERN.search(value) else "=", value)


def not_regex(value: str) -> Matcher:
    """The label does not match this (anchored) regular expression; differs from it where it is a plain text."""
    return Matcher("!~" if _SIGN_OF_A_PATTERN.search(value) else "!=", value)


def differs(value: str) -> Matcher:
    """The label is not this value; `differs("")` means that the series has the label."""
    return Matcher("!=", value)


Matchers = Mapping[str, str | Matcher]


@dataclass(frozen=True)
class Shape:
    """What an expression returns. `labels` may be there on a result, no others can. `scalar` is a plain number.

    `reporters` are the engines of whose models there can be a result; None where it does not depend on them.
    """

    kind: Kind
    unit: Unit
    labels: tuple[str, ...] = ()
    scalar: bool = False
    reporters: Reporters = None


@dataclass(frozen=True)
class Selector:
    """`name{matchers}[window] offset`, the name being empty where a matcher of `__name__` names several; `labels` are those its series may have, `shared_name` says that other software uses the name as well.

    `rule` is the query that records the series, where one does and is known; `level` is that of a recorded series.
    `only_with` names the setting without which it does not exist. `renamed` are labels that its series have under other names:
    ours, and theirs.
    """

    name: str
    labels: tuple[str, ...]
    shared_name: bool
    matchers: tuple[tuple[str, Matcher], ...] = ()
    window: str = ""
    offset: str = ""
    rule: "Expr | None" = None
    level: Level | None = None
    only_with: str = ""
    renamed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        body = ",".join(f"{label}{m.operator}{json.dumps(m.value, ensure_ascii=False)}" for label, m in self.matchers)
        at = (f"[{self.window}]" if self.window else "") + (f" offset {self.offset}" if self.offset else "")
        return self.name + (f"{{{body}}}" if body else "") + at

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the series that it reads: one, unless a matcher names several."""
        return (self.name,) if self.name else tuple(dict(self.matchers)["__name__"].value.split("|"))

    def named(self, label: str) -> str:
        """What its series call a label of ours."""
        return dict(self.renamed).get(label, label)

    def matching(self, matchers: Matchers) -> "Selector":
        """Self with these matchers added; a matcher that is already there stays as it is."""
        for label in matchers:
            if label not in self.labels:
                raise QueryError(f"{self.name} has no label {label!r}; its labels are {', '.join(self.labels)}.")
        added = {label: m if isinstance(m, Matcher) else Matcher("=", m) for label, m in matchers.items()}
        return replace(self, matchers=tuple(sorted((added | dict(self.matchers)).items())))
