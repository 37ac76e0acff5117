"""The engine-neutral series that every dashboard and alert reads. Renames, ranks, processes and replicas are settled here, once."""

from kit.rules import RecordGroup
from kit.settings import Settings
from recording_rules import engine, gpu, requests, slo, targets

GROUPS: tuple[RecordGroup, ...] = (requests.GROUP, engine.GROUP, gpu.GROUP, targets.GROUP)


def groups(settings: Settings) -> tuple[RecordGroup, ...]:
    """All groups, those that depend on this installation's settings included."""
    return *GROUPS, *slo.groups(settings)
