"""KV caches beyond the GPU: memory of the host, tiers below it, and the life of blocks (vLLM 0.33, `v1/kv_offload`).

Gauges of the offloading connector carry a label `pid` with several API servers. Usage is what transfers hold just now, not how
full a tier is. The names with `transfer_type` are older and still there.
"""

from glassbox.metrics.of_vllm.declaring import ENGINE, counter, gauge, histogram
from glassbox.metrics.types import Gauge, Unit

_OFFLOAD, _TIERS = "only with the offloading connector", "only with tiers of the offloading connector"
_SIMPLE, _HISPARSE = "only with the simple offloading connector", "only with HiSparse"
_BLOCKS = "only with --kv-cache-metrics, which samples blocks"

_TRANSFER_BYTES = (1e6, 5e6, 10e6, 20e6, 40e6, 60e6, 80e6, 100e6, 150e6, 200e6)
_ALLOCATED_CHUNKS = (1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144)
_SYNC_SECONDS = (0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1)
_ASYNC_SECONDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
_LIFE_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)  # fmt: skip

LOAD_BYTES = counter("kv_offload_load_bytes", Unit.BYTES, "Bytes loaded back to the GPU.", since="0.24.0", absent=_OFFLOAD)  # fmt: skip
LOAD_TIME = counter("kv_offload_load_time", Unit.SECONDS, "Time of loads to the GPU.", since="0.24.0", absent=_OFFLOAD)
LOAD_SIZE = histogram("kv_offload_load_size", Unit.BYTES, "Bytes of a load to the GPU.", bounds=_TRANSFER_BYTES, since="0.24.0", absent=_OFFLOAD)  # fmt: skip
STORE_BYTES = counter("kv_offload_store_bytes", Unit.BYTES, "Bytes stored from the GPU.", since="0.24.0", absent=_OFFLOAD)  # fmt: skip
STORE_TIME = counter("kv_offload_store_time", Unit.SECONDS, "Time of stores from the GPU.", since="0.24.0", absent=_OFFLOAD)  # fmt: skip
STORE_SIZE = histogram("kv_offload_store_size", Unit.BYTES, "Bytes of a store from the GPU.", bounds=_TRANSFER_BYTES, since="0.24.0", absent=_OFFLOAD)  # fmt: skip
STORES_SKIPPED = counter("kv_offload_stores_skipped", Unit.EVENTS, "Stores that were left out.", since="0.24.0", absent=_OFFLOAD)  # fmt: skip
ALLOCATION_FAILURES = counter("kv_offload_allocation_failure", Unit.EVENTS, "Stores for which there was no room.", since="0.26.0", absent=_OFFLOAD)  # fmt: skip
LOOKUP_TIME = histogram("kv_offload_lookup_sync_delay_seconds", Unit.SECONDS, "Time of one lookup call.", bounds=_SYNC_SECONDS, since="0.26.0", absent=_OFFLOAD)  # fmt: skip
LOOKUP_WAIT = histogram("kv_offload_lookup_async_delay_seconds", Unit.SECONDS, "Time from a request's first lookup that was put off until one was answered.", bounds=_ASYNC_SECONDS, since="0.26.0", absent=_OFFLOAD)  # fmt: skip
CPU_ALLOCATIONS = histogram("kv_offload_cpu_allocation_size", Unit.EVENTS, "Chunks of an allocation in the host's memory.", bounds=_ALLOCATED_CHUNKS, since="0.26.0", absent=_OFFLOAD)  # fmt: skip
CPU_USAGE = gauge("kv_offload_cpu_cache_usage_perc", Unit.RATIO, "Share of the host's memory for KV caches that transfers hold, 0..1.", since="0.24.0", absent=_OFFLOAD)  # fmt: skip
CPU_READ_USAGE = gauge("kv_offload_cpu_cache_read_usage_perc", Unit.RATIO, "The part of it that loads hold.", since="0.26.0", absent=_OFFLOAD)  # fmt: skip
CPU_WRITE_USAGE = gauge("kv_offload_cpu_cache_write_usage_perc", Unit.RATIO, "The part of it that stores hold.", since="0.26.0", absent=_OFFLOAD)  # fmt: skip
TOTAL_BYTES = counter("kv_offload_total_bytes", Unit.BYTES, "Bytes moved, by direction: CPU_to_GPU or GPU_to_CPU.", "transfer_type", since="0.16.0", absent=_OFFLOAD)  # fmt: skip
TOTAL_TIME = counter("kv_offload_total_time", Unit.SECONDS, "Time of moves, by direction.", "transfer_type", since="0.16.0", absent=_OFFLOAD)  # fmt: skip
TOTAL_SIZE = histogram("kv_offload_size", Unit.BYTES, "Bytes of a move, by direction.", "transfer_type", bounds=_TRANSFER_BYTES, since="0.16.0", absent=_OFFLOAD)  # fmt: skip

TIER_READ_BYTES = counter("kv_offload_tiering_read_bytes", Unit.BYTES, "Bytes read from a tier into the host's memory.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_READ_TIME = counter("kv_offload_tiering_read_time", Unit.SECONDS, "Time of reads from a tier.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_WRITE_BYTES = counter("kv_offload_tiering_write_bytes", Unit.BYTES, "Bytes written to a tier.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_WRITE_TIME = counter("kv_offload_tiering_write_time", Unit.SECONDS, "Time of writes to a tier.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_QUERIES = counter("kv_offload_tiering_chunk_queries", Unit.EVENTS, "Chunks that were looked up in a tier.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_HITS = counter("kv_offload_tiering_chunk_hits", Unit.EVENTS, "Chunks that were found in a tier.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_PROMOTION_FAILURES = counter("kv_offload_tiering_promotion_job_failures", Unit.EVENTS, "Moves from a tier into the host's memory that failed.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_CASCADE_FAILURES = counter("kv_offload_tiering_cascade_job_failures", Unit.EVENTS, "Moves down to a tier that failed.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_ALLOCATION_FAILURES = counter("kv_offload_tiering_promotion_allocation_failures", Unit.EVENTS, "Moves up for which the host's memory had no room.", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_STORES_DROPPED = counter("kv_offload_tiering_backpressure_stores_dropped", Unit.EVENTS, "Stores that were dropped because the tier is slow.", "tier", since="0.31.0", absent=_TIERS)  # fmt: skip
TIER_BLOCKS_DROPPED = counter("kv_offload_tiering_backpressure_blocks_dropped", Unit.EVENTS, "Blocks of these stores.", "tier", since="0.31.0", absent=_TIERS)  # fmt: skip
TIER_STORE_LATENCY = gauge("kv_offload_tiering_backpressure_store_latency_ema", Unit.NONE, "Moving mean of the seconds that storing a MiB takes.", "tier", since="0.31.0", absent=_TIERS)  # fmt: skip
TIER_PROMOTIONS = gauge("kv_offload_tiering_active_promotion_jobs", Unit.EVENTS, "Moves up that are under way.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_CASCADES = gauge("kv_offload_tiering_active_cascade_jobs", Unit.EVENTS, "Moves down that are under way.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_READ_USAGE = gauge("kv_offload_tiering_primary_read_usage_perc", Unit.RATIO, "Share of the host's memory for KV caches that moves down hold, 0..1.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_WRITE_USAGE = gauge("kv_offload_tiering_primary_write_usage_perc", Unit.RATIO, "The same of moves up.", "tier", since="0.28.0", absent=_TIERS)  # fmt: skip
TIER_LOOKUP_TIME = histogram("kv_offload_tiering_lookup_sync_delay_seconds", Unit.SECONDS, "Time of a lookup in a tier that was answered at once.", "tier", bounds=_SYNC_SECONDS, since="0.26.0", absent=_TIERS)  # fmt: skip
TIER_LOOKUP_WAIT = histogram("kv_offload_tiering_lookup_async_delay_seconds", Unit.SECONDS, "Time from a lookup in a tier that was put off until it was answered.", "tier", bounds=_ASYNC_SECONDS, since="0.26.0", absent=_TIERS)  # fmt: skip
# The bounds are those that its pull request (53910) gives: from 100 µs to 10 s.
TIER_PROMOTION_TIME = histogram("kv_offload_tiering_promotion_latency_seconds", Unit.SECONDS, "Time of a move up.", "tier", "result", bounds=_ASYNC_SECONDS, since="0.33.0", absent=_TIERS)  # fmt: skip

SIMPLE_LOADED = counter("simple_kv_offload_load_blocks", Unit.EVENTS, "Blocks restored to the GPU: prefill that was not needed.", since="0.31.0", absent=_SIMPLE)  # fmt: skip
SIMPLE_OUTCOMES = counter("simple_kv_offload_save_outcomes", Unit.EVENTS, "Decisions about stores, by outcome.", "outcome", since="0.31.0", absent=_SIMPLE)  # fmt: skip
SIMPLE_PENDING = gauge("simple_kv_offload_pending_store_blocks", Unit.EVENTS, "Blocks of stores that have not ended. Growth means that a transfer is stuck.", since="0.31.0", absent=_SIMPLE)  # fmt: skip
SIMPLE_USED = gauge("simple_kv_offload_used_blocks", Unit.EVENTS, "Blocks that transfers or hits hold.", since="0.31.0", absent=_SIMPLE)  # fmt: skip

HISPARSE_HITS = counter("hisparse_cache_hits", Unit.EVENTS, "Hits in the hot buffers of the GPU.", since="0.32.0", absent=_HISPARSE)  # fmt: skip
HISPARSE_MISSES = counter("hisparse_cache_misses", Unit.EVENTS, "Misses in the hot buffers of the GPU.", since="0.32.0", absent=_HISPARSE)  # fmt: skip
HISPARSE_BYTES = counter("hisparse_host_to_device_bytes", Unit.BYTES, "Bytes moved from the host to the hot buffers.", since="0.32.0", absent=_HISPARSE)  # fmt: skip
HISPARSE_USAGE = gauge("hisparse_host_cache_usage_perc", Unit.RATIO, "Use of the host's KV cache, 0..1. Blocks that may be evicted count as free.", since="0.32.0", absent=_HISPARSE)  # fmt: skip
HISPARSE_PENDING = gauge("hisparse_pending_page_transfers", Unit.EVENTS, "Page transfers that have not ended.", since="0.32.0", absent=_HISPARSE)  # fmt: skip
HISPARSE_IDLE = histogram("hisparse_host_block_idle_before_evict_seconds", Unit.SECONDS, "How long a block of the host was not used before it was evicted.", bounds=_LIFE_SECONDS, since="0.32.0", absent=_BLOCKS)  # fmt: skip
HISPARSE_LIFETIME = histogram("hisparse_host_block_lifetime_seconds", Unit.SECONDS, "How long a block of the host lived.", bounds=_LIFE_SECONDS, since="0.32.0", absent=_BLOCKS)  # fmt: skip
HISPARSE_REUSE = histogram("hisparse_host_block_reuse_gap_seconds", Unit.SECONDS, "Time between two uses of a block of the host.", bounds=_LIFE_SECONDS, since="0.32.0", absent=_BLOCKS)  # fmt: skip

BLOCK_IDLE = histogram("kv_block_idle_before_evict_seconds", Unit.SECONDS, "How long a block was not used before it was evicted.", bounds=_LIFE_SECONDS, since="0.12.0", absent=_BLOCKS)  # fmt: skip
BLOCK_LIFETIME = histogram("kv_block_lifetime_seconds", Unit.SECONDS, "How long a block lived.", bounds=_LIFE_SECONDS, since="0.12.0", absent=_BLOCKS)  # fmt: skip
BLOCK_REUSE = histogram("kv_block_reuse_gap_seconds", Unit.SECONDS, "Time between two uses of a block.", bounds=_LIFE_SECONDS, since="0.12.0", absent=_BLOCKS)  # fmt: skip

SIMPLE_INFO = gauge("simple_kv_offload_info", Unit.NONE, "1, with the connector's settings as labels.", "backend", "page_cache", "lazy_offload", "capacity_blocks", since="0.31.0", absent=_SIMPLE)  # fmt: skip
CONFIG_INFO = Gauge(
    name="vllm:kv_offload_config_info",
    unit=Unit.NONE,
    labels=ENGINE,
    help="1, with what the offloading declares about itself as labels.",
    since="0.33.0",
    often_absent=_OFFLOAD,
    open_labels=True,
)
