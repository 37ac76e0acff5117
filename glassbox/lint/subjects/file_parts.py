"""What files hold besides dashboards, rules and routes."""

from dataclasses import dataclass

from glassbox.lint.finding import Location


@dataclass(frozen=True)
class OpenPort:
    """A port of an install file that every network reaches: of which service, and as it is written."""

    service: str
    port: int
    written: str
    location: Location


@dataclass(frozen=True)
class TextFlaw:
    """What is wrong with a text of JSON or YAML that some programs read all the same: a key that is there twice, or NaN."""

    what: str
    is_key: bool
    location: Location


@dataclass(frozen=True)
class LooseText:
    """A text that no other subject holds, such as a setting, in which only secrets are looked for."""

    text: str
    location: Location
