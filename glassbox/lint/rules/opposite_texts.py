"""Texts that call what is used free, and what is sent received, or the other way round."""

import re
from collections.abc import Iterator
from itertools import compress

from glassbox.lint.compared_numbers import compared_number
from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import AggregateNode, BinaryNode, Node, NumberNode, SeriesNode, is_scalar

_TEXTS = ("summary", "description", "message", "title")
_VALUE = r"\{\{(?=[^{}]*\$value\b)[^{}]*+\}\}"
_OF_WHAT = r"(?: ?(?:%|percent))?(?: of (?!available|free|used)(?:[\w-]+ ){1,3}| )(?:is |are |still )?"
# What a text says that the value is, as in "only 5% of memory remains" and "usage is at 95%".
_SAYS = {
    "free": re.compile(
        rf"{_VALUE}{_OF_WHAT}(?:remain(?:s|ing)?|left|free|available)\b|(?:剩余|空闲)[^{{}}。，,.\n]{{0,10}}{_VALUE}",
        re.IGNORECASE,
    ),
    "used": re.compile(
        rf"{_VALUE}{_OF_WHAT}(?:used|full|in use)\b|\b(?:usage|used|utili[sz]ation)(?: is| at|:)*[ (]*{_VALUE}|使用率[^{{}}。，,.\n]{{0,6}}{_VALUE}",
        re.IGNORECASE,
    ),
}
_NAMED = {
    "free": re.compile(r"(?<!un)(?:free|avail)", re.IGNORECASE),
    "used": re.compile(r"used|usage", re.IGNORECASE),
}
_OPPOSITE = {"free": "used", "used": "free"}
# When there is too much of what is used, and too little of what is free.
_WORSE = {"used": (">", ">="), "free": ("<", "<=")}


@lint_rule(
    "used-as-free",
    Severity.WARNING,
    title="The text of an alert says that what is used is left, or that what is left is used",
    why="Whoever is called reads that 95% are free when 5% are.",
    fix="Say what the value is, or compute what the text says.",
    bad=as_alert("1 - free_bytes / size_bytes > 0.9", annotations={"summary": "Only {{ $value }} of the disk is left"}),
    good=as_alert("free_bytes / size_bytes < 0.1", annotations={"summary": "Only {{ $value }} of the disk is left"}),
)
def used_as_free(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus that compare a share, whose parts are called free, available or used."""
    for alert in (each for each in corpus.alerts if not each.is_grafana):
        compared = compared_number(alert.query.tree)
        share = _share(compared.of) if compared else ""
        if compared is None or not share or compared.operator not in _WORSE[share]:
            continue
        for name, text in alert.annotations.items():
            if _SAYS[_OPPOSITE[share]].search(text) and not _SAYS[share].search(text):
                message = f"The value is the share that is {share}, and the annotation {name!r} says that it is {_OPPOSITE[share]}."
                yield in_query(alert.query, message)


def _share(node: Node) -> str:
    """Whether this is a share of what is free or used; empty where that is not known."""
    node = _unscaled(node)
    match node:
        case BinaryNode(operator="-", left=NumberNode(1 | 100), right=rest):
            return _OPPOSITE.get(_share(rest), "")
        case BinaryNode(operator="/", left=above, right=below):
            part = _unscaled(above)
            if isinstance(part, BinaryNode) and part.operator == "-" and _unscaled(part.left) == _unscaled(below):
                return _OPPOSITE.get(_part(part.right), "")
            return _part(part)
        case SeriesNode(name=name) if name.endswith(("_pct", "_percent", "_ratio")):
            return _part(node)
    return ""


def _unscaled(node: Node) -> Node:
    while True:
        if isinstance(node, AggregateNode) and node.operator in ("sum", "avg", "max", "min"):
            node = node.of
        elif isinstance(node, BinaryNode) and node.operator in ("*", "/") and is_scalar(node.right):
            node = node.left
        elif isinstance(node, BinaryNode) and node.operator == "*" and is_scalar(node.left):
            node = node.right
        else:
            return node


def _part(node: Node) -> str:
    """What the name of a series says; empty where it says nothing or both, and for all else."""
    node = _unscaled(node)
    kinds = [kind for kind, named in _NAMED.items() if isinstance(node, SeriesNode) and named.search(node.name)]
    return kinds[0] if len(kinds) == 1 else ""


_NETWORK = re.compile(
    r"(?:node_network|container_network|windows_net_\w+?)_(?:(?P<received>receive|received)|(?P<sent>transmit|sent))_\w+"
)
_WORDS = {
    "received": re.compile(
        r"\brx\b|\breceiv\w+|\bincoming\b|\binbound\b|\bingress\b|入网|流入|接收|入站|входящ", re.IGNORECASE
    ),
    "sent": re.compile(
        r"\btx\b|\btransmi\w+|\bsent\b|\boutgoing\b|\boutbound\b|\begress\b|出网|流出|发送|出站|исходящ", re.IGNORECASE
    ),
}
_OTHER = {"received": "sent", "sent": "received"}
_BEFORE_THE_VALUE = {
    kind: re.compile(rf"(?:{word.pattern})[^{{}}.。\n]{{0,12}}{_VALUE}", re.IGNORECASE) for kind, word in _WORDS.items()
}


@lint_rule(
    "wrong-direction",
    Severity.WARNING,
    title="A text that calls what is sent received, or the other way round",
    why="Whoever reads it looks for who sends much, where somebody receives much: a query was copied, and only one of the two changed.",
    fix="Correct the text, or read the other metric.",
    bad=as_alert("rate(node_network_transmit_bytes_total[5m]) > 1e8", annotations={"summary": "RX is high"}),
    good=as_alert("rate(node_network_receive_bytes_total[5m]) > 1e8", annotations={"summary": "RX is high"}),
)
def wrong_direction(corpus: Corpus) -> Iterator[Defect]:
    """Of node_exporter, cAdvisor and windows_exporter, where all that a query reads is of one direction: in texts of alerts, titles of panels and legends that name the other alone, or before the value."""
    for alert in corpus.alerts:
        texts = [text for name, text in alert.annotations.items() if name.lower() in _TEXTS]
        yield from _of_other_direction(alert.query, " ".join((alert.name, *texts)))
    for panel in corpus.panels:
        directions = [_direction(query) for query in panel.queries]
        for query in compress(panel.queries, directions):
            alone = query.legend if _says_either(query.legend) else ""
            yield from _of_other_direction(query, alone or (panel.title if len(set(directions)) == 1 else ""))


def _of_other_direction(query: Query, text: str) -> Iterator[Defect]:
    if direction := _direction(query):
        other = _OTHER[direction]
        said = _WORDS[other].search(text)
        if said and (not _WORDS[direction].search(text) or _BEFORE_THE_VALUE[other].search(text)):
            yield in_query(query, f"The bytes or packets are {direction}, and the text says {said[0]!r}.")


def _says_either(text: str) -> bool:
    return any(word.search(text) for word in _WORDS.values())


def _direction(query: Query) -> str:
    """The one direction of which all series are; empty where there are both, or others."""
    found = [_NETWORK.fullmatch(each.name) for each in query.series]
    kinds = {kind for each in found if each for kind, value in each.groupdict().items() if value}
    return kinds.pop() if all(found) and len(kinds) == 1 else ""


RULES = (used_as_free, wrong_direction)
