"""What requests ask for, where their prompts come from, what is speculated, and what the GPU is estimated to do (vLLM 0.33, `v1/metrics/loggers.py`)."""

from glassbox.metrics.of_vllm.declaring import counter, histogram
from glassbox.metrics.types import Counter, Gauge, Unit

_SPECULATION, _DIFFUSION = "only with speculative decoding", "only with diffusion models"
_REQUEST_TOKENS = (
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000,
    10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
)  # fmt: skip

PROMPT_TOKENS_BY_SOURCE = counter("prompt_tokens_by_source", Unit.TOKENS, "Prompt tokens by where they came from: local_compute, local_cache_hit or external_kv_transfer.", "source", since="0.16.0")  # fmt: skip
PROMPT_TOKENS_CACHED = counter("prompt_tokens_cached", Unit.TOKENS, "Prompt tokens that were not computed: from the cache, or transferred.", since="0.16.0")  # fmt: skip
PROMPT_TOKENS_CACHED_BY_SOURCE = counter("prompt_tokens_cached_by_source", Unit.TOKENS, "The same, counted as requests are admitted, by what held them: device, host, p2p, disk or external_unspecified.", "source", since="0.32.0")  # fmt: skip
EXTERNAL_CACHE_QUERIES = counter("external_prefix_cache_queries", Unit.TOKENS, "Prompt tokens that a KV connector looked up elsewhere; 0 without one.", since="0.11.1")  # fmt: skip
EXTERNAL_CACHE_HITS = counter("external_prefix_cache_hits", Unit.TOKENS, "Prompt tokens that a KV connector found elsewhere; 0 without one.", since="0.11.1")  # fmt: skip
PREFILL_TOKENS = histogram("request_prefill_kv_computed_tokens", Unit.TOKENS, "Prompt tokens of a finished request that were computed.", bounds=_REQUEST_TOKENS, ends_at="--max-model-len", since="0.13.0")  # fmt: skip

MAX_TOKENS_ASKED = histogram("request_params_max_tokens", Unit.TOKENS, "The parameter max_tokens of a finished request.", bounds=_REQUEST_TOKENS, ends_at="--max-model-len")  # fmt: skip
LONGEST_ANSWER = histogram("request_max_num_generation_tokens", Unit.TOKENS, "Tokens of the longest answer to a finished request.", bounds=_REQUEST_TOKENS, ends_at="--max-model-len")  # fmt: skip
ANSWERS_ASKED = histogram("request_params_n", Unit.EVENTS, "The parameter n of a finished request: how many answers it asks for.", bounds=(1, 2, 5, 10, 20))  # fmt: skip
REQUEST_PREEMPTIONS = histogram("request_num_preemptions", Unit.EVENTS, "How often a finished request was preempted; the first bucket holds 0 and 1.", bounds=(1, 2, 3, 4, 5, 10, 20), since="0.30.0")  # fmt: skip
CORRUPTED_REQUESTS = counter("corrupted_requests", Unit.REQUESTS, "Finished requests whose logits held NaN at least once.", since="0.11.1", absent="only with VLLM_COMPUTE_NANS_IN_LOGITS=1")  # fmt: skip
WATERMARKED_REQUESTS = counter("watermark_requests", Unit.REQUESTS, "Finished requests by watermark: watermarked, skipped or not_watermarked.", "status", since="0.32.0", absent="only with a watermark")  # fmt: skip

DRAFTS = counter("spec_decode_num_drafts", Unit.EVENTS, "Drafts that were proposed: one for each step of a request.", since="0.8.5", absent=_SPECULATION)  # fmt: skip
DRAFT_TOKENS = counter("spec_decode_num_draft_tokens", Unit.TOKENS, "Tokens of all drafts.", absent=_SPECULATION)
ACCEPTED_TOKENS = counter("spec_decode_num_accepted_tokens", Unit.TOKENS, "Tokens of drafts that the model accepted.", absent=_SPECULATION)  # fmt: skip
ACCEPTED_BY_POSITION = counter("spec_decode_num_accepted_tokens_per_pos", Unit.TOKENS, "The same by their position in the draft.", "position", since="0.8.5", absent=_SPECULATION)  # fmt: skip
CANVAS_POSITIONS = counter("diffusion_num_canvas_positions", Unit.EVENTS, "Positions that diffusion worked on.", since="0.24.0", absent=_DIFFUSION)  # fmt: skip
COMMITTED_TOKENS = counter("diffusion_num_committed_tokens", Unit.TOKENS, "Tokens that diffusion settled.", since="0.24.0", absent=_DIFFUSION)  # fmt: skip
DENOISING_STEPS = counter("diffusion_num_denoising_steps", Unit.EVENTS, "Steps of diffusion.", since="0.24.0", absent=_DIFFUSION)  # fmt: skip

_ESTIMATE = "as estimated from the model's shape; 0 unless --enable-mfu-metrics is set"
ESTIMATED_FLOPS = counter("estimated_flops_per_gpu", Unit.NONE, f"Floating-point operations of each GPU, {_ESTIMATE}.", since="0.17.0")  # fmt: skip
ESTIMATED_READ = counter("estimated_read_bytes_per_gpu", Unit.BYTES, f"Bytes that each GPU read from its memory, {_ESTIMATE}.", since="0.17.0")  # fmt: skip
ESTIMATED_WRITTEN = counter("estimated_write_bytes_per_gpu", Unit.BYTES, f"Bytes that each GPU wrote to its memory, {_ESTIMATE}.", since="0.17.0")  # fmt: skip

LORA_REQUESTS = Gauge(
    name="vllm:lora_requests_info",
    unit=Unit.TIMESTAMP_SECONDS,
    labels=("max_lora", "waiting_lora_adapters", "running_lora_adapters"),
    help="When the adapters in its labels were noted, which are lists; no model_name. With several API servers it is a sum of times.",
    often_absent="only with --enable-lora",
)
TOOL_CALLS = Counter(
    name="vllm:tool_call_parser_invocations_total",
    unit=Unit.EVENTS,
    labels=("model_name", "mode", "outcome", "request_type"),
    help="Calls of the parser of tool calls; while streaming one for each piece of an answer.",
    since="0.24.0",
    often_absent="appears with the first call",
)
