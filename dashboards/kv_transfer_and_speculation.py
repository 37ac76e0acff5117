"""KV transfer and speculation: do KV caches arrive, are caches used, and do drafts pay?

All of it is vLLM's, and most of it is there only where a connector, an offload or a drafter is switched on: panels say which.
What few panels show is read from the raw series, so that no fleet records it in vain.
"""

from dashboards.choices import JOB
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import stat, table, timeseries
from glassbox.board.style import GREEN, NEUTRAL, RED, YELLOW, Line, Steps
from glassbox.board.tables import Next
from glassbox.board.variables import Variable
from glassbox.metrics import CATALOGUE
from glassbox.metrics.of_vllm import kv_offload, kv_transfer, work
from glassbox.metrics.types import Counter, Gauge, Histogram, Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import avg_by, first_by, instant, max_by, max_without, mean, rate, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, vllm_only
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.sources import PROCESSES

_MODEL = ("model_name",)
_TARGET = ("job", "instance")
_MODEL_CHOICE = Variable(
    name="model",
    title="Model",
    label="model_name",
    values_of=engine.RUNNING,
    narrows=(engine.RUNNING.level, *(part for metric in CATALOGUE["vllm"] for part in metric.parts)),
    optional=True,
)
_NO_CONNECTOR = "No KV connector"
_NO_OFFLOAD = "No KV offload"
_NO_DRAFTS = "No speculation"
_NO_SEARCH = "Not looked for"
_NO_ESTIMATE = "Not estimated: --enable-mfu-metrics is not set"
_OUTCOMES = {
    vllm_only.DONE: Line(GREEN),
    vllm_only.FAILED: Line(RED),
    vllm_only.EXPIRED: Line(YELLOW),
    vllm_only.LATE: Line("orange"),
}


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    limits = settings.thresholds
    return dashboard(
        "kv-transfer-and-speculation",
        "KV transfer and speculation",
        question="Do KV caches arrive, are caches used, and do drafts pay?",
        variables=(JOB, _MODEL_CHOICE),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=(_now(limits), *_transfers(limits), *_caches(), _speculation(limits), *_requests()),
    )


def _now(limits: Thresholds) -> Row:
    return row(
        "",
        stat(
            "Failed transfers",
            ratio(_all(vllm_only.FAILED), _all(f"{vllm_only.DONE}|{vllm_only.FAILED}")),
            why=f"Share of the KV transfers over the {last(RATE_WINDOW_SECONDS)} that failed. Above {percent(limits.kv_transfer_failed_ratio)} raises InferenceKVTransferFailing.",
            steps=Steps(GREEN, ((limits.kv_transfer_failed_ratio, RED),)),
            empty=_NO_CONNECTOR,
        ),
        stat(
            "Transfer share of first token",
            max_by((), vllm_only.transfer_share()),
            why=f"The least share of the time to first token that KV transfers take, of the model with the largest. Above {percent(vllm_only.TRANSFER_BOUND_RATIO)}, the verdict may say Transfer-bound.",
            steps=Steps(NEUTRAL, ((vllm_only.TRANSFER_BOUND_RATIO, YELLOW),)),
            empty=_NO_CONNECTOR,
        ),
        stat(
            "Computed input",
            ratio(_total(vllm_only.computed_prompt_tokens()), _total(instant(engine.PROMPT_TOKENS))),
            why=f"Share of the input tokens over the {last(RATE_WINDOW_SECONDS)} that some server computed. The rest is read from caches and costs next to nothing.",
        ),
        stat(
            "Accepted drafts now",
            ratio(_total(instant(vllm_only.ACCEPTED_TOKENS)), _total(instant(vllm_only.DRAFT_TOKENS))),
            why=f"Share of the drafted tokens that the model accepts, over the {last(vllm_only.LONG_WINDOW)}. Red below {percent(limits.speculation_acceptance_low_ratio)}: drafts then cost more than they give.",
            steps=Steps(RED, ((limits.speculation_acceptance_low_ratio, NEUTRAL),)),
            empty=_NO_DRAFTS,
        ),
        stat(
            "Corrupted requests now",
            (_total(instant(vllm_only.CORRUPTED)) * vllm_only.LONG_WINDOW_SECONDS).measured_in(Unit.REQUESTS),
            why=f"Requests that finished within the {last(vllm_only.LONG_WINDOW)} and had NaN among their logits. Any raises InferenceCorruptedOutput. vLLM looks for them with VLLM_COMPUTE_NANS_IN_LOGITS=1 only.",
            steps=Steps(GREEN, ((0.5, RED),)),
            empty=_NO_SEARCH,
        ),
    )


def _transfers(limits: Thresholds) -> tuple[Row, Row]:
    return row(
        "KV transfers",
        timeseries(
            "KV transfers",
            sum_by(("outcome",), instant(vllm_only.TRANSFERS)),
            lines=_OUTCOMES,
            why=f"Transfers per second of all ranks, and requests whose KV cache expired before it was fetched. Late: a rank reported that it had read blocks after they expired, so they may have been another request's. More than {percent(limits.kv_transfer_failed_ratio)} failed raises InferenceKVTransferFailing.",
            empty=_NO_CONNECTOR,
        ),
        timeseries(
            "Time of a transfer",
            {"NIXL": _mean(kv_transfer.NIXL_XFER_TIME), "Mooncake": _mean(kv_transfer.MOONCAKE_XFER_TIME)},
            why="Mean time of a transfer that succeeded. It grows with the prompt. Where the bytes are as ever, look at the network between the servers.",
            empty=_NO_CONNECTOR,
            many=True,
        ),
        timeseries(
            "Transferred bytes",
            {
                "NIXL": _per_second(kv_transfer.NIXL_BYTES.sum),
                "Mooncake": _per_second(kv_transfer.MOONCAKE_BYTES.sum),
                "store": _per_second(kv_transfer.STORE_BYTES),
                "UMBP": _per_second(kv_transfer.UMBP_BYTES),
            },
            why="Bytes of KV caches per second. Near what the network carries, transfers wait for each other.",
            empty=_NO_CONNECTOR,
            many=True,
        ),
    ), row(
        "",
        timeseries(
            "Transfer and first token",
            {
                "transfer": max_by(_MODEL, vllm_only.transfer_time()),
                "first token": engine.TIME_TO_FIRST_TOKEN.mean(_MODEL),
            },
            why="The least that a request waits for its transfers, beside its mean time to first token. Ranks transfer at the same time, so their times do not add up.",
            empty=_NO_CONNECTOR,
            many=True,
        ),
        timeseries(
            "Requests that fetch",
            sum_by(("stage",), _newest(kv_transfer.KV_FETCH_STAGES)),
            why="Waiting requests by how far their KV cache is. Many that wait to start: transfers are too slow. Many that are completed: the engine is full. vLLM reports them since 0.32.",
            stacked=True,
            empty=_NO_CONNECTOR,
        ),
        timeseries(
            "Failures of other connectors",
            {
                "store": _per_second(kv_transfer.STORE_FAILED_KEYS),
                "HF3FS load": _per_second(kv_transfer.HF3FS_FAILED_LOADS),
                "HF3FS save": _per_second(kv_transfer.HF3FS_FAILED_SAVES),
                "UMBP": _per_second(kv_transfer.UMBP_FAILED),
            },
            why="Keys, loads, saves and objects per second that failed. What is not found is computed again, so answers come later. No alert reads these.",
            empty=_NO_CONNECTOR,
            many=True,
        ),
    )


def _caches() -> tuple[Row, Row]:
    return row(
        "Caches",
        timeseries(
            "Input by source",
            sum_by(("source",), rate(work.PROMPT_TOKENS_BY_SOURCE, "5m")),
            why="Input tokens per second by where they came from: computed here, found in the cache, or transferred. vLLM reports them since 0.16.",
            stacked=True,
        ),
        timeseries(
            "Hits by tier",
            sum_by(("source",), rate(work.PROMPT_TOKENS_CACHED_BY_SOURCE, "5m")),
            why="Cached input tokens per second by what held them: GPU (device), memory of the host, disk, or another server (p2p). vLLM reports them since 0.32.",
            stacked=True,
        ),
        timeseries(
            "External cache hits",
            ratio(_per_second(work.EXTERNAL_CACHE_HITS), _per_second(work.EXTERNAL_CACHE_QUERIES)),
            why="Share of the input tokens looked up beyond this server that were found there. Low after a deployment: the store was emptied, or prompts changed.",
            maximum=1,
            empty=_NO_CONNECTOR,
        ),
    ), row(
        "",
        timeseries(
            "Offloaded bytes",
            {
                "load": _per_second(kv_offload.LOAD_BYTES),
                "store": _per_second(kv_offload.STORE_BYTES),
                "read from tier": _per_second(kv_offload.TIER_READ_BYTES),
                "written to tier": _per_second(kv_offload.TIER_WRITE_BYTES),
            },
            why="Bytes per second between the GPU and the host's memory, and between that and the tiers below it. Stores without loads: nothing of what is kept is used again.",
            empty=_NO_OFFLOAD,
            many=True,
        ),
        timeseries(
            "Offload failures",
            {
                "no room": _per_second(kv_offload.ALLOCATION_FAILURES),
                "skipped": _per_second(kv_offload.STORES_SKIPPED),
                "failed to load": _per_second(kv_offload.TIER_PROMOTION_FAILURES),
                "failed to store": _per_second(kv_offload.TIER_CASCADE_FAILURES),
                "dropped": _per_second(kv_offload.TIER_STORES_DROPPED),
            },
            why="What was not kept or not fetched, per second. No room: give the host's cache more memory. Dropped: the tier is too slow.",
            empty=_NO_OFFLOAD,
            many=True,
        ),
        timeseries(
            "Offload memory in use",
            {"load and store": max_by(_MODEL, _newest(kv_offload.CPU_USAGE))},
            why="Share of the host's memory for KV caches that transfers hold just now, of the fullest engine. It is not how full that cache is. Near 100%, stores fail for lack of room.",
            maximum=1,
            empty=_NO_OFFLOAD,
        ),
    )


def _speculation(limits: Thresholds) -> Row:
    return row(
        "Speculation",
        timeseries(
            "Accepted drafts",
            ratio(_models(vllm_only.ACCEPTED_TOKENS), _models(vllm_only.DRAFT_TOKENS)),
            why=f"Share of the drafted tokens that the model accepts. Below {percent(limits.speculation_acceptance_low_ratio)} raises InferenceSpeculationUseless. Where drafts are long, shorter ones have a larger share.",
            maximum=1,
            empty=_NO_DRAFTS,
        ),
        timeseries(
            "Tokens of a draft",
            {
                "drafted": _per_draft(work.DRAFT_TOKENS),
                "accepted": _per_draft(work.ACCEPTED_TOKENS),
            },
            why="Mean tokens that are drafted in a step, and that are accepted. A step yields one token more than are accepted.",
            empty=_NO_DRAFTS,
            many=True,
        ),
        timeseries(
            "Accepted by position",
            binary(_by_position(), "/", _per_second(work.DRAFTS) > 0, matching=many_to_one(_MODEL), unit=Unit.RATIO),
            why="Share of the drafts of which the token at this position is accepted, the first being 0. Positions that are hardly accepted cost more than they give: draft fewer tokens.",
            maximum=1,
            empty=_NO_DRAFTS,
            many=True,
        ),
    )


def _requests() -> tuple[Row, Row]:
    return row(
        "Requests and GPUs",
        timeseries(
            "Corrupted requests",
            (_models(vllm_only.CORRUPTED) * vllm_only.LONG_WINDOW_SECONDS).measured_in(Unit.REQUESTS),
            why=f"Requests that finished within {span(vllm_only.LONG_WINDOW)} and had NaN among their logits. One raises InferenceCorruptedOutput. vLLM looks for them with VLLM_COMPUTE_NANS_IN_LOGITS=1 only.",
            empty=_NO_SEARCH,
        ),
        timeseries(
            "Preemptions of a request",
            _mean(work.REQUEST_PREEMPTIONS).measured_in(Unit.NONE),
            why="How often a finished request was preempted, on average. Its work was then done again. vLLM reports it since 0.30.",
        ),
        table(
            "LoRA adapters",
            first_by(_TARGET, instant(work.LORA_REQUESTS)).measured_in(Unit.NONE),
            why="Adapters that each server runs and that wait for a place, as it noted them last. Requests that wait for one show as deferred on LLM serving. With several API servers, vLLM does not say which note is the last.",
            value=None,
            empty="No adapters",
        ),
    ), row(
        "",
        timeseries(
            "Estimated operations of a GPU",
            avg_by(_MODEL, rate(work.ESTIMATED_FLOPS, "5m") > 0),
            why="Floating-point operations per second of each GPU, as vLLM estimates them from the model's shape. Over what the card can do, it is the model's utilisation (MFU).",
            empty=_NO_ESTIMATE,
        ),
        timeseries(
            "Estimated memory traffic of a GPU",
            {
                "read": avg_by(_MODEL, rate(work.ESTIMATED_READ, "5m") > 0),
                "written": avg_by(_MODEL, rate(work.ESTIMATED_WRITTEN, "5m") > 0),
            },
            why="Bytes per second that each GPU reads from its memory and writes to it, as vLLM estimates them. Near what the card can do, decoding is bound by memory.",
            empty=_NO_ESTIMATE,
            many=True,
        ),
    )


def _total(of_models: Expr) -> Expr:
    return sum_by((), of_models)


def _all(outcome: str) -> Expr:
    return _total(vllm_only.of_outcome(outcome))


def _models(recorded: Record) -> Expr:
    return sum_by(_MODEL, instant(recorded))


def _per_second(counter: Counter) -> Expr:
    return sum_by(_MODEL, rate(counter, "5m"))


def _mean(histogram: Histogram) -> Expr:
    return mean(_per_second(histogram.sum), _per_second(histogram.count))


def _newest(gauge: Gauge) -> Expr:
    """With several API servers, each has its own."""
    return max_without(PROCESSES, instant(gauge))


def _per_draft(counter: Counter) -> Expr:
    return (_per_second(counter) / (_per_second(work.DRAFTS) > 0)).measured_in(Unit.TOKENS)


def _by_position() -> Expr:
    return sum_by((*_MODEL, "position"), rate(work.ACCEPTED_BY_POSITION, "5m"))
