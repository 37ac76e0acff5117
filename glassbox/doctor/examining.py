"""The whole examination of one Prometheus."""

from dataclasses import dataclass

from glassbox.compile.bundle import Bundle
from glassbox.doctor.buckets_there import buckets_in_the_way
from glassbox.doctor.fleet import Fleet, look_at, names_lately
from glassbox.doctor.loaded_rules import rules_in_the_way
from glassbox.doctor.obstacles import Obstacle, obstacles_of, shortest_window_seconds
from glassbox.doctor.outlook import Outlook, outlooks
from glassbox.doctor.recorded import Holdings, recorded_by
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Settings


@dataclass(frozen=True)
class Examination:
    """What was found, and what will work."""

    fleet: Fleet
    obstacles: tuple[Obstacle, ...]
    outlooks: tuple[Outlook, ...]

    @property
    def complete(self) -> bool:
        """Whether everything can work and nothing was found."""
        return not self.obstacles and not any(outlook.lacking for outlook in self.outlooks)


def examine(prometheus: Prometheus, bundle: Bundle, settings: Settings) -> Examination:
    """Ask the server; raises GlassboxError where it cannot be asked, or has no series at all."""
    names = names_lately(prometheus)
    recorded = recorded_by(bundle)
    fleet = look_at(prometheus, names)
    queries = [query for each in recorded.values() for query in each]
    found = obstacles_of(
        fleet,
        settings,
        prometheus,
        window_seconds=shortest_window_seconds(queries),
        recorded=frozenset(names) & frozenset(recorded),
    )
    in_the_way = (
        *found,
        *rules_in_the_way(prometheus, bundle),
        *buckets_in_the_way(prometheus, queries, frozenset(names)),
    )
    return Examination(fleet, in_the_way, tuple(outlooks(bundle, Holdings(names, recorded))))
