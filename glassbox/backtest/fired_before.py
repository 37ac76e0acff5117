"""Which of the alerts that lint judges would have fired over the past of a server."""

from collections.abc import Mapping

from glassbox.backtest.past_window import past_window
from glassbox.backtest.rule_set import rules_of_groups
from glassbox.backtest.running_backtest import Run
from glassbox.lint.server_facts import PastFirings
from glassbox.lint.subjects.corpus import Corpus
from glassbox.prometheus.api import Prometheus


def fired_before(prometheus: Prometheus, corpus: Corpus, duration: str) -> Mapping[tuple[str, str], PastFirings]:
    """By group and alert, those that would have fired in the window up to now; raises GlassboxError for one that cannot be read."""
    window = past_window(duration, None)
    rules = rules_of_groups(corpus.groups, "these files")
    histories = Run(prometheus, rules, window, None).all_alerts().histories
    return {
        (each.past.rule.group, each.name): PastFirings(
            len(each.incidents), each.total_seconds, window.seconds, each.is_noisy or each.is_flapping
        )
        for each in histories
        if each.firings and not each.past.rule.is_heartbeat
    }
