"""What one lint found, in whatever way it is printed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from glassbox.lint.finding import Finding, Severity
from glassbox.lint.words import counted


@dataclass(frozen=True)
class LintReport:
    """The findings, what they were looked for in, as "3 dashboards and 12 rules", and what was not read, by what it is."""

    findings: Sequence[Finding]
    checked: str
    not_read: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The findings counted by severity, in a sentence."""
        if not self.findings:
            return f"No findings in {self.checked}."
        counts = Counter(finding.severity for finding in self.findings)
        said = [counted(counts[severity], severity.value) for severity in Severity if counts[severity]]
        return f"{', '.join(said)} in {self.checked}."

    @property
    def left(self) -> list[str]:
        """A sentence for each kind of what was not read."""
        return [
            f"{counted(len(names), what)} not read, such as {names[0]}: render them first."
            for what, names in self.not_read.items()
        ]


Format = Callable[[LintReport], str]


def address(finding: Finding) -> str:
    """File and line, as editors and terminals make links of them."""
    # A line of a log that begins with two colons commands GitHub's runner.
    file = f"./{finding.location.file}" if finding.location.file.startswith(":") else finding.location.file
    return f"{file}:{finding.location.line}" if finding.location.line else file
