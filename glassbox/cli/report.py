"""Results as text for people. stdout is the result."""

from collections import Counter
from collections.abc import Sequence

from glassbox.grafana.kinds import KINDS
from glassbox.grafana.plan import Action, Change
from glassbox.lint.finding import Finding

_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.KEEP: "="}
_KIND_WIDTH = max(len(kind.name) for kind in KINDS)


def change_line(change: Change) -> str:
    """One object and what was done to it."""
    return f"  {_MARKS[change.action]} {change.kind.name:<{_KIND_WIDTH}} {change.title}"


def push_summary(changes: Sequence[Change]) -> str:
    """The closing sentence of a push."""
    count = Counter(change.action for change in changes)
    if count[Action.KEEP] == len(changes):
        return f"Nothing to do: all {len(changes)} objects are up to date."
    return f"Pushed: {count[Action.CREATE]} created, {count[Action.UPDATE]} updated, {count[Action.KEEP]} unchanged."


def finding_line(finding: Finding) -> str:
    """One finding: where, what, what to do, and the rule that says so."""
    place = finding.location
    where = ", ".join(filter(None, (f"{place.file}:{place.line}" if place.line else place.file, place.object)))
    return f"{where}: {finding.severity.value}: {finding.message} {finding.fix} ({finding.rule})"


def lint_summary(findings: Sequence[Finding], checked: str) -> str:
    """The closing sentence of a lint."""
    count = len(findings)
    return f"{count} finding{'' if count == 1 else 's'} in {checked}." if count else f"No findings in {checked}."
