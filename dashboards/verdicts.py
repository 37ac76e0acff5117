"""How boards show the diagnosis: the words and colours of its cases, and what each asks for."""

from collections.abc import Sequence

from kit.panels import Words
from kit.settings import Settings
from recording_rules.diagnosis import IDLE_CAUSES, VERDICTS, Case
from recording_rules.signals import signals


def words(cases: Sequence[Case]) -> Words:
    """The case's word on its colour for each code."""
    return Words(tuple(dict.fromkeys((case.code, case.word, case.color) for case in cases)))


def advice(cases: Sequence[Case]) -> str:
    """A list of what to do in each case, for a panel's description."""
    return "\n".join(dict.fromkeys(f"- **{case.word}**: {case.act}" for case in cases))


VERDICT_WORDS, IDLE_WORDS = words(VERDICTS), words(IDLE_CAUSES)
VERDICT_ADVICE, IDLE_ADVICE = advice(VERDICTS), advice(IDLE_CAUSES)


def meanings(settings: Settings) -> str:
    """A list of the signals and what each means, for a panel's description."""
    return "\n".join(f"- **{signal.name}**: {signal.means}" for signal in signals(settings))
