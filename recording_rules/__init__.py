"""The engine-neutral series that every dashboard and alert reads. Renames, ranks, processes and replicas are settled here, once."""

from kit.rules import RecordGroup
from recording_rules import engine, gpu, instances, requests, targets, workload

GROUPS: tuple[RecordGroup, ...] = (
    requests.GROUP,
    engine.GROUP,
    workload.GROUP,
    gpu.GROUP,
    targets.GROUP,
    instances.GROUP,
)
