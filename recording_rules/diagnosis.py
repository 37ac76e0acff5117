"""What to do: a verdict for each model, and why its GPUs idle. The first case whose signals hold decides.

The codes are what is recorded. A verdict's code is its place in the order, with gaps in between: the smaller, the more urgent,
also among versions of one model. Codes never change, since history is read by them. Their words and colours are here too, so
that every board shows the same. GPUs come late: outside of Kubernetes it is not known which of them serve the model, so
signals of the model itself go first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from glassbox.board.style import GREEN, NEUTRAL, RED, YELLOW
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.query.rules import RecordGroup, Series
from glassbox.query.wording import percent
from glassbox.settings.model import Settings
from recording_rules import gpu_signals, known_models, signals
from recording_rules.levels import MODEL
from recording_rules.signal_rule import SIGNAL, Signal


@dataclass(frozen=True)
class Case:
    """One answer: where all of `when` hold and none of `unless`. `word` is short, `act` is the advice.

    With `unknown`, it is one only for models of which one of these signals is not known.
    """

    code: int
    word: str
    color: str
    act: str
    when: tuple[Signal, ...] = ()
    unless: tuple[Signal, ...] = ()
    unknown: tuple[Signal, ...] = ()


_BAD, _SLOW, _NEUTRAL, _FINE = RED, YELLOW, NEUTRAL, GREEN

VERDICTS = (
    Case(10, "Down", _BAD, "Nothing serves the model. Bring the service back.", (signals.down,)),
    Case(20, "Hung", _BAD, "At least one engine has requests, and nothing comes out of it. Health names its target. Look for an XID first, then restart it.", (signals.stalled,)),
    Case(25, "Unanswered", _BAD, "Requests are started, and none is answered: callers give up first. Turn load away or add replicas at once.", (signals.unanswered,)),
    Case(30, "Failing", _BAD, "Answers are server errors. Read the log, and roll back the last change.", (signals.failing,)),
    Case(32, "Only errors", _BAD, "Few requests arrive, and each is answered with a server error. Read the log, and roll back the last change.", (signals.only_errors,)),
    Case(35, "Given up", _BAD, "Callers give up before their answers end. Look at the queue and the time of answers, then at callers' timeouts.", (signals.abandoning,)),
    Case(37, "Blocked", _BAD, "Requests wait, and none runs. Look at KV transfers, adapters and the log, then restart the engine.", (signals.blocked,), (signals.deferred,)),
    Case(40, "Balance replicas", _SLOW, "Requests queue at one replica while others have room. Fix the router.", (signals.queueing, signals.uneven)),
    Case(50, "More KV cache", _SLOW, "Memory limits the batch. Give it more KV cache, then shorten contexts, then add replicas.", (signals.queueing, signals.kv_cache_full)),
    Case(50, "More KV cache", _SLOW, "Memory limits the batch. Give it more KV cache, then shorten contexts, then add replicas.", (signals.preempting, signals.kv_cache_full)),
    Case(60, "Raise the batch limit", _SLOW, "The batch is full, but the GPU is not. Raise --max-num-seqs or --max-num-batched-tokens.", (signals.queueing, signals.batch_constant, signals.kv_cache_half_empty, gpu_signals.gpu_half_idle)),
    Case(70, "Scale out", _SLOW, "More requests arrive than are served, and no GPU is seen idle. Add replicas.", (signals.queue_takes_time,), (gpu_signals.gpu_idle,)),
    Case(80, "Find what blocks", _SLOW, "Requests wait while the GPUs are idle. Check the scheduler, KV transfers and the CPU.", (signals.queueing, gpu_signals.gpu_idle)),
    Case(85, "Transfer-bound", _SLOW, "KV transfers take most of the time to first token. Look at the network between prefill and decode servers, then at bytes per transfer.", (signals.transfer_bound,)),
    Case(90, "Adapters or KV transfer", _SLOW, "Requests wait for an adapter or a KV transfer. More capacity would not help.", (signals.deferred,)),
    Case(100, "Fix the front end", _SLOW, "Preprocessing is the limit, not the GPU. Add API servers or CPU cores, or send fewer pixels.", (signals.frontend_bound,)),
    Case(110, "Queueing", _SLOW, "Requests wait, and no signal explains why. Look at the phases, then scale out.", (signals.queueing,)),
    Case(115, "Refused", _SLOW, "Requests are answered, and no engine gets one, as where all are refused (4xx). Compare model name, key and length in what callers send with what the server takes.", (signals.arriving,), (signals.working,)),
    Case(120, "Memory-bound decoding", _SLOW, "Tokens are slower because GPU memory is busy. Run fewer sequences, quantise, or scale out.", (signals.slower_tokens, gpu_signals.memory_bound)),
    Case(130, "Longer requests", _SLOW, "Callers send longer requests. Set promises by length; more capacity is not the answer.", (signals.slow, signals.longer_requests)),
    Case(140, "Faulty GPU", _BAD, "A GPU that may serve this model has errors or is gone. Find it, and drain its host.", (gpu_signals.gpu_faulty,)),
    Case(150, "GPU slowed down", _SLOW, "A GPU that may serve this model is slowed down. Check heat, power limit and power supply.", (gpu_signals.gpu_slowed,)),
    Case(160, "Slow, cause not seen", _SLOW, "No signal explains it. Look at the phases, then at the gateway and the network.", (signals.slow,)),
    Case(165, "No trouble seen", _NEUTRAL, "No trouble is seen, but errors, latency or the queue are not reported. Look at what callers see.", (signals.working,), unknown=(signals.failing, signals.slow, signals.queueing)),
    Case(170, "Fine", _FINE, "Do nothing.", (signals.working,)),
    Case(180, "No demand", _NEUTRAL, "There are no requests. Consolidate, or scale to zero.", ()),
)  # fmt: skip  # a line is a case

IDLE_CAUSES = (
    Case(9, "Down", _BAD, "Nothing serves the model. Bring the service back.", (signals.down,)),
    # A GPU that is active while its engine hangs is not good news.
    Case(0, "Not idle", _NEUTRAL, f"At least one GPU is active {percent(gpu_signals.GPU_UNUSED_RATIO)} of the time or more.", (), (gpu_signals.gpu_unused, gpu_signals.gpu_not_measured)),
    Case(10, "Not measured", _NEUTRAL, "No GPU that may serve the model reports its activity. Look at the exporters on Monitoring health.", (gpu_signals.gpu_not_measured,)),
    Case(11, "Only errors", _BAD, "Each request is answered with a server error. Read the log.", (signals.only_errors,)),
    Case(12, "Refused", _SLOW, "Requests are answered, and no engine gets one. Compare what callers send with what the server takes.", (signals.arriving,), (signals.working,)),
    Case(1, "No requests", _NEUTRAL, "There are no requests. Consolidate, batch the work, or scale to zero.", (), (signals.working,)),
    Case(2, "Hung engine", _BAD, "An engine has requests, and nothing comes out of it. Restart that engine.", (signals.stalled,)),
    Case(3, "Front end", _SLOW, "Preprocessing or downloads hold requests up.", (signals.frontend_bound,)),
    Case(4, "Blocked queue", _SLOW, "Requests wait although GPUs are free. Check the scheduler, the batch limit and KV transfers.", (signals.queueing,)),
    Case(5, "Put off", _SLOW, "Requests wait for adapters or KV transfers.", (signals.deferred,)),
    Case(4, "Blocked queue", _SLOW, "Requests wait although GPUs are free. Check the scheduler, the batch limit and KV transfers.", (signals.blocked,)),
    Case(6, "Uneven replicas", _SLOW, "One replica gets nearly all requests.", (signals.uneven,)),
    Case(7, "Small batches", _NEUTRAL, "Requests are sparse. Share the GPU, or use a smaller one.", (signals.small_batches,)),
    Case(8, "Other", _NEUTRAL, "No signal explains it. Compare tensor activity with memory activity.", ()),
)  # fmt: skip  # a line is a case

VERDICT = Series("model:diagnosis_verdict:code", Unit.NONE, MODEL, reporters=known_models.KNOWN.reporters)
IDLE_CAUSE = Series("model:diagnosis_idle_cause:code", Unit.NONE, MODEL, reporters=known_models.KNOWN.reporters)


def group(settings: Settings) -> RecordGroup:
    """The signals first, then the verdicts that read them."""
    return RecordGroup(
        "diagnosis",
        (
            *signals.records(settings),
            VERDICT.recorded(_first_of(VERDICTS), "What to do about the model, as the code of a case."),
            IDLE_CAUSE.recorded(_first_of(IDLE_CAUSES), "Why the GPUs idle, as the code of a case."),
        ),
    )


def _first_of(cases: Sequence[Case]) -> Expr:
    """The code of the first case that holds; the last one, or one without conditions, holds for every known model."""
    return reduce(Expr.or_, (_holds(case) * case.code for case in cases))


def _holds(case: Case) -> Expr:
    """1 for each model of which the case is true."""
    true = instant(known_models.KNOWN)
    for signal in case.when:
        true = true.and_(signal.holds, on=MODEL)
    for signal in case.unless:
        true = true.unless(signal.holds, on=MODEL)
    if case.unknown:
        known = (instant(SIGNAL, signal=signal.name) for signal in case.unknown)
        true = true.unless(reduce(lambda all_of, one: all_of.and_(one, on=MODEL), known), on=MODEL)
    return true
