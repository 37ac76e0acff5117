"""The whole examination of one Prometheus."""

from dataclasses import dataclass

from glassbox.compile.bundle import Bundle
from glassbox.doctor.ahead import samples_ahead
from glassbox.doctor.buckets_there import buckets_in_the_way
from glassbox.doctor.clocks import clocks_in_the_way
from glassbox.doctor.fleet import Fleet, look_at, names_lately, services_selector
from glassbox.doctor.gpus_shared import measured_twice, whose_is_unknown
from glassbox.doctor.gpus_there import gpu_selectors
from glassbox.doctor.hidden_labels import hidden_labels
from glassbox.doctor.late_rules import late_rules
from glassbox.doctor.loaded_rules import lists_no_rules, rules_in_the_way
from glassbox.doctor.never_answered import never_answered
from glassbox.doctor.obstacles import Obstacle, obstacles_of, shortest_window_seconds
from glassbox.doctor.odd_names import native_alone, odd_names
from glassbox.doctor.odd_values import odd_values
from glassbox.doctor.outlook import Outlook, outlooks
from glassbox.doctor.prefill_there import prefill_in_the_way
from glassbox.doctor.recorded import Holdings, recorded_by
from glassbox.doctor.retention import retention_of
from glassbox.doctor.unfit_settings import unfit_settings
from glassbox.doctor.unknown_engines import unknown_engines
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Settings

NO_RULES = (
    "Whether rules are loaded, fail or are late: this server lists none. "
    "Where something else evaluates them, such as vmalert or a ruler, ask there."
)


def _jobs(fleet: Fleet, settings: Settings) -> frozenset[str]:
    """Those that other obstacles are about."""
    kinds = (fleet.services, fleet.down, fleet.gpus, fleet.gone)
    return frozenset((*settings.jobs.services, *(each.job for kind in kinds for each in kind)))


@dataclass(frozen=True)
class Seen:
    """What settings and the examination both begin with: the names of series, and the fleet."""

    names: frozenset[str]
    fleet: Fleet


def seen_on(prometheus: Prometheus) -> Seen:
    """Raises GlassboxError where the server cannot be asked, or has no series at all."""
    names = frozenset(names_lately(prometheus))
    return Seen(names, look_at(prometheus, names))


@dataclass(frozen=True)
class Examination:
    """What was found, what could not be found out, as sentences, and what will work."""

    fleet: Fleet
    obstacles: tuple[Obstacle, ...]
    unknown: tuple[str, ...]
    outlooks: tuple[Outlook, ...]

    @property
    def complete(self) -> bool:
        """Whether everything can work and nothing was found."""
        return not self.obstacles and not any(outlook.lacking for outlook in self.outlooks)


def examine(prometheus: Prometheus, bundle: Bundle, settings: Settings, seen: Seen) -> Examination:
    """Ask the server the rest; raises GlassboxError where it cannot be asked."""
    names, fleet = seen.names, seen.fleet
    recorded = recorded_by(bundle)
    retention = retention_of(prometheus, settings.slo_period_days)
    listed = prometheus.about("rules")
    queries = [query for each in recorded.values() for query in each]
    found = obstacles_of(
        fleet,
        settings,
        prometheus,
        window_seconds=shortest_window_seconds(queries),
        recorded=names & frozenset(recorded),
    )
    in_the_way = (
        *found,
        *unfit_settings(prometheus, fleet, settings, names),
        *rules_in_the_way(prometheus, bundle, listed),
        *late_rules(prometheus, bundle, listed, names),
        *buckets_in_the_way(prometheus, queries, names),
        *hidden_labels(prometheus, services_selector(names), gpu_selectors(names)),
        *never_answered(prometheus, _jobs(fleet, settings)),
        *prefill_in_the_way(prometheus, services_selector(names)),
        *measured_twice(prometheus, names),
        *unknown_engines(names),
        *odd_names(names),
        *native_alone(names),
        *odd_values(prometheus, names),
        *clocks_in_the_way(prometheus),
        *samples_ahead(prometheus, services_selector(names)),
        *filter(None, (retention.obstacle(),)),
    )
    unknown = (
        *whose_is_unknown(prometheus, fleet, settings, names),
        NO_RULES if lists_no_rules(listed) else "",
        retention.unknown(),
    )
    return Examination(
        fleet, in_the_way, tuple(filter(None, unknown)), tuple(outlooks(bundle, Holdings(names, recorded)))
    )
