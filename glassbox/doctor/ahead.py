"""Samples whose time is in the future: no board and no alert sees them until then."""

from collections.abc import Iterator

from glassbox.doctor.listing import roughly
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import by
from glassbox.prometheus.api import Prometheus

# From a minute to a day ahead: less is what clocks differ by, and a longer range is more than some servers take.
_AHEAD = "[1439m] offset -1d"
_AHEAD_STEPS = "[1439m:5m] offset -1d"


def samples_ahead(prometheus: Prometheus, services: str) -> Iterator[Obstacle]:
    """Jobs that have samples of up, or of the services that this selector reads, from after the next minute; raises GlassboxError."""
    selectors = ["up", *filter(None, [services])]
    counts = " or ".join(f"count by (job) (last_over_time({each}{_AHEAD}))" for each in selectors)
    ahead = by(prometheus.now(counts), "job")
    if not ahead:
        return
    ends = " or ".join(f"max by (job) (max_over_time(timestamp({each}){_AHEAD_STEPS})) - time()" for each in selectors)
    furthest = by(prometheus.now(ends), "job")
    for job in sorted(ahead):
        yield Obstacle(
            job,
            f"has samples of up to {roughly(furthest.get(job, 60))} after now, by the clock of this server",
            "compare the clocks of what it scrapes, or of what writes to it; no board and no alert reads them before their time",
        )
