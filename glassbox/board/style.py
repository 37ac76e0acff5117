"""What values look like: Grafana's unit ids, colours by value, lines, and words instead of numbers."""

from dataclasses import dataclass
from typing import Any

from glassbox.metrics.types import Unit

# Stands for the id of the settings' currency, which the compiler puts in.
CURRENCY = "currency"
# Grafana's unit ids (its "Standard options" documentation); `suffix:` prints the text behind the number.
GRAFANA_UNITS = {
    Unit.NONE: "none",
    Unit.FACTOR: "suffix:x",
    Unit.BOOLEAN: "bool",
    Unit.RATIO: "percentunit",
    Unit.PERCENT: "percent",
    Unit.SECONDS: "s",
    Unit.TIMESTAMP_SECONDS: "dateTimeAsIso",
    Unit.BYTES: "bytes",
    Unit.MEBIBYTES: "mbytes",
    Unit.BITS_PER_SECOND: "bps",
    Unit.BYTES_PER_SECOND: "binBps",
    Unit.REQUESTS: "short",
    Unit.REQUESTS_PER_SECOND: "reqps",
    Unit.TOKENS: "short",
    Unit.TOKENS_PER_SECOND: "suffix:tok/s",
    Unit.EVENTS: "short",
    Unit.EVENTS_PER_SECOND: "eps",
    Unit.WATTS: "watt",
    Unit.MILLIJOULES: "none",
    Unit.CELSIUS: "celsius",
    Unit.MEGAHERTZ: "none",
    Unit.JOULES: "joule",
    Unit.HERTZ: "hertz",
    Unit.MONEY: CURRENCY,
    Unit.MONEY_PER_HOUR: CURRENCY,
    Unit.WATT_HOURS: "watth",
    Unit.TOKENS_PER_JOULE: "suffix:tok/J",
    Unit.PAGES_PER_SECOND: "suffix:pages/s",
}

GREEN, RED, NEUTRAL = "green", "red", "blue"
# Grafana's own yellow cannot be read on white; this one can, on both themes.
YELLOW = "#B58900"


@dataclass(frozen=True)
class Steps:
    """Colours by value: `base` below the first bound, then each colour from its bound on, bounds ascending."""

    base: str
    above: tuple[tuple[float, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        steps = [
            {"color": self.base, "value": None},
            *({"color": color, "value": value} for value, color in self.above),
        ]
        return {"mode": "absolute", "steps": steps}


PLAIN = Steps(NEUTRAL)


@dataclass(frozen=True)
class Line:
    """How all lines of one query look; without a colour each takes the next one of Grafana's palette."""

    color: str = ""
    dashed: bool = False

    def to_json(self) -> list[dict[str, Any]]:
        color = {"color": {"fixedColor": self.color, "mode": "fixed"}} if self.color else {}
        dashes = {"custom.lineStyle": {"dash": [10, 10], "fill": "dash"}} if self.dashed else {}
        return [{"id": name, "value": value} for name, value in (color | dashes).items()]


# Of one distribution, so that a percentile is recognised on every panel.
PERCENTILES = {
    "average": Line("semi-dark-green", dashed=True),
    "p50": Line("blue"),
    "p90": Line("purple"),
    "p95": Line("orange"),
    "p99": Line("dark-red"),
}

# What is measured against, and what must not be crossed.
REFERENCE, LIMIT = Line(dashed=True), Line(RED, dashed=True)


@dataclass(frozen=True)
class Words:
    """Values shown as a word on a colour."""

    words: tuple[tuple[int, str, str], ...]

    def to_json(self) -> list[dict[str, Any]]:
        options = {
            str(value): {"text": text, "color": color, "index": index}
            for index, (value, text, color) in enumerate(self.words)
        }
        return [{"type": "value", "options": options}]


UP_DOWN = Words(((1, "UP", GREEN), (0, "DOWN", RED)))
