"""Numbers with their units, as a sentence about a threshold needs them."""

from __future__ import annotations

# Ids of Grafana's units (@grafana/data valueFormats) and what stands behind the number.
_SUFFIXES = {
    "s": " s", "ms": " ms", "µs": " µs", "m": " min", "h": " h", "d": " d", "percent": "%", "bytes": " B", "decbytes": " B",
    "watt": " W", "celsius": " °C", "reqps": " req/s", "short": "", "none": "",
}  # fmt: skip  # a table


def quantity(number: float, unit: str) -> str:
    """The number with its unit: 2 and "s" give "2 s", 0.9 and "percentunit" give "90%"."""
    if unit == "percentunit":
        return f"{number * 100:g}%"
    kind, _, suffix = unit.partition(":")
    behind = f" {suffix}" if kind == "suffix" else _SUFFIXES.get(unit, f" {unit}" if unit else "")
    return f"{number:g}{behind}"
