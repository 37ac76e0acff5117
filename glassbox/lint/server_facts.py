"""What a running Prometheus says of what is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class QueryCost:
    """Of one query as it is asked, an hour of a panel or a moment of a rule: how many lines it gave, how many samples it read, and how long
    it took. `samples` are None where the server does not count them; `refused` is what the server said instead of an answer.
    """

    lines: int = 0
    samples: int | None = None
    seconds: float = 0.0
    refused: str = ""


@dataclass(frozen=True)
class PastFirings:
    """Of one alert over a window: how often it would have fired, for how long in all, and whether that is noisy or flapping."""

    times: int
    seconds: float
    window_seconds: float
    is_noisy: bool


@dataclass(frozen=True)
class ServerFacts:
    """`names` are those of all series of the last hour, and `labels` those of the series of a name that is read.

    `costs` are by the text of the query, and `firings` by the name of the group and the alert; empty without a window.
    """

    names: frozenset[str] = frozenset()
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    costs: Mapping[str, QueryCost] = field(default_factory=dict)
    firings: Mapping[tuple[str, str], PastFirings] = field(default_factory=dict)
