"""GPUs with a new error, and GPUs that have gone. Healthy GPUs have no series here."""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr, binary
from glassbox.query.promql import count_by, group_by, instant, over_steps, over_time
from glassbox.query.rules import Record, RecordGroup
from glassbox.query.selectors import Matchers, regex
from glassbox.query.wording import last
from recording_rules import gpu
from recording_rules.gpu_exporters import REPLACED
from recording_rules.levels import CARD, GPU, SLOT, TARGET, WITH_UUID, WITHOUT_UUID
from recording_rules.memory import GONE_REMEMBERED
from recording_rules.targets import BRIDGE

GROUP = RecordGroup("gpu-faults")

# How long a new code counts as new.
NEW_XID_WINDOW = "10m"
# As long as rules may be evaluated apart.
_NEWEST_WINDOW = "5m"
# A minute more than a code is new: an exporter that starts may report GPUs before their codes.
_THERE_OFFSET = "11m"
# What was there for less is not missed. Every sample of an hour would cost ten times as much.
LOOK_STEP = "5m"
_NO_CODE = -1


def _new_xid() -> Expr:
    """The last XID code, where it is not the one that the GPU had before. 0 is what a driver reports after its restart.

    A GPU that was measured before without any code had none: dcgm-exporter from 4.5 on has no series before the first error.
    """
    newest = over_time("last", gpu.XID_LAST, _NEWEST_WINDOW)
    differs = binary(newest, "!=", _code_before())
    # Away and back within the window, as after a restart of the driver.
    # Not `changes`: in VictoriaMetrics a series that begins is a change, and after each gap an old code would look new.
    returned = over_time("max", gpu.XID_LAST, NEW_XID_WINDOW) > over_time("min", gpu.XID_LAST, NEW_XID_WINDOW)
    return (gpu.bridged(gpu.XID_LAST) > 0).and_(differs.or_(returned))


def _code_before() -> Expr:
    """The code that each GPU had before the window, also where its exporter has been away for most of an hour."""
    before = over_time("last", gpu.XID_LAST, _NEWEST_WINDOW, offset=NEW_XID_WINDOW)
    long_before = over_steps("last", gpu.XID_LAST, GONE_REMEMBERED, LOOK_STEP).shifted(NEW_XID_WINDOW)
    there = gpu.any_sign(lambda sign: over_time("last", sign, _NEWEST_WINDOW, offset=_THERE_OFFSET))
    return before.or_(long_before).or_(there * 0 + _NO_CODE)


def _known(has_uuid: Matchers) -> Expr:
    """GPUs that were measured within the hour."""
    return gpu.any_sign(lambda sign: over_steps("last", sign, GONE_REMEMBERED, LOOK_STEP)).filtered(has_uuid)


def _lost() -> Expr:
    """1 for GPUs that were measured lately and are not measured now, while their exporter answers.

    A card is the same one wherever it is measured, where its UUID says so: other cards may be numbered as it was. For an
    exporter that was replaced another one answers.
    """
    cards = _known(WITH_UUID).unless(gpu.SEEN.filtered(WITH_UUID), on=CARD)
    gone = cards.or_(_known(WITHOUT_UUID).unless(gpu.SEEN, on=SLOT))
    # GPU exporters are not service jobs, so the jobs are those that have measured GPUs.
    answers = over_time("max", scrape.UP, BRIDGE, job=regex(".+")) > 0
    return group_by(GPU, gone.and_(answers.or_(instant(REPLACED)), on=TARGET))


NEW_XID = Record(
    "gpu:xid_new_code:last10m",
    _new_xid(),
    f"Code of the last XID error, where it appeared within the {last(NEW_XID_WINDOW)}. There is no series for other GPUs.",
)
LOST = Record(
    "gpu:lost:last1h",
    _lost(),
    f"1 for GPUs that were measured within the {last(GONE_REMEMBERED)} and are not measured now, while their exporter answers. There is no series for other GPUs.",
)
LOST_TOGETHER = Record(
    "target:gpus_lost:count1h",
    # An exporter that was replaced is at fault for nothing.
    count_by(TARGET, instant(LOST).and_(instant(scrape.UP, job=regex(".+")), on=TARGET).unless(gpu.SEEN, on=TARGET))
    > 1,
    "Lost GPUs of exporters that measure none any more and measured several. There is no series for other exporters.",
)
