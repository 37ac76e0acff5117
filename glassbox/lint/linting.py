"""Judges a corpus by the rules."""

from collections.abc import Iterable

from glassbox.lint.finding import Finding
from glassbox.lint.subjects import Corpus


def judged(corpus: Corpus, *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Finding]:
    """All findings, by location, that no exemption covers; only of the rules in `select`, if there are any, and none of `ignore`."""
    return []
