"""The whole examination of one Prometheus."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from glassbox.compile.bundle import Bundle
from glassbox.doctor.findings import Finding, findings, shortest_window_seconds
from glassbox.doctor.fleet import Fleet, look_at
from glassbox.doctor.outlook import Outlook, outlooks
from glassbox.doctor.recorded import Holdings, recorded_by
from glassbox.errors import GlassboxError
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Settings

# What was exposed within this time is there. A failed scrape ends all series of its target at once.
_LATELY_SECONDS = 900


@dataclass(frozen=True)
class Examination:
    """What was found, and what will work."""

    fleet: Fleet
    findings: tuple[Finding, ...]
    outlooks: tuple[Outlook, ...]

    @property
    def complete(self) -> bool:
        """Whether everything can work and nothing was found."""
        return not self.findings and not any(outlook.lacking for outlook in self.outlooks)


def examine(prometheus: Prometheus, bundle: Bundle, settings: Settings) -> Examination:
    """Ask the server; raises GlassboxError where it cannot be asked, or has no series at all."""
    now = int(time.time())
    names = prometheus.values_of("__name__", now - _LATELY_SECONDS, now)
    if not names:
        raise GlassboxError(
            f"Prometheus at {prometheus.url} has no series of the last {_LATELY_SECONDS // 60} minutes: check that it scrapes anything."
        )
    recorded = recorded_by(bundle)
    fleet = look_at(prometheus, names)
    found = findings(
        fleet,
        settings,
        prometheus,
        window_seconds=shortest_window_seconds(query for each in recorded.values() for query in each),
        recorded=frozenset(names) & frozenset(recorded),
    )
    return Examination(fleet, tuple(found), tuple(outlooks(bundle, _holdings(names, recorded))))


def _holdings(names: list[str], recorded: Mapping[str, list[str]]) -> Holdings:
    return Holdings(names, recorded)
