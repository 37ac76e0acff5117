"""GPU exporters that were replaced, and jobs of GPU exporters that were renamed: others measure their cards, or should.

Both look back over hours, and an exporter is seldom replaced, so they are recorded rarely. Others have no series here.
"""

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, over_steps
from glassbox.query.rules import RecordGroup, Series
from glassbox.query.selectors import regex
from glassbox.query.wording import last, span
from glassbox.settings.model import Settings
from recording_rules import gpu
from recording_rules.levels import CARD, JOB, TARGET, WITH_UUID
from recording_rules.memory import GONE_REMEMBERED

# Which cards an exporter had is enough to know now and then.
_LOOK_STEP = "20m"
# A job is new for longer than the one whose cards it took over is remembered.
NEW_FOR = "2h"
# The last look at a card may be a step before it went.
_CARDS_WINDOW = "90m"

REPLACED = Series("target:gpu_exporter_replaced:group", Unit.BOOLEAN, TARGET)
RENAMED = Series("job:gpu_exporters_renamed:group", Unit.BOOLEAN, JOB)


def group(settings: Settings) -> RecordGroup:
    """The rules of both."""
    replaced = REPLACED.recorded(
        _replaced(),
        f"Targets that measured GPUs within the {last(GONE_REMEMBERED)} and do not answer, and that another target has replaced.",
    )
    renamed = RENAMED.recorded(
        _renamed(),
        f"Jobs that had a card, by its UUID, which another job measures now and did not measure {span(NEW_FOR)} ago.",
    )
    return RecordGroup("gpu-exporters", (replaced, renamed), settings.rare_interval_seconds)


def _replaced() -> Expr:
    """Targets one of whose cards their job measures elsewhere; or, where none came back, whose job has a new one that measures nothing."""
    known = gpu.any_sign(lambda sign: over_steps("last", sign, GONE_REMEMBERED, _LOOK_STEP)).filtered(WITH_UUID)
    there = instant(scrape.UP, job=regex(".+"))
    measures_none = there.equals(1).unless(there.shifted(GONE_REMEMBERED), on=TARGET).unless(gpu.SEEN, on=TARGET)
    # A card that shares its host's memory is the only one there.
    memories = over_steps("last", gpu.MEMORY_USED, GONE_REMEMBERED, _LOOK_STEP).filtered(WITH_UUID)
    moved = memories.and_(instant(gpu.MEMORY_USED, **WITH_UUID), on=CARD)
    replaced = moved.or_(known.unless(there, on=TARGET).and_(measures_none, on=JOB))
    return group_by(TARGET, replaced.unless(there.equals(1), on=TARGET))


def _renamed() -> Expr:
    """Jobs that do not measure one of their cards any more, which another job measures now and did not before."""
    had = gpu.any_sign(lambda sign: over_steps("last", sign, _CARDS_WINDOW, _LOOK_STEP)).filtered(WITH_UUID)
    now, before = (gpu.MEASURED.filtered(WITH_UUID), gpu.any_sign(lambda sign: instant(sign).shifted(NEW_FOR)))
    taken_over = now.unless(before.filtered(WITH_UUID), on=CARD)
    return group_by(JOB, had.unless(now, on=CARD).and_(taken_over, on=("UUID",)))
