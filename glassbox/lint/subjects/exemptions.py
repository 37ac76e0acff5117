"""What is exempt from rules."""

from dataclasses import dataclass

from glassbox.lint.finding import Location


@dataclass(frozen=True)
class Exemption:
    """A rule that an object and all its parts are exempt from, by its id, and why.

    `location` is where the exemption stands; its `object` is that of the exempt object, and empty where the whole file is exempt.
    One of an ignore file `stands` there, and has the exempt file as its `location`.
    """

    rule: str
    reason: str
    location: Location
    stands: Location | None = None

    @property
    def written_at(self) -> Location:
        """Where somebody would change it."""
        return self.stands or self.location
