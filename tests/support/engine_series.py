"""What each engine exposes of the same work, written by hand from its sources: two replicas under one job, and a vLLM server beside them.

Every replica does the same within each 15 s (`WORK`), so that whatever an engine calls it, and in whatever unit, the records agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass

STEP_SECONDS = 15
JOB, MODEL = "vllm", "m"
REPLICAS = ("a:1", "b:1")
# Levels of one replica.
LEVELS = {"running": 6, "waiting": 3, "kv": 0.75}
# What one replica counts in a step. Names that end in `_seconds` are sums of times.
WORK = {
    "prompt": 1500,
    "generated": 3000,
    "cached": 600,
    "finished": 30,
    "preempted": 3,
    "refused": 1.5,
    "failed": 1.5,
    "invalid": 3,
    "left": 6,
    "e2e_seconds": 150,
    "first_token_seconds": 15,
    "between_tokens_seconds": 60,
    "per_token_seconds": 0.6,
    "queue_seconds": 7.5,
    "prefill_seconds": 7.5,
    "decode_seconds": 120,
    "inference_seconds": 127.5,
}
# Of each histogram, this share of the observations is within the one finite bound that is written.
WITHIN = 2 / 3


@dataclass(frozen=True)
class Exposed:
    """One series of a replica: a level, or what grows by `share` of the work times `factor`."""

    name: str
    quantity: str
    labels: str = ""
    factor: float = 1

    def values(self, times: int) -> str:
        """As promtool reads them: 80 steps."""
        if self.quantity in LEVELS:
            return f"{LEVELS[self.quantity] * self.factor:.10g}x80"
        return f"0+{self.growth * times:.10g}x80"

    @property
    def growth(self) -> float:
        """What a counter grows by in a step."""
        return WORK[self.quantity] * self.factor

    def hastened(self) -> str:
        """As `values`, with three times the work of a step from 14:15 on, which is 45 s before it is asked for."""
        if self.quantity in LEVELS:
            return self.values(1)
        return f"0+{self.growth:.10g}x57 {self.growth * 60:.10g}+{self.growth * 3:.10g}x22"


def histogram(
    name: str, total: str, count: str, bound: str, labels: str, *, factor: float = 1, share: float = 1
) -> Iterator[Exposed]:
    """Its three parts, with one finite bucket."""
    more = f"{labels}," if labels else ""
    yield Exposed(f"{name}_sum", total, labels, factor * share)
    yield Exposed(f"{name}_count", count, labels, share)
    yield Exposed(f"{name}_bucket", count, f'{more}le="{bound}"', WITHIN * share)
    yield Exposed(f"{name}_bucket", count, f'{more}le="+Inf"', share)


def vllm() -> Iterator[Exposed]:
    engine = f'model_name="{MODEL}",engine="0"'
    yield Exposed("vllm:num_requests_running", "running", engine)
    yield Exposed("vllm:num_requests_waiting", "waiting", engine)
    yield Exposed("vllm:kv_cache_usage_perc", "kv", engine)
    for name, quantity in {
        "prompt_tokens": "prompt",
        "generation_tokens": "generated",
        "num_preemptions": "preempted",
        "prefix_cache_queries": "prompt",
        "prefix_cache_hits": "cached",
    }.items():
        yield Exposed(f"vllm:{name}_total", quantity, engine)
    yield Exposed("vllm:request_success_total", "finished", f'{engine},finished_reason="stop"')
    yield Exposed("vllm:admission_rejections_total", "refused", f'model_name="{MODEL}",reason="max_num_queued_reqs"')
    for name, (total, count, bound) in {
        "e2e_request_latency_seconds": ("e2e_seconds", "finished", "10.0"),
        "time_to_first_token_seconds": ("first_token_seconds", "finished", "2.5"),
        "inter_token_latency_seconds": ("between_tokens_seconds", "generated", "0.1"),
        "request_time_per_output_token_seconds": ("per_token_seconds", "finished", "0.1"),
        "request_queue_time_seconds": ("queue_seconds", "finished", "10.0"),
        "request_prefill_time_seconds": ("prefill_seconds", "finished", "10.0"),
        "request_decode_time_seconds": ("decode_seconds", "finished", "10.0"),
        "request_inference_time_seconds": ("inference_seconds", "finished", "10.0"),
        "request_prompt_tokens": ("prompt", "finished", "100.0"),
        "request_generation_tokens": ("generated", "finished", "100.0"),
    }.items():
        yield from histogram(f"vllm:{name}", total, count, bound, engine)


# Tensor-parallel ranks report the same, but for one that is late; the work is divided between data-parallel ranks.
_SHARES = {"0": 2 / 3, "1": 1 / 3}
_LATE = {"0": 1.0, "1": 0.9}


def _ranks() -> Iterator[tuple[str, float, float]]:
    """Labels, how far it is, and share of the work of each rank of an SGLang server; a priority has series of its own beside their total."""
    server = f'model_name="{MODEL}",engine_type="unified",pp_rank="0",moe_ep_rank="0"'
    for rank, share in _SHARES.items():
        for tensor, late in _LATE.items():
            yield f'{server},tp_rank="{tensor}",dp_rank="{rank}"', late, share * late
    yield f'{server},tp_rank="0",dp_rank="0",priority="1"', 1, 1


def sglang() -> Iterator[Exposed]:
    server = f'model_name="{MODEL}",engine_type="unified"'
    for labels, late, share in _ranks():
        yield Exposed("sglang:num_running_reqs", "running", labels, share)
        yield Exposed("sglang:num_queue_reqs", "waiting", labels, share)
        yield Exposed("sglang:full_token_usage", "kv", labels, late)
        yield Exposed("sglang:token_usage", "kv", labels, 1.1 * late)
        yield Exposed("sglang:realtime_tokens_total", "generated", f'{labels},mode="decode"', share)
        yield Exposed("sglang:realtime_tokens_total", "prompt", f'{labels},mode="prefill_compute"', share * 0.6)
        yield Exposed("sglang:realtime_tokens_total", "prompt", f'{labels},mode="prefill_cache"', share * 0.4)
        yield Exposed("sglang:num_retracted_requests_total", "preempted", labels, share)
        yield from histogram("sglang:queue_time_seconds", "queue_seconds", "finished", "10.0", labels, share=share)
    for streaming, share in (("true", 0.75), ("false", 0.25)):
        labels = f'{server},is_streaming="{streaming}"'
        yield Exposed("sglang:num_requests_total", "finished", labels, share)
        yield Exposed("sglang:prompt_tokens_total", "prompt", labels, share)
        for name, total, bound in (
            ("e2e_request_latency", "e2e_seconds", "10.0"),
            ("time_to_first_token", "first_token_seconds", "2.0"),
            ("request_time_per_output_token", "per_token_seconds", "0.1"),
        ):
            yield from histogram(f"sglang:{name}_seconds", total, "finished", bound, labels, share=share)
    for source, share in (("device", 0.75), ("host", 0.25)):
        yield Exposed("sglang:cached_tokens_total", "cached", f'{server},cache_source="{source}"', share)
    yield from histogram("sglang:inter_token_latency_seconds", "between_tokens_seconds", "generated", "0.1", server)
    yield from histogram("sglang:prompt_tokens_histogram", "prompt", "finished", "100.0", server)
    yield from histogram("sglang:generation_tokens_histogram", "generated", "finished", "100.0", server)
    for status, quantity, share in (
        ("200", "finished", 1),
        ("500", "failed", 1 / 3),
        ("503", "failed", 2 / 3),
        ("400", "invalid", 1),
    ):
        labels = f'endpoint="/v1/completions",method="POST",status_code="{status}"'
        yield Exposed("sglang:http_responses_total", quantity, labels, share)
    for status, quantity in (("200", "finished"), ("503", "failed")):
        labels = f'endpoint="/health",method="GET",status_code="{status}"'
        yield Exposed("sglang:http_responses_total", quantity, labels)


def trtllm() -> Iterator[Exposed]:
    server = f'model_name="{MODEL}",engine_type="trtllm"'
    yield Exposed("trtllm_num_requests_running", "running", server)
    yield Exposed("trtllm_num_requests_waiting", "waiting", server)
    yield Exposed("trtllm_kv_cache_utilization", "kv", server)
    yield Exposed("trtllm_prompt_tokens_total", "prompt", server)
    yield Exposed("trtllm_generation_tokens_total", "generated", server)
    yield Exposed("trtllm_prompt_cached_tokens_total", "cached", server)
    for reason, share in (("stop", 0.75), ("length", 0.25)):
        yield Exposed("trtllm_request_success_total", "finished", f'{server},finished_reason="{reason}"', share)
    yield Exposed("trtllm_request_error_total", "failed", f'{server},http_code="500"')
    yield Exposed("trtllm_request_error_total", "invalid", f'{server},http_code="400"')
    for name, total, bound in (
        ("e2e_request_latency", "e2e_seconds", "10.0"),
        ("time_to_first_token", "first_token_seconds", "2.5"),
        ("time_per_output_token", "per_token_seconds", "0.1"),
        ("request_queue_time", "queue_seconds", "10.0"),
        ("request_prefill_time", "prefill_seconds", "10.0"),
        ("request_decode_time", "decode_seconds", "10.0"),
        ("request_inference_time", "inference_seconds", "10.0"),
    ):
        yield from histogram(f"trtllm_{name}_seconds", total, "finished", bound, server)


def tgi() -> Iterator[Exposed]:
    """Without any label of the model: that of the target names it."""
    target = f'model_name="{MODEL}"'
    yield Exposed("tgi_batch_current_size", "running", target)
    yield Exposed("tgi_queue_size", "waiting", target)
    yield Exposed("tgi_request_success", "finished", target)
    for error, quantity in (
        ("overloaded", "refused"),
        ("generation", "failed"),
        ("validation", "invalid"),
        ("dropped", "left"),
    ):
        yield Exposed("tgi_request_failure", quantity, f'{target},err="{error}"')
    for name, total, bound in (
        ("duration", "e2e_seconds", "8.52226929923929"),
        ("queue_duration", "queue_seconds", "8.52226929923929"),
        ("inference_duration", "inference_seconds", "8.52226929923929"),
        ("mean_time_per_token_duration", "per_token_seconds", "0.09852612533569335"),
        ("input_length", "prompt", "40.96"),
        ("generated_tokens", "generated", "2048"),
    ):
        yield from histogram(f"tgi_request_{name}", total, "finished", bound, target)


def llamacpp() -> Iterator[Exposed]:
    """As TGI, without any label."""
    target = f'model_name="{MODEL}"'
    yield Exposed("llamacpp:requests_processing", "running", target)
    yield Exposed("llamacpp:requests_deferred", "waiting", target)
    yield Exposed("llamacpp:prompt_tokens_total", "prompt", target)
    yield Exposed("llamacpp:tokens_predicted_total", "generated", target)
    yield Exposed("llamacpp:tokens_predicted_seconds_total", "between_tokens_seconds", target)


_FAILURES = {"REJECTED": "refused", "BACKEND": "failed", "OTHER": "invalid", "CANCELED": "left"}


def triton() -> Iterator[Exposed]:
    """A model of another backend: the core alone speaks of it, in microseconds and milliseconds, for each of two cards."""
    for card in "01":
        model = f'model="{MODEL}",version="1",gpu_uuid="GPU-{card}"'
        yield Exposed("nv_inference_request_success", "finished", model, 0.5)
        yield Exposed("nv_inference_request_duration_us", "e2e_seconds", model, 0.5e6)
        yield Exposed("nv_inference_queue_duration_us", "queue_seconds", model, 0.5e6)
        yield Exposed("nv_inference_pending_request_count", "waiting", model, 0.5)
        for reason, quantity in _FAILURES.items():
            yield Exposed("nv_inference_request_failure", quantity, f'{model},reason="{reason}"', 0.5)
        yield from histogram(
            "nv_inference_first_response_histogram_ms",
            "first_token_seconds",
            "finished",
            "2000",
            model,
            factor=1e3,
            share=0.5,
        )


def triton_vllm() -> Iterator[Exposed]:
    """A model of the vLLM backend, whose own series count; the core's durations are those of handing a request over."""
    model = f'model="{MODEL}",version="1"'
    yield Exposed("nv_inference_request_success", "finished", model)
    for reason, quantity in _FAILURES.items():
        yield Exposed("nv_inference_request_failure", quantity, f'{model},reason="{reason}"')
    yield Exposed("nv_inference_request_duration_us", "e2e_seconds", model, 7)
    yield Exposed("nv_inference_queue_duration_us", "queue_seconds", model, 7)
    yield Exposed("nv_inference_pending_request_count", "waiting", model)
    yield Exposed("vllm:prompt_tokens_total", "prompt", model)
    yield Exposed("vllm:generation_tokens_total", "generated", model)
    for name, (total, count, bound) in {
        "e2e_request_latency_seconds": ("e2e_seconds", "finished", "10"),
        "time_to_first_token_seconds": ("first_token_seconds", "finished", "2.5"),
        "time_per_output_token_seconds": ("between_tokens_seconds", "generated", "0.1"),
        "request_prompt_tokens": ("prompt", "finished", "100"),
        "request_generation_tokens": ("generated", "finished", "100"),
    }.items():
        yield from histogram(f"vllm:{name}", total, count, bound, model)


def dynamo() -> Iterator[Exposed]:
    model = f'model="{MODEL}"'
    for name in ("active_requests", "inflight_requests"):
        yield Exposed(f"dynamo_frontend_{name}", "running", model)
    yield Exposed("dynamo_frontend_queued_requests", "waiting", model)
    yield Exposed("dynamo_frontend_output_tokens_total", "generated", model)
    request = f'{model},endpoint="chat_completions",request_type="stream"'
    for status, error, quantity in (
        ("success", "", "finished"),
        ("error", "internal", "failed"),
        ("error", "validation", "invalid"),
        ("error", "cancelled", "left"),
    ):
        labels = f'{request},status="{status}",error_type="{error}"'
        yield Exposed("dynamo_frontend_requests_total", quantity, labels)
    yield Exposed("dynamo_frontend_model_rejection_total", "refused", f'{model},endpoint="chat_completions"')
    for name, (total, count, bound) in {
        "request_duration_seconds": ("e2e_seconds", "finished", "8"),
        "time_to_first_token_seconds": ("first_token_seconds", "finished", "2.2"),
        "inter_token_latency_seconds": ("between_tokens_seconds", "generated", "0.084"),
        "input_sequence_tokens": ("prompt", "finished", "100"),
        "cached_tokens": ("cached", "finished", "100"),
        "output_sequence_tokens": ("generated", "finished", "100"),
    }.items():
        yield from histogram(f"dynamo_frontend_{name}", total, count, bound, model)
