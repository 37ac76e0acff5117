"""Money on panels, printed in the currency of the settings."""

from collections.abc import Iterator

from glassbox.board.style import CURRENCY
from glassbox.compile.bundle import Json

# Grafana names its units after ISO codes but has none for this one; `currency:` takes any sign. Both are from its
# `packages/grafana-data/src/valueFormats` (categories.ts, valueFormats.ts).
_BY_SIGN = {"CNY": "currency:¥"}


def print_in(currency: str, board: Json) -> None:
    """Put Grafana's unit for the currency, an ISO 4217 code, wherever the board's panels show money."""
    for holder, key in _units(board):
        if holder[key] == CURRENCY:
            holder[key] = _BY_SIGN.get(currency, f"currency{currency}")


def _units(board: Json) -> Iterator[tuple[Json, str]]:
    """Where the panels and the columns of tables say their unit."""
    for panel in board["panels"]:
        config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        if "unit" in config["defaults"]:
            yield config["defaults"], "unit"
        for override in config["overrides"]:
            yield from ((each, "value") for each in override["properties"] if each["id"] == "unit")
