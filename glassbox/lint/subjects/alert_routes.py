"""What Alertmanager does with alerts: whom it notifies, and what it mutes."""

from dataclasses import dataclass

from glassbox.lint.finding import Location


@dataclass(frozen=True)
class Inhibition:
    """Alertmanager mutes what matches `target` while something that matches `source` fires, both with equal values of `equal`.

    Matchers are those of Alertmanager, as label, operator (= != =~ !~) and value.
    """

    source: tuple[tuple[str, str, str], ...]
    target: tuple[tuple[str, str, str], ...]
    equal: tuple[str, ...]
    location: Location


@dataclass(frozen=True)
class NotificationRoute:
    """A route of Alertmanager: what it matches, as in Inhibition, and who receives it; the matchers of its parents are among them.

    `is_first` marks the one that all alerts begin at. `notifies` is False where its receiver is known to notify nobody.
    """

    matchers: tuple[tuple[str, str, str], ...]
    receiver: str
    location: Location
    is_first: bool = False
    notifies: bool = True
