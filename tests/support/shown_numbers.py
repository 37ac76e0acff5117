"""Numbers as a page shows them, back in the units in which Prometheus has them."""

import re
from decimal import Decimal

# Suffixes of Grafana's units, as factors.
FACTORS = {
    "%": 0.01,
    "ns": 1e-9,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "min": 60,
    "mins": 60,
    "hour": 3600,
    "hours": 3600,
    "day": 86_400,
    "days": 86_400,
    "B": 1,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
    "K": 1e3,
    "Mil": 1e6,
    "W": 1,
    "kW": 1e3,
    "°C": 1,
}


def shown_number(text: str) -> tuple[float, float]:
    """The value and the half of its last shown digit; raises ValueError where there is no number."""
    found = re.search(r"(-?\d+(?:\.\d+)?)\s*([%°µA-Za-z]*)", text)
    if found is None:
        raise ValueError(text)
    digits, unit = found.groups()
    factor = FACTORS.get(unit, 1)
    exponent = int(Decimal(digits).as_tuple().exponent)
    return float(digits) * factor, 0.5 * 10.0**exponent * factor


def same(text: str, value: float) -> bool:
    """Whether a shown number is this value, rounded."""
    shown, half = shown_number(text)
    return abs(shown - value) <= half * 1.0001 + abs(value) * 1e-9
