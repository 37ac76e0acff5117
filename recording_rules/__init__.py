"""The engine-neutral series that every dashboard and alert reads. Renames, ranks, processes and replicas are handled here, once."""

from glassbox.query.rules import RecordGroup
from glassbox.settings.model import Settings
from recording_rules import (
    capacity,
    diagnosis,
    distributions,
    engine,
    gpu,
    gpu_conditions,
    instances,
    requests,
    slo,
    targets,
    workload,
)

GROUPS: tuple[RecordGroup, ...] = (
    requests.GROUP,
    engine.GROUP,
    workload.GROUP,
    gpu.GROUP,
    targets.GROUP,
    instances.GROUP,
)


def groups(settings: Settings) -> tuple[RecordGroup, ...]:
    """All groups, including those that depend on this installation's settings."""
    return (
        *GROUPS,
        distributions.group(settings),
        gpu_conditions.group(settings),
        *slo.groups(settings),
        capacity.group(settings),
        diagnosis.group(settings),
    )
