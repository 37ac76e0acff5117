"""How boards show the diagnosis: the words and colours of its cases, and the advice for each."""

from collections.abc import Sequence

from glassbox.board.grid import Size
from glassbox.board.panels import Verdict, verdict
from glassbox.board.style import Words
from glassbox.query.promql import instant, min_by
from recording_rules.diagnosis import IDLE_CAUSES, VERDICT, VERDICTS, Case
from recording_rules.levels import SERVED


def words(cases: Sequence[Case]) -> Words:
    """The case's word on its colour, for each code."""
    return Words(tuple(dict.fromkeys((case.code, case.word, case.color) for case in cases)))


def advice(cases: Sequence[Case]) -> Words:
    """What to do in each case in place of its word, on the same colour."""
    return Words(tuple(dict.fromkeys((case.code, case.act, case.color) for case in cases)))


VERDICT_WORDS, IDLE_WORDS = words(VERDICTS), words(IDLE_CAUSES)
VERDICT_ADVICE = advice(VERDICTS)


def verdict_panel(why: str, size: Size) -> Verdict:
    """The verdict on each model; of several versions, the most urgent one."""
    return verdict(
        "Verdict",
        min_by(SERVED, instant(VERDICT)),
        words=VERDICT_WORDS,
        why=f"{why} If a replica is chosen, this shows the models that it serves.",
        size=size,
        empty="No model",
    )
