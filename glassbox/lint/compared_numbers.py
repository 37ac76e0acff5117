"""What a query compares with a number, and the values for which that holds."""

import re
from dataclasses import dataclass
from math import inf, nextafter

from glassbox.lint.result_bounds import Bounds
from glassbox.syntax.grafana_variables import is_of_a_variable, outside_of_texts
from glassbox.syntax.tree import COMPARISONS, BinaryNode, Node, NumberNode

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_RANGES = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class ComparedNumber:
    """What is compared with a number, and how."""

    of: Node
    operator: str
    number: float

    def __str__(self) -> str:
        return f"{self.operator} {self.number:g}"

    @property
    def range(self) -> Bounds:
        """The values for which it holds; those of != have no ends."""
        match self.operator:
            case ">":
                return Bounds(low=nextafter(self.number, inf))
            case ">=":
                return Bounds(low=self.number)
            case "<":
                return Bounds(high=nextafter(self.number, -inf))
            case "<=":
                return Bounds(high=self.number)
        return Bounds(self.number, self.number) if self.operator == "==" else Bounds()


def compared_number(node: Node | None) -> ComparedNumber | None:
    """The comparison that a query is, where one side of it is a number."""
    if not isinstance(node, BinaryNode) or node.operator not in COMPARISONS:
        return None
    if isinstance(node.right, NumberNode):
        return ComparedNumber(node.left, node.operator, node.right.value)
    mirrored = _MIRRORED.get(node.operator, node.operator)
    return ComparedNumber(node.right, mirrored, node.left.value) if isinstance(node.left, NumberNode) else None


def varies(query: str) -> bool:
    """Whether a variable stands for more than a text or a window."""
    return any(map(is_of_a_variable, (_RANGES.sub("", part) for part in outside_of_texts(query))))
