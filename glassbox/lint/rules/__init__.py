"""The rules: one short function each, in a module for each subject."""

from glassbox.lint.rule import LintRule
from glassbox.lint.rules import (
    board_parts,
    bucket_bounds,
    completeness,
    dropped_labels,
    known_names,
    metric_types,
    misleading_numbers,
    never_matches,
    not_promql,
    query_cost,
    rule_sets,
    secrets,
    silent_alerts,
    units,
    windows,
)

RULES: tuple[LintRule, ...] = (
    *not_promql.RULES,
    *dropped_labels.RULES,
    *windows.RULES,
    *never_matches.RULES,
    *silent_alerts.RULES,
    *misleading_numbers.RULES,
    *known_names.RULES,
    *metric_types.RULES,
    *units.RULES,
    *bucket_bounds.RULES,
    *board_parts.RULES,
    *rule_sets.RULES,
    *secrets.RULES,
    *query_cost.RULES,
    *completeness.RULES,
)
