"""How long our HTTP clients wait, and which requests they repeat."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Self

from niquests.packages import urllib3

CONNECT_TIMEOUT_SECONDS = 5.0
RETRIES = 3
RETRY_AFTER_MAX_SECONDS = 30
RETRIED_READS = frozenset({429, 502, 503, 504})
RETRIED_WRITES = frozenset({429})


class PatientRetry(urllib3.Retry):
    """Repeat reads on 429, 502, 503, 504 and lost connections; writes only on 429 and when no connection was made.

    The rule and the limits are those of Grafana's own command line tool gcx. A read that timed out is not repeated:
    four times the timeout is longer than anyone waits. `pause` takes seconds.
    """

    pause: Callable[[float], object] = staticmethod(time.sleep)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        return status_code in (RETRIED_READS if method == "GET" else RETRIED_WRITES)

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)  # type: ignore[return-value]  # new() keeps the class

    def get_backoff_time(self) -> float:
        """0.5, 1, 2 seconds, each shortened by up to half at random."""
        longest = 0.5 * 2 ** max(0, len(self.history) - 1)
        return random.uniform(longest / 2, longest)

    def sleep(self, response: Any = None) -> None:
        self.pause(self._retry_after(response) or self.get_backoff_time())

    def _retry_after(self, response: Any) -> float | None:
        try:
            return self.get_retry_after(response) if response else None
        except urllib3.exceptions.InvalidHeader:
            return None


def patient_retry() -> PatientRetry:
    """The retries of a new session: three at most, and at most 30 s of what Retry-After asks for."""
    return PatientRetry(
        RETRIES, other=0, allowed_methods=["GET"], raise_on_status=False, retry_after_max=RETRY_AFTER_MAX_SECONDS
    )
