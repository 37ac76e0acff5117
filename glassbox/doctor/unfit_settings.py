"""Settings that name labels and models which the fleet does not have."""

from collections.abc import Iterator

from glassbox.doctor.fleet import Fleet, services_selector
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import TARGET, by, narrowed
from glassbox.prometheus.api import Prometheus
from glassbox.settings.model import Settings, ThresholdsFor


def unfit_settings(
    prometheus: Prometheus, fleet: Fleet, settings: Settings, held: frozenset[str]
) -> Iterator[Obstacle]:
    """What of identity_labels and thresholds_for fits nothing on a server that holds these names; raises GlassboxError."""
    if services := services_selector(held):
        for label in settings.identity_labels:
            yield from _about_label(prometheus, services, label)
    for index, entry in enumerate(settings.thresholds_for):
        yield from _about_exception(fleet, index, entry)


def _about_label(prometheus: Prometheus, services: str, label: str) -> Iterator[Obstacle]:
    """An identity label must be a label of targets: it joins what is read from targets with what is read from engines."""
    labelled = narrowed(services, f'{label}!=""')
    alone = f'count by (job) ({labelled} unless on ({TARGET}) up{{{label}!=""}})'
    on_series = sorted(by(prometheus.now(alone), "job"))
    for job in on_series:
        yield Obstacle(
            job,
            f"has the label {label} on series of its engines, and not on its targets, so alerts take these targets for mute",
            "give it to the targets where they are scraped, or take it out of identity_labels",
        )
    if not on_series and not prometheus.now(f'count(up{{{label}!=""}} and on (job) {services})'):
        yield Obstacle(
            "identity_labels", f"name {label}, which no target of a service has", "correct it, or take it out"
        )


def _about_exception(fleet: Fleet, index: int, entry: ThresholdsFor) -> Iterator[Obstacle]:
    """A model of a service that is down is not known."""
    models = [each.models for each in fleet.services if each.job == entry.job or not entry.job]
    is_known = bool(models) and (entry.job or not fleet.down)
    if entry.model_name and is_known and not any(entry.model_name in each for each in models):
        of_job = f" of {entry.job}" if entry.job else ""
        yield Obstacle(
            f"thresholds_for.{index}",
            f"is for the model {entry.model_name!r}{of_job}, of which there are no series here",
            "correct the name, or take the entry out",
        )
