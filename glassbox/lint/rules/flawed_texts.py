"""Files that one program reads in another way than the next."""

from collections.abc import Iterator

from glassbox.lint.examples import Example
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.file_parts import TextFlaw

_AT = Location("dashboard.json", 1)
_FINE = Example('{"title": "Serving", "refresh": null}', Corpus())


@lint_rule(
    "duplicate-key",
    Severity.ERROR,
    title="A key that an object has twice",
    why="Prometheus refuses such a file. Of JSON, Grafana keeps one of the two values and forgets the other, whoever edits which.",
    fix="Remove one of them.",
    bad=Example('{"title": "Serving", "title": "Queue"}', Corpus(flaws=(TextFlaw("title", True, _AT),))),
    good=_FINE,
)
def duplicate_key(corpus: Corpus) -> Iterator[Defect]:
    """In JSON and YAML."""
    for flaw in corpus.flaws:
        if flaw.is_key:
            yield Defect(flaw.location, f"The key {flaw.what!r} is there twice in one object.")


@lint_rule(
    "not-a-number",
    Severity.ERROR,
    title="NaN or Infinity in JSON",
    why="JSON has no such numbers: Grafana refuses the whole dashboard, though some programs write and read them.",
    fix="Write null, or leave the field out.",
    bad=Example('{"title": "Serving", "max": NaN}', Corpus(flaws=(TextFlaw("NaN", False, _AT),))),
    good=_FINE,
)
def not_a_number(corpus: Corpus) -> Iterator[Defect]:
    """In JSON."""
    for flaw in corpus.flaws:
        if not flaw.is_key:
            yield Defect(flaw.location, f"{flaw.what} is not a number of JSON.")


RULES = (duplicate_key, not_a_number)
