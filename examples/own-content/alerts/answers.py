"""Alerts on answers that are too long for those who wait for them."""

from glassbox.query.promql import instant
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.settings.model import Settings
from recording_rules import answers

_LONG_TOKENS = 1000


def group(_settings: Settings) -> AlertGroup:
    """The alerts of our own."""
    return AlertGroup(
        "answers",
        Subject.INFERENCE,
        (
            Alert(
                name="AnswersLong",
                expr=instant(answers.LENGTH) > _LONG_TOKENS,
                for_="10m",
                severity=Severity.TICKET,
                panel=("answers", "Answer length"),
                summary="{{ $labels.job }} writes long answers",
                description="The answers of {{ $labels.job }} have {{ $value | humanize }} tokens on average, "
                f"more than {_LONG_TOKENS}.",
            ),
        ),
    )
