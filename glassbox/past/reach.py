"""How far back recorded series depend on raw ones, through all that they read."""

from collections.abc import Iterable

from glassbox.past.rule_order import RecordingRule


def reaches_seconds(rules: Iterable[RecordingRule]) -> dict[str, float]:
    """By name of the recorded series; what a rule reads of its own results, or of those that depend on it, adds nothing."""
    of_name: dict[str, list[RecordingRule]] = {}
    for rule in rules:
        of_name.setdefault(rule.record, []).append(rule)
    known: dict[str, float] = {}

    def reach(name: str, above: frozenset[str]) -> float:
        if name in above or name not in of_name:
            return 0.0
        if name not in known:
            inner = above | {name}
            reads = (read for rule in of_name[name] for read in rule.reads)
            known[name] = max(
                (read.oldest_seconds + reach(each, inner) for read in reads for each in read.names), default=0.0
            )
        return known[name]

    return {name: reach(name, frozenset()) for name in of_name}


def cut(rules: Iterable[RecordingRule], look_back_seconds: float) -> dict[str, float]:
    """The recorded series that depend on more than what was read before the window, with how far back in seconds."""
    found = reaches_seconds(rules)
    return {name: seconds for name, seconds in sorted(found.items()) if seconds > look_back_seconds}
