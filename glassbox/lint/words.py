"""Words of findings."""

from collections.abc import Iterable

from glassbox.syntax.tree import SeriesNode

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """A duration as Prometheus writes it: 90 s are "1m30s"."""
    rest, text = round(seconds * 1000), ""
    for unit, length in _UNITS:
        count, rest = divmod(rest, length * 1000)
        text += f"{count}{unit}" if count else ""
    return text + (f"{rest}ms" if rest else "") or "0s"


def counted(number: int, thing: str) -> str:
    """As "1 error" or "2 errors"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence; "nothing" where there are none."""
    return ", ".join(names) or "nothing"


def named(series: SeriesNode) -> str:
    """A selector in a sentence."""
    return series.name or "a selector without a name"
