"""An organisation of a Grafana."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Organisation:
    """`number` is Grafana's id, which stays when people rename it; 0 where it is not known."""

    number: int
    name: str

    def is_same_as(self, other: Organisation) -> bool:
        """Whether the two are one organisation: by their numbers, or by their names where a number is not known."""
        if self.number and other.number:
            return self.number == other.number
        return self.name == other.name
