"""Which quotients are a part of a whole, so that they are between 0 and 1, by the names of the two."""

import re

from glassbox.syntax.tree import AggregateNode, BinaryNode, Node, SeriesNode

# A limit or a quota is no whole: more may be used than it is.
_PART = re.compile(
    r"(?:^|_)(?:used|usage|free|avail|available|in_use|reserved|Mem(?:Available|Free)|SwapFree)(?=_|$)", re.IGNORECASE
)
_WHOLE = re.compile(r"(?:^|_)(?:size|total|capacity|MemTotal|SwapTotal)(?=_|$)", re.IGNORECASE)


def is_part_of_whole(node: BinaryNode) -> bool:
    """Whether a gauge of a part is divided by that of the whole, chosen alike: both as they are, or both added up alike."""
    part, whole = node.left, node.right
    if isinstance(part, AggregateNode) and isinstance(whole, AggregateNode):
        alike = (part.operator, part.labels, part.without) == (whole.operator, whole.labels, whole.without)
        if part.operator != "sum" or not alike:
            return False
        part, whole = part.of, whole.of
    return _is_gauge(part) and _is_gauge(whole) and _are_alike(part, whole)


def _is_gauge(node: Node) -> bool:
    return isinstance(node, SeriesNode) and not node.window


def _are_alike(part: Node, whole: Node) -> bool:
    """Whether the two have one name but for the word that says which of both it is, and the same matchers."""
    if not isinstance(part, SeriesNode) or not isinstance(whole, SeriesNode):
        return False
    without = _PART.sub("", part.name, count=1), _WHOLE.sub("", whole.name, count=1)
    named = without[0] != part.name and without[1] != whole.name
    return named and without[0] == without[1] and part.matchers == whole.matchers
