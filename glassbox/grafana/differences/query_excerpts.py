"""Two states of a query in one line: short ones whole, and of long ones the part that differs with a few characters around it."""

_LONGEST = 60
"""Characters of a query that is shown whole, and of a part that is."""
_AROUND = 15
"""Characters before and behind what differs; the word that differs is shown whole besides."""
_CUT = "..."


def both_states(before: str, after: str) -> str:
    """As "sum(a) -> max(a)", or "...(rate(a[5m]))... -> ...(rate(a[10m]))..."; empty where they differ in spaces alone."""
    old, new = (" ".join(text.split()) for text in (before, after))
    if old == new:
        return ""
    if max(len(old), len(new)) > _LONGEST:
        start, end = _differing(old, new)
        old, new = (_excerpt(text, start, len(text) - end) for text in (old, new))
    return f"{old or 'nothing'} -> {new or 'nothing'}"


def _differing(old: str, new: str) -> tuple[int, int]:
    """How many characters both begin with, and how many they end with behind these."""
    start = _alike(old, new)
    return start, _alike(old[start:][::-1], new[start:][::-1])


def _alike(old: str, new: str) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _excerpt(text: str, start: int, stop: int) -> str:
    """From `start` to `stop`, widened to whole words and by what stands around; cut in its middle where it is long."""
    while start and _in_word(text[start - 1]):
        start -= 1
    while stop < len(text) and _in_word(text[stop]):
        stop += 1
    start, stop = max(0, start - _AROUND), min(len(text), stop + _AROUND)
    part = text[start:stop]
    if len(part) > 2 * _LONGEST:
        part = f"{part[:_LONGEST]} {_CUT} {part[-_LONGEST:]}"
    return f"{_CUT if start else ''}{part}{_CUT if stop < len(text) else ''}"


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign in "_:."
