"""The rules: one short function each, in a module for each subject."""

from glassbox.lint.rule import LintRule
from glassbox.lint.rules import dropped_labels

RULES: tuple[LintRule, ...] = dropped_labels.RULES
