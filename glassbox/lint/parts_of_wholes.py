"""Which quotients are a part of a whole, so that they are between 0 and 1, by the names of the two."""

import re

from glassbox.syntax.tree import AggregateNode, BinaryNode, SeriesNode

# A limit or a quota is no whole: more may be used than it is.
_PART = re.compile(
    r"(?:^|_)(?:used|usage|free|avail|available|in_use|reserved|Mem(?:Available|Free)|SwapFree)(?=_|$)", re.IGNORECASE
)
_WHOLE = re.compile(r"(?:^|_)(?:size|total|capacity|MemTotal|SwapTotal)(?=_|$)", re.IGNORECASE)


def is_part_of_whole(node: BinaryNode) -> bool:
    """Whether a gauge of a part is divided by that of the whole, chosen alike: both as they are, or both added up alike."""
    part, whole = node.left, node.right
    if isinstance(part, AggregateNode) and isinstance(whole, AggregateNode):
        if part.operator != "sum" or not part.is_like(whole):
            return False
        part, whole = part.of, whole.of
    if not isinstance(part, SeriesNode) or not isinstance(whole, SeriesNode):
        return False
    return (
        not part.window
        and not whole.window
        and part.matchers == whole.matchers
        and _are_named_so(part.name, whole.name)
    )


def _are_named_so(part: str, whole: str) -> bool:
    """Whether the two have one name but for the word that says which of both it is."""
    without = _PART.sub("", part, count=1), _WHOLE.sub("", whole, count=1)
    return without[0] != part and without[1] != whole and without[0] == without[1]
