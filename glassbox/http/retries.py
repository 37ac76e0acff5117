"""How long our HTTP clients wait, and which requests they repeat."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping

CONNECT_TIMEOUT_SECONDS = 5.0
RETRIES = 3
"""Of a request, unless less depends on it."""
RETRY_AFTER_MAX_SECONDS = 30.0
PAUSES_MAX_SECONDS = 120.0
"""Of all pauses of a command together."""
_LONGEST_NUMBER = 9
RETRIED_READS = frozenset({429, 502, 503, 504})
RETRIED_WRITES = frozenset({429})


class Patience:
    """The pauses of one command before it repeats requests, bounded as a whole. `pause` takes seconds."""

    pause: Callable[[float], object] = staticmethod(time.sleep)

    def __init__(self) -> None:
        self.left_seconds = PAUSES_MAX_SECONDS

    def waited(self, attempt: int, headers: Mapping[str, str]) -> bool:
        """Wait before another attempt, `attempt` of them made; False where it is not worth it or patience has ended.

        A server that asks for more than RETRY_AFTER_MAX_SECONDS is not waited for at all: any earlier attempt is refused too.
        """
        asked = asked_for_seconds(headers.get("Retry-After", ""))
        if attempt > RETRIES or self.left_seconds <= 0 or asked > RETRY_AFTER_MAX_SECONDS:
            return False
        seconds = min(asked or _backoff(attempt), self.left_seconds)
        self.left_seconds -= seconds
        self.pause(seconds)
        return True


def is_repeated(method: str, status: int) -> bool:
    """Whether an answer of this status asks for another attempt: the rule of Grafana's own command line tool gcx."""
    return status in (RETRIED_READS if method == "GET" else RETRIED_WRITES)


def _backoff(attempt: int) -> float:
    """0.5, 1, 2 seconds, each shortened by up to half at random."""
    longest = 0.5 * 2.0 ** (attempt - 1)
    return random.uniform(longest / 2, longest)


def asked_for_seconds(text: str) -> float:
    """The seconds of a Retry-After; 0 for none and for nonsense."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_LONGEST_NUMBER])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
