"""A diff against a revision as text for people, and as Markdown for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from glassbox.deploying.plan_markdown import change_items, plain_markdown
from glassbox.deploying.plan_text import PlanLine, change_lines
from glassbox.deploying.plan_words import counted_actions
from glassbox.http.outside_text import one_line
from glassbox.lint.finding import Finding
from glassbox.lint.formats.lint_report import address
from glassbox.lint.words import counted
from glassbox.reviewing.query_growth import Growth
from glassbox.reviewing.revision_diff import RevisionDiff


def diff_lines(diff: RevisionDiff) -> Iterator[PlanLine]:
    """Objects, findings, growth and tests, one thing a line; the count is last."""
    for change in diff.pending:
        yield from change_lines(change)
    for title, texts in _sections(diff):
        yield PlanLine(f"{title}:")
        yield from (PlanLine(f"  {one_line(text)}") for text in texts)
    yield PlanLine(one_line(count_sentence(diff)))


def diff_markdown(diff: RevisionDiff) -> str:
    """The same as lists; the count is the first line, since a comment is folded there."""
    lines = [f"**{plain_markdown(count_sentence(diff))}**", ""]
    lines += (item for change in diff.pending for item in change_items(change))
    for title, texts in _sections(diff):
        lines += ["", f"**{title}**", ""]
        lines += (f"- {plain_markdown(text)}" for text in texts)
    return "\n".join(lines)


def count_sentence(diff: RevisionDiff) -> str:
    """How many objects of each action, and how many findings are new."""
    if not diff.matters:
        return f"Nothing differs from {diff.revision}."
    return (
        f"Against {diff.revision}: {counted_actions(diff.count)}; {counted(len(diff.findings), 'new finding')} of lint."
    )


def _sections(diff: RevisionDiff) -> Iterator[tuple[str, list[str]]]:
    """The parts that have anything, with their title."""
    if diff.findings:
        yield "New findings of lint", [_finding(finding) for finding in diff.findings]
    if diff.growths:
        yield "Queries that grew", [_growth(growth) for growth in diff.growths]
    if diff.tests:
        yield "Changed tests of rules", list(diff.tests)


def _finding(finding: Finding) -> str:
    within = f", in {finding.location.object}" if finding.location.object else ""
    return f"{address(finding)}: {finding.severity.value}: {finding.message} ({finding.rule}{within})"


def _growth(growth: Growth) -> str:
    return f"{growth.location.object}: {growth.words}"
