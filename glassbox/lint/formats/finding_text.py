"""Findings for people: where, what, the query with a mark under the part that is meant, and what to do."""

from collections.abc import Iterator

from glassbox.http.outside_text import one_line
from glassbox.lint.finding import PAGE, Finding
from glassbox.lint.formats.lint_report import LintReport, address

_WIDTH = 100
"""Characters of a query that are shown; longer ones are shown around the mark."""
_BEFORE_MARK = 30


def as_text(report: LintReport) -> str:
    """A paragraph for each finding, then the sum."""
    lines = [line for finding in report.findings for line in _paragraph(finding)]
    explained = [f"Glassbox's {PAGE} explains each rule, with examples."] if lines else []
    return "\n".join((*lines, *explained, report.summary))


def _paragraph(finding: Finding) -> Iterator[str]:
    yield one_line(f"{address(finding)}: {finding.severity.value}: {finding.message} ({finding.rule})")
    if finding.location.object:
        yield f"    in {one_line(finding.location.object)}"
    # What is quoted never begins a line: a CI would take some beginnings for commands.
    yield from (f"    | {line}" for line in _quoted(finding))
    if finding.fix:
        yield f"    {one_line(finding.fix)}"
    yield ""


def _quoted(finding: Finding) -> Iterator[str]:
    """The line of the query that is meant, or its first one, and the mark under it."""
    if not finding.query:
        return
    query = "".join(character if character.isprintable() or character == "\n" else " " for character in finding.query)
    start, end = finding.span or (len(query) - len(query.lstrip()), 0)
    begin = query.rfind("\n", 0, start) + 1
    line = query[begin:].split("\n", 1)[0]
    first, last = start - begin, min(end - begin, len(line))
    cut = max(0, first - _BEFORE_MARK) if len(line) > _WIDTH else 0
    shown = line[cut : cut + _WIDTH]
    before, after = "…" if cut else "", "…" if len(line) > cut + _WIDTH else ""
    yield f"{before}{shown}{after}"
    if finding.span:
        width = max(1, min(last, cut + _WIDTH) - first)
        yield " " * (first - cut + len(before)) + "^" * width
