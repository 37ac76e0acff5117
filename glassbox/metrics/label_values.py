"""How many values the labels of one server have: what makes several series of one metric."""

from collections.abc import Mapping

# Counted in what vLLM 0.32 and SGLang answered at /metrics (demo/expositions); a host has up to eight GPUs.
_OF_EVERY_METRIC: Mapping[str, int] = {"finished_reason": 5, "sleep_state": 3, "is_streaming": 2, "gpu": 8}
_OF_METRICS: Mapping[tuple[str, str], int] = {
    ("vllm:num_requests_waiting_by_reason", "reason"): 2,
    ("vllm:admission_rejections_total", "reason"): 2,
    ("vllm:prompt_tokens_by_source_total", "source"): 3,
    ("vllm:prompt_tokens_cached_by_source_total", "source"): 5,
    ("sglang:realtime_tokens_total", "mode"): 3,
}


def values_of_label(metric: str, label: str) -> int:
    """Of this metric in one server; 1 for labels that are not known to have several, such as those of the server itself."""
    return _OF_METRICS.get((metric, label)) or _OF_EVERY_METRIC.get(label, 1)
