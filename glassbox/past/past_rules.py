"""The rules that are worked out over a past, and the queries whose series are read for them."""

from dataclasses import dataclass
from functools import cached_property

from glassbox.compile.bundle import Bundle
from glassbox.past.alerts_past import AlertingRule, alerting_rules_of
from glassbox.past.rule_order import RecordingRule, rules_of


@dataclass(frozen=True)
class PastRules:
    """Recorded series, alerts, which become series too, and queries that read either of these or raw series.

    `naming_jobs` are queries whose job matchers name services.
    """

    records: tuple[RecordingRule, ...]
    alerts: tuple[AlertingRule, ...]
    queries: tuple[str, ...]
    naming_jobs: tuple[str, ...]

    @cached_property
    def recorded(self) -> dict[str, list[str]]:
        """The queries of each recorded series; one of them is enough."""
        found: dict[str, list[str]] = {}
        for rule in self.records:
            found.setdefault(rule.record, []).append(rule.expr)
        return found


def past_rules_of(bundle: Bundle) -> PastRules:
    """All rules of a bundle, with the queries of its boards."""
    records = rules_of(bundle.recording_rules.values())
    return PastRules(
        records,
        alerting_rules_of(bundle.alerts.values()),
        tuple(str(query.expr) for query in bundle.content.queries),
        tuple(rule.expr for rule in records),
    )
