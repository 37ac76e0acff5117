"""What only vLLM reports, and only where it is switched on: KV transfers, corrupted answers, and prompts computed elsewhere.

None of these series exists for a server without connector or the search for NaN. A prefill server may have a job of its
own, or share one with the decode servers that fetch from it.
"""

from functools import reduce

from glassbox.metrics import vllm
from glassbox.metrics.of_vllm import kv_transfer, work
from glassbox.metrics.types import Counter, Unit
from glassbox.query.births import rate_from_birth
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, duration_seconds, instant, mean, rate, ratio, sum_by, with_label
from glassbox.query.rules import Record, RecordGroup
from glassbox.query.selectors import Matcher, regex
from glassbox.settings.model import Thresholds
from recording_rules import engine, requests, workload
from recording_rules.conditions import served_now
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL
from recording_rules.sources import OF_PREFILL

GROUP = RecordGroup("vllm-only")

# Rare events.
LONG_WINDOW = "10m"
LONG_WINDOW_SECONDS = int(duration_seconds(LONG_WINDOW))

DONE, FAILED, EXPIRED, LATE = "done", "failed", "expired", "late"
# Fewer within 5 minutes are what a restart of one server costs.
TRANSFERS_NOTABLE = 5
# What dominates a time is more than half of it.
TRANSFER_BOUND_RATIO = 0.5
# As for the front end: nobody notices less than a tenth of a second.
_TRANSFER_SECONDS_NOTABLE = 0.1

# By connector, outcome and counter. The two ends of one failed transfer of Mooncake may both count it, so each has its own name.
_TRANSFERS: tuple[tuple[str, str, Counter], ...] = (
    ("NIXL", DONE, kv_transfer.NIXL_XFER_TIME.count),
    ("NIXL", FAILED, kv_transfer.NIXL_FAILED_TRANSFERS),
    ("NIXL", EXPIRED, kv_transfer.NIXL_EXPIRED),
    ("NIXL", LATE, kv_transfer.NIXL_NOTIFIED_LATE),
    ("Mooncake", DONE, kv_transfer.MOONCAKE_XFER_TIME.count),
    ("Mooncake", FAILED, kv_transfer.MOONCAKE_FAILED_TRANSFERS),
    ("Mooncake, receiving", FAILED, kv_transfer.MOONCAKE_FAILED_RECEIVES),
    ("Mooncake", EXPIRED, kv_transfer.MOONCAKE_EXPIRED),
)


def _of_connector(connector: str, outcome: str, counted: Counter) -> Expr:
    per_second = rate(counted, "5m").measured_in(Unit.EVENTS_PER_SECOND)
    named = with_label("connector", per_second, copied_from="job", text=connector)
    return with_label("outcome", named, copied_from="job", text=outcome)


def _either(*parts: Expr) -> Expr:
    return reduce(Expr.or_, parts)


TRANSFERS = Record(
    "model:inference_kv_transfers:rate5m",
    sum_by((*MODEL, "connector", "outcome"), _either(*(_of_connector(*each) for each in _TRANSFERS))),
    "KV transfers per second: done and failed ones by rank; requests whose KV cache expired, and notifications that came later still.",
)
TRANSFER_TIME = Record(
    "model:inference_kv_transfer_time_seconds_sum:rate5m",
    sum_by(
        MODEL,
        _either(
            *(
                with_label("connector", rate(histogram.sum, "5m"), copied_from="job", text=connector)
                for connector, histogram in (
                    ("NIXL", kv_transfer.NIXL_XFER_TIME),
                    ("Mooncake", kv_transfer.MOONCAKE_XFER_TIME),
                )
            )
        ),
    ),
    "Time of KV transfers that were done, of all ranks together.",
)
PREFILLED = Record(
    "model:inference_prefill_requests:rate5m",
    sum_by(MODEL, rate(vllm.REQUEST_SUCCESS, "5m", **OF_PREFILL)),
    "Requests per second that instances with the target label inference_role=prefill finished.",
)
CORRUPTED = Record(
    "model:inference_requests_corrupted:rate10m",
    sum_by(MODEL, rate_from_birth(work.CORRUPTED_REQUESTS, LONG_WINDOW)),
    "Finished requests per second whose logits held NaN, where vLLM looks for them.",
)


def _prompts(source: str, **matchers: str | Matcher) -> Expr:
    per_second = rate(work.PROMPT_TOKENS_BY_SOURCE, "5m", **matchers).filtered({"source": source})
    return sum_by(MODEL, per_second)


COMPUTED_PROMPT_TOKENS = Record(
    "model:inference_prompt_tokens_computed:rate5m",
    _prompts("local_compute").and_((_prompts("external_kv_transfer") > 0).or_(_prompts("local_compute", **OF_PREFILL))),
    "Prompt tokens per second that servers compute, prefill instances included, of models whose KV caches are transferred. Those of all others are the input tokens without the prefix cache's hits.",
)


def computed_prompt_tokens() -> Expr:
    """Prompt tokens per second of each model that some server computed: neither read from a cache nor transferred.

    Before vLLM 0.9.0 the prefix cache counts blocks, so that too few are left out.
    """
    read = instant(engine.PROMPT_TOKENS)
    hits = instant(workload.PREFIX_CACHE_HITS)
    return instant(COMPUTED_PROMPT_TOKENS).or_(clamp_min(read - hits, 0)).or_(read)


def of_outcome(outcome: str) -> Expr:
    """Transfers of each model per second that ended so; a regular expression may name several outcomes."""
    return sum_by(MODEL, instant(TRANSFERS, outcome=regex(outcome)))


def transfers_fail(limits: Thresholds) -> Expr:
    """The share of KV transfers that failed, or of requests whose KV cache expired, where it is large and there are enough of them."""
    failed = _notable(of_outcome(FAILED), of_outcome(f"{DONE}|{FAILED}"), limits)
    # The prefill servers count expired requests, and in a job of their own they may have no transfers: what they finished is the whole.
    finished = sum_by(MODEL, instant(requests.REQUESTS_FINISHED)).or_(instant(PREFILLED))
    expired = _notable(of_outcome(EXPIRED), finished.measured_in(Unit.EVENTS_PER_SECOND), limits)
    return served_now(failed.or_(expired))


def _notable(part: Expr, whole: Expr, limits: Thresholds) -> Expr:
    share = ratio(part, whole) > limits.kv_transfer_failed_ratio
    return share.and_(part * RATE_WINDOW_SECONDS >= TRANSFERS_NOTABLE)


def transfer_time() -> Expr:
    """The least that a request waited for its KV transfers, on average.

    Ranks transfer at the same time, so their times do not add up: a request waits for the longest, which is not shorter than the
    mean one. Requests whose prompt was cached have no transfer: over all requests, the mean is not longer than all times together.
    """
    of_transfer = mean(instant(TRANSFER_TIME), of_outcome(DONE))
    of_request = mean(instant(TRANSFER_TIME), instant(engine.TIME_TO_FIRST_TOKEN.count))
    return (of_transfer < of_request).or_(of_request)


def transfer_share() -> Expr:
    """The least share of the time to first token that KV transfers take."""
    first_token = mean(instant(engine.TIME_TO_FIRST_TOKEN.sum), instant(engine.TIME_TO_FIRST_TOKEN.count))
    return ratio(transfer_time(), first_token)


def transfer_bound(limits: Thresholds) -> Expr:
    """The share, where transfers take most of the time to first token, long enough to notice, of enough requests."""
    long = (transfer_share() > TRANSFER_BOUND_RATIO).and_(transfer_time() >= _TRANSFER_SECONDS_NOTABLE)
    enough = instant(engine.TIME_TO_FIRST_TOKEN.count) * RATE_WINDOW_SECONDS >= limits.minimum_requests
    return served_now(long.and_(enough))
