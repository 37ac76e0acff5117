"""What to do: a verdict for each model, and why its GPUs idle. The first case whose signals hold decides.

The codes are what is recorded. A verdict's code is its place in the order, with room between: the smaller, the more urgent, also
among versions of one model. Codes never change, since history is read by them. Their words and colours stand here too, so that
every board says the same. GPUs come late: which of them serve the model is not known, so what is
seen of the model itself goes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.query.rules import RecordGroup, Series
from glassbox.settings.model import Settings
from recording_rules import signals
from recording_rules.levels import MODEL
from recording_rules.signals import Signal


@dataclass(frozen=True)
class Case:
    """One answer: where all of `when` hold and none of `unless`. `word` is short, `act` says what to do about it."""

    code: int
    word: str
    color: str
    act: str
    when: tuple[Signal, ...] = ()
    unless: tuple[Signal, ...] = ()


_BAD, _SLOW, _WASTE, _FINE = "red", "yellow", "blue", "green"

VERDICTS = (
    Case(10, "Down", _BAD, "Nothing serves it: bring the service back.", (signals.down,)),
    Case(20, "Hung", _BAD, "Requests run and nothing comes: restart it, and look for an XID first.", (signals.stalled,)),
    Case(30, "Failing", _BAD, "Answers are server errors: read its log, take the last change back.", (signals.failing,)),
    Case(40, "Balance replicas", _SLOW, "Requests queue at one replica: mend the router.", (signals.queueing, signals.uneven)),
    Case(50, "More KV cache", _SLOW, "Memory limits the batch: more of it, shorter contexts, then replicas.", (signals.queueing, signals.kv_cache_full)),
    Case(50, "More KV cache", _SLOW, "Memory limits the batch: more of it, shorter contexts, then replicas.", (signals.preempting, signals.kv_cache_full)),
    Case(60, "Raise the batch limit", _SLOW, "The batch is full and the GPU is not: --max-num-seqs, --max-num-batched-tokens.", (signals.queueing, signals.batch_constant, signals.kv_cache_half_empty, signals.gpu_half_idle)),
    Case(70, "Scale out", _SLOW, "More arrives than is served, and no GPU is seen idle: add replicas.", (signals.queue_takes_time,), (signals.gpu_idle,)),
    Case(80, "Find what blocks", _SLOW, "Requests wait while the GPUs idle: scheduler, KV transfer, CPU.", (signals.queueing, signals.gpu_idle)),
    Case(90, "Adapters or KV transfer", _SLOW, "Requests are put off; capacity would not help.", (signals.deferred,)),
    Case(100, "Fix the front end", _SLOW, "Preprocessing limits, not the GPU: more API servers, cores, fewer pixels.", (signals.frontend_bound,)),
    Case(110, "Queueing", _SLOW, "Requests wait and no signal explains it: look at the phases, then scale out.", (signals.queueing,)),
    Case(120, "Memory-bound decoding", _SLOW, "Tokens come slower as memory is full of work: fewer sequences, quantise, or scale.", (signals.slower_tokens, signals.memory_bound)),
    Case(130, "Longer requests", _SLOW, "Callers send more work: promise by length, not capacity.", (signals.slow, signals.longer_requests)),
    Case(140, "Faulty GPU", _BAD, "A GPU that may be its own has errors or is gone: see which, and drain its host.", (signals.gpu_faulty,)),
    Case(150, "GPU slowed down", _SLOW, "A GPU that may be its own is slowed: heat, a power limit or the supply.", (signals.gpu_slowed,)),
    Case(160, "Slow, cause not seen", _SLOW, "No signal explains it: look at the phases, then at gateway and network.", (signals.slow,)),
    Case(170, "Fine", _FINE, "Do nothing.", (signals.working,)),
    Case(180, "No demand", _WASTE, "Nobody asks: consolidate, or scale to zero.", ()),
)  # fmt: skip

IDLE_CAUSES = (
    Case(0, "Not idle", _FINE, "At least one GPU is active for 20 % of the time, or none is measured.", (), (signals.gpu_unused,)),
    Case(1, "No requests", _WASTE, "Consolidate, batch, or scale to zero.", (), (signals.working,)),
    Case(2, "Hung engine", _BAD, "Restart it.", (signals.stalled,)),
    Case(3, "Front end", _SLOW, "Preprocessing or downloads hold requests up.", (signals.frontend_bound,)),
    Case(4, "Blocked queue", _SLOW, "Requests wait although GPUs are free: scheduler, batch limit, KV transfer.", (signals.queueing,)),
    Case(5, "Put off", _SLOW, "Requests wait for adapters or KV transfers.", (signals.deferred,)),
    Case(6, "Uneven replicas", _SLOW, "One replica gets nearly everything.", (signals.uneven,)),
    Case(7, "Small batches", _WASTE, "Sparse requests: share the GPU or take a smaller one.", (signals.small_batches,)),
    Case(8, "Other", _WASTE, "Busy with something that no signal sees: compare tensor and memory activity.", ()),
)  # fmt: skip

VERDICT = Series("model:diagnosis_verdict:code", Unit.NONE, MODEL)
IDLE_CAUSE = Series("model:diagnosis_idle_cause:code", Unit.NONE, MODEL)


def group(settings: Settings) -> RecordGroup:
    """Signals, and what follows from them, in this order."""
    return RecordGroup(
        "diagnosis",
        (
            *signals.records(settings),
            VERDICT.recorded(_first_of(VERDICTS), "What to do about the model, by the codes of the cases."),
            IDLE_CAUSE.recorded(_first_of(IDLE_CAUSES), "Why the GPUs idle, by the codes of the cases."),
        ),
    )


def _first_of(cases: Sequence[Case]) -> Expr:
    """The code of the first case that holds; the last one, or one without conditions, holds for every known model."""
    return reduce(Expr.or_, (_holds(case) * case.code for case in cases))


def _holds(case: Case) -> Expr:
    """1 for each model of which the case is true."""
    true = instant(signals.KNOWN)
    for signal in case.when:
        true = true.and_(signal.holds, on=MODEL)
    for signal in case.unless:
        true = true.unless(signal.holds, on=MODEL)
    return true
