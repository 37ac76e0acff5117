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
    panel_display,
    query_cost,
    refused_rules,
    rule_sets,
    secrets,
    silent_alerts,
    units,
    variables_named,
    windows,
)

RULES: tuple[LintRule, ...] = (
    *not_promql.RULES,
    *refused_rules.RULES,
    *dropped_labels.RULES,
    *windows.RULES,
    *never_matches.RULES,
    *silent_alerts.RULES,
    *misleading_numbers.RULES,
    *known_names.RULES,
    *metric_types.RULES,
    *units.RULES,
    *bucket_bounds.RULES,
    *variables_named.RULES,
    *board_parts.RULES,
    *panel_display.RULES,
    *rule_sets.RULES,
    *secrets.RULES,
    *query_cost.RULES,
    *completeness.RULES,
)
