"""The address of the board that an alert leads to, at the time of one firing."""

import re
from collections.abc import Mapping
from urllib.parse import quote

# What is shown before and after a firing.
MARGIN_SECONDS = 900
# As `glassbox.compile.links` writes it: what stands between the two is only there where the alert has the label.
_NARROWED = re.compile(r"\{\{ with \$labels\.(\w+) \}\}(.*?)\{\{ \. \| urlquery \}\}\{\{ end \}\}")


def board_address(template: str, labels: Mapping[str, str], started: int, ended: int) -> str:
    """The address with the alert's labels and the time in it; empty where there is none, or where it cannot be filled in here."""
    filled = _NARROWED.sub(lambda found: _part(found[2], labels.get(found[1], "")), template)
    if not filled or "{{" in filled:
        return ""
    sign = "&" if "?" in filled else "?"
    return f"{filled}{sign}from={(started - MARGIN_SECONDS) * 1000}&to={(ended + MARGIN_SECONDS) * 1000}"


def _part(before: str, value: str) -> str:
    return f"{before}{quote(value, safe='')}" if value else ""
