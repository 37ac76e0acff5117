"""Which series a text speaks of: names, and the labels that tell records of one name from each other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeVar

_REFERENCE = re.compile(r'([A-Za-z_:][\w:]*)(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})?')
_OVER_TIME = re.compile(r"\s*(\[|offset\b|@)")
# Where the series ALERTS and samples of it name an alert.
_ALERT_NAME = re.compile(r'\balertname="(\w+)"')
_EQUAL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Named(Protocol):
    """A rule by its name and a record's own labels."""

    @property
    def name(self) -> str: ...
    @property
    def own_labels(self) -> Mapping[str, str]: ...


R = TypeVar("R", bound=Named)


@dataclass(frozen=True)
class Reference:
    """A word that could be the name of a rule, with the labels that stand behind it with `=`."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def may_be(self, rule: Named) -> bool:
        """Whether the rule's series can be among those that are meant."""
        if self.name != rule.name:
            return False
        own = rule.own_labels
        return all(own.get(label, value) == value for label, value in self.labels)

    def may_be_any(self, rules: Iterable[Named]) -> bool:
        return any(map(self.may_be, rules))


def by_name(rules: Iterable[R]) -> dict[str, list[R]]:
    """The rules by their names, to be asked for by many references."""
    named: dict[str, list[R]] = {}
    for rule in rules:
        named.setdefault(rule.name, []).append(rule)
    return named


def meant(references: Iterable[Reference], named: Mapping[str, Iterable[R]]) -> Iterator[tuple[Reference, R]]:
    """Each reference with each of the rules that it may be; `named` is `by_name`'s."""
    return ((each, rule) for each in references for rule in named.get(each.name, ()) if each.may_be(rule))


@cache
def references(text: str) -> frozenset[Reference]:
    """Everything in an expression, or in the labels of a sample, that could be a rule's series."""
    alerts = (Reference(name) for name in _ALERT_NAME.findall(text))
    return frozenset((*map(_read, _REFERENCE.finditer(text)), *alerts))


def marked(text: str, rules: Iterable[Named], mark: str) -> str:
    """The text with the mark behind each name that may mean one of the rules."""

    def written(found: re.Match[str]) -> str:
        return found[1] + (mark if _read(found).may_be_any(rules) else "") + (found[2] or "")

    def named(found: re.Match[str]) -> str:
        return f'alertname="{found[1]}{mark}"' if Reference(found[1]).may_be_any(rules) else found[0]

    return _ALERT_NAME.sub(named, _REFERENCE.sub(written, text))


def stands_alone(text: str, rule: Named) -> bool:
    """Whether the rule's expression can stand wherever the text means the rule: no window, and no matcher but its own labels."""
    return all(
        (found[2] or "{}") == "{" + ",".join(f'{label}="{value}"' for label, value in _read(found).labels) + "}"
        and dict(_read(found).labels).keys() <= rule.own_labels.keys()
        and not _OVER_TIME.match(text, found.end())
        for found in _REFERENCE.finditer(text)
        if _read(found).may_be(rule)
    )


def in_place(text: str, rule: Named, expr: str, name: str) -> str:
    """The text with the expression wherever it means the rule, under a name and with the rule's own labels."""
    for label, value in {"__name__": name, **rule.own_labels}.items():
        expr = f'label_replace({expr}, "{label}", "{value}", "", "")'

    def written(found: re.Match[str]) -> str:
        return expr if _read(found).may_be(rule) else found[0]

    return _REFERENCE.sub(written, text)


def _read(found: re.Match[str]) -> Reference:
    return Reference(found[1], tuple(_EQUAL.findall(found[2] or "")))
