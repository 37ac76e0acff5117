"""Rows on KV caches: how they travel between servers, where input is found, and what is offloaded. Read from vLLM's raw series."""

from dashboards.lines import BY_MODEL
from glassbox.board.dashboard import Row, row
from glassbox.board.panels import timeseries
from glassbox.board.style import GREEN, RED, YELLOW, Line
from glassbox.metrics.of_vllm import kv_offload, kv_transfer, work
from glassbox.metrics.types import Counter, Gauge, Histogram
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_by, max_without, mean, rate, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.query.wording import percent
from glassbox.settings.model import Thresholds
from recording_rules import engine, vllm_only
from recording_rules.sources import PROCESSES

NO_CONNECTOR = "No KV connector"
_NO_OFFLOAD = "No KV offload"
_OUTCOMES = {
    vllm_only.DONE: Line(GREEN),
    vllm_only.FAILED: Line(RED),
    vllm_only.EXPIRED: Line(YELLOW),
    vllm_only.LATE: Line("orange"),
}


def transfers(limits: Thresholds) -> tuple[Row, Row]:
    """How KV caches travel, how long it takes, and what fails."""
    return row(
        "KV transfers",
        timeseries(
            "KV transfers",
            sum_by(("outcome",), instant(vllm_only.TRANSFERS)),
            lines=_OUTCOMES,
            why=f"Transfers per second of all ranks, and requests whose KV cache expired before it was fetched. Late: a rank reported that it had read blocks after they expired, so they may have been another request's. More than {percent(limits.kv_transfer_failed_ratio)} failed raises InferenceKVTransferFailing.",
            empty=NO_CONNECTOR,
            may_be_empty=True,
        ),
        timeseries(
            "Time of a transfer",
            {"NIXL": mean_of(kv_transfer.NIXL_XFER_TIME), "Mooncake": mean_of(kv_transfer.MOONCAKE_XFER_TIME)},
            why="Mean time of a transfer that succeeded. It grows with the prompt. If the bytes are as usual, look at the network between the servers.",
            empty=NO_CONNECTOR,
            may_be_empty=True,
            many=True,
        ),
        timeseries(
            "Transferred bytes",
            {
                "NIXL": per_second(kv_transfer.NIXL_BYTES.sum),
                "Mooncake": per_second(kv_transfer.MOONCAKE_BYTES.sum),
                "store": per_second(kv_transfer.STORE_BYTES),
                "UMBP": per_second(kv_transfer.UMBP_BYTES),
            },
            why="Bytes of KV caches per second. Near what the network carries, transfers wait for each other.",
            empty=NO_CONNECTOR,
            may_be_empty=True,
            many=True,
        ),
    ), row(
        "",
        timeseries(
            "Transfer and first token",
            {
                "transfer": max_by(BY_MODEL, vllm_only.transfer_time()),
                "first token": engine.TIME_TO_FIRST_TOKEN.mean(BY_MODEL).and_(of_models(vllm_only.TRANSFER_TIME)),
            },
            why="The least that a request waits for its transfers, beside its mean time to first token. Ranks transfer at the same time, so their times do not add up.",
            empty=NO_CONNECTOR,
            may_be_empty=True,
            many=True,
        ),
        timeseries(
            "Requests that fetch",
            sum_by(("stage",), _newest(kv_transfer.KV_FETCH_STAGES)),
            why="Waiting requests by how far their KV cache is. Many that wait to start: transfers are too slow. Many that are completed: the engine is full. vLLM reports them since 0.32.",
            stacked=True,
            empty=NO_CONNECTOR,
            may_be_empty=True,
        ),
        timeseries(
            "Failures of other connectors",
            {
                "store": per_second(kv_transfer.STORE_FAILED_KEYS),
                "HF3FS load": per_second(kv_transfer.HF3FS_FAILED_LOADS),
                "HF3FS save": per_second(kv_transfer.HF3FS_FAILED_SAVES),
                "UMBP": per_second(kv_transfer.UMBP_FAILED),
            },
            why="Keys, loads, saves and objects per second that failed. What is not found is computed again, so answers come later. No alert reads these.",
            empty=NO_CONNECTOR,
            may_be_empty=True,
            many=True,
        ),
    )


def caches() -> tuple[Row, Row]:
    """Where input was found, and what is kept outside of the GPU."""
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
            ratio(per_second(work.EXTERNAL_CACHE_HITS), per_second(work.EXTERNAL_CACHE_QUERIES)),
            why="Share of the input tokens looked up beyond this server that were found there. Low after a deployment: the store was emptied, or prompts changed.",
            maximum=1,
            empty=NO_CONNECTOR,
            may_be_empty=True,
        ),
    ), row(
        "",
        timeseries(
            "Offloaded bytes",
            {
                "load": per_second(kv_offload.LOAD_BYTES),
                "store": per_second(kv_offload.STORE_BYTES),
                "read from tier": per_second(kv_offload.TIER_READ_BYTES),
                "written to tier": per_second(kv_offload.TIER_WRITE_BYTES),
            },
            why="Bytes per second between the GPU and the host's memory, and between that and the tiers below it. Stores without loads: nothing of what is kept is used again.",
            empty=_NO_OFFLOAD,
            may_be_empty=True,
            many=True,
        ),
        timeseries(
            "Offload failures",
            {
                "no room": per_second(kv_offload.ALLOCATION_FAILURES),
                "skipped": per_second(kv_offload.STORES_SKIPPED),
                "failed to load": per_second(kv_offload.TIER_PROMOTION_FAILURES),
                "failed to store": per_second(kv_offload.TIER_CASCADE_FAILURES),
                "dropped": per_second(kv_offload.TIER_STORES_DROPPED),
            },
            why="What was not kept or not fetched, per second. No room: give the host's cache more memory. Dropped: the tier is too slow.",
            empty=_NO_OFFLOAD,
            may_be_empty=True,
            many=True,
        ),
        timeseries(
            "Offload memory in use",
            {"load and store": max_by(BY_MODEL, _newest(kv_offload.CPU_USAGE))},
            why="Share of the host's memory for KV caches that transfers hold just now, of the fullest engine. It is not how full that cache is. Near 100%, stores fail for lack of room.",
            maximum=1,
            empty=_NO_OFFLOAD,
            may_be_empty=True,
        ),
    )


def of_models(recorded: Record) -> Expr:
    """What is recorded, all versions and services of a model together."""
    return sum_by(BY_MODEL, instant(recorded))


def per_second(counter: Counter) -> Expr:
    """Growth per second of each model."""
    return sum_by(BY_MODEL, rate(counter, "5m"))


def mean_of(histogram: Histogram) -> Expr:
    """The mean of each model, in seconds unless something else is measured."""
    return mean(per_second(histogram.sum), per_second(histogram.count))


def _newest(gauge: Gauge) -> Expr:
    """With several API servers, each has its own."""
    return max_without(PROCESSES, instant(gauge))
