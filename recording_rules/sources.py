"""vLLM and our exporter as one source: the query of either, without counting a request twice where a process has both."""

from kit.expr import Expr, not_regex
from kit.promql import instant, rate
from metrics import vllm
from metrics.types import Counter
from recording_rules.levels import TARGET

# Our exporter files undeclared paths under `other`; series without the label are vLLM's.
DECLARED = not_regex("|other")


def either(from_vllm: Expr, from_service: Expr) -> Expr:
    """vLLM's series, and the service's where the same process exposes no vLLM series."""
    return from_vllm.or_(from_service.unless(instant(vllm.NUM_REQUESTS_RUNNING), on=TARGET))


def rates(from_vllm: Counter, from_service: Counter, window: str) -> Expr:
    """Growth each second of what the two counters count."""
    return either(rate(from_vllm, window), rate(from_service, window, endpoint=DECLARED))
