"""Whether the server's clock agrees with ours, and whether samples arrive as they are taken."""

import time
from collections.abc import Iterator

from glassbox.doctor.listing import roughly
from glassbox.doctor.obstacles import Obstacle
from glassbox.prometheus.api import Prometheus

# Two machines that ask a time server differ by far less, and a rule is not evaluated more often.
_APART_SECONDS = 15
# Prometheus forgets a series after five minutes; most scrape at least once a minute.
_LATE_SECONDS = 120


def clocks_in_the_way(prometheus: Prometheus) -> Iterator[Obstacle]:
    """Clocks that differ by more than 15 s, and newest samples that are older than two minutes; raises GlassboxError.

    The server's time may lie anywhere within its answer, so a slow answer does not look like a wrong clock.
    """
    asked = time.time()
    told = prometheus.clock()
    answered = time.time()
    if told and (apart := max(asked - told[0], told[0] - answered)) > _APART_SECONDS:
        side = "behind" if told[0] < asked else "ahead of"
        yield Obstacle(
            "This server",
            f"has a clock that is {roughly(apart)} {side} the clock here",
            "compare both with a time server, since alerts and boards show its time",
        )
    for each in prometheus.now("time() - max(timestamp(up))"):
        if each.value > _LATE_SECONDS:
            yield Obstacle(
                "This server",
                f"has no sample of up from the last {roughly(each.value)}",
                "check whether it still scrapes, or receives late what others scrape; alerts are late by as much",
            )
