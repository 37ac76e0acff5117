"""Colours by value that several boards share."""

from glassbox.board.style import NEUTRAL, RED, YELLOW, Steps
from glassbox.settings.model import Thresholds

# Practically full. A full cache is normal under load as long as nobody waits.
_KV_CACHE_EXHAUSTED_RATIO = 0.98


def kv_cache_steps(limits: Thresholds) -> Steps:
    """Yellow where InferenceKVCacheNearlyFull begins, red where practically nothing is left. That there is room is neither good nor bad."""
    high = limits.kv_cache_high_ratio
    return Steps(NEUTRAL, ((high, YELLOW), (max(high, _KV_CACHE_EXHAUSTED_RATIO), RED)))
