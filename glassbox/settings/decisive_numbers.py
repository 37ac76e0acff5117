"""The numbers of the settings that say where alerts begin, found by their type: none is known by name."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from glassbox.settings.model import Settings

_SECTIONS = ("thresholds", "gpu")


@dataclass(frozen=True)
class DecisiveNumber:
    """One number and its present value."""

    section: str
    key: str
    value: float

    @property
    def name(self) -> str:
        """Its place in a settings file, such as `thresholds.qps_low`."""
        return f"{self.section}.{self.key}"

    def changed(self, settings: Settings, value: float) -> Settings:
        """The settings with another value of it."""
        return replace(settings, **{self.section: replace(getattr(settings, self.section), **{self.key: value})})


def decisive_numbers(settings: Settings) -> Iterator[DecisiveNumber]:
    """All of them, in the order of the settings."""
    for section in _SECTIONS:
        holder = getattr(settings, section)
        for each in fields(holder):
            value = getattr(holder, each.name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield DecisiveNumber(section, each.name, value)
