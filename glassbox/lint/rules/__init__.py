"""The rules: one short function each, in a module for each subject."""

from glassbox.lint.rule import LintRule
from glassbox.lint.rules import dropped_labels, misleading_numbers, never_matches, silent_alerts, windows

RULES: tuple[LintRule, ...] = (
    *dropped_labels.RULES,
    *windows.RULES,
    *never_matches.RULES,
    *silent_alerts.RULES,
    *misleading_numbers.RULES,
)
