"""Every rule of lint: what it finds, why that matters, what to do, and an example of each kind."""

from collections.abc import Sequence

from glassbox.lint.finding import Severity
from glassbox.lint.rule import LintRule
from glassbox.reference.markdown import anchor, one_sentence_a_line, table

_MEANING = {
    Severity.ERROR: "cannot work as it is meant",
    Severity.WARNING: "works and misleads, or breaks easily",
    Severity.INFO: "is a matter of style or cost",
}


def lint_rules_body(rules: Sequence[LintRule]) -> str:
    """The severities, a table of all rules, and a section for each."""
    severities = table(("severity", "what it is about"), ((each.value, _MEANING[each]) for each in Severity))
    rows = ((f"[{rule.id}](#{anchor(rule.id)})", rule.severity.value, rule.title) for rule in rules)
    return "\n\n".join((severities, table(("rule", "severity", "finds"), rows), *map(_rule, rules)))


def _rule(rule: LintRule) -> str:
    says = f"{rule.title} ({rule.severity.value}).\n{rule.why}\n{rule.fix}"
    where = f"Looks at: {(rule.judge.__doc__ or '').strip()}"
    examples = f"Found:\n\n{_block(rule.bad.text)}\n\nNot found:\n\n{_block(rule.good.text)}"
    return f"## {rule.id}\n\n{one_sentence_a_line(says)}\n\n{one_sentence_a_line(where)}\n\n{examples}"


def _block(text: str) -> str:
    return f"```text\n{text}\n```"
