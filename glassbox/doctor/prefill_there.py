"""Prefill instances by what their own series say: our rules know them by a label of their target alone."""

from collections.abc import Iterator

from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import TARGET, by, narrowed
from glassbox.prometheus.api import Prometheus

# SGLang's label, and what Dynamo puts on the series of the engines behind it.
_SAYING = ("engine_type", "dynamo_component")


def prefill_in_the_way(prometheus: Prometheus, services: str) -> Iterator[Obstacle]:
    """The jobs with such instances that lack the label, of the selector of services, which may be empty; raises GlassboxError."""
    if not services:
        return
    saying = " or ".join(narrowed(services, f'{label}="prefill", inference_role!="prefill"') for label in _SAYING)
    for job, number in sorted(by(prometheus.now(f"count by (job) (count by ({TARGET}) ({saying}))"), "job").items()):
        instances, whose = ("instance", "its") if number == 1 else ("instances", "their")
        yield Obstacle(
            job,
            f"has {number:g} prefill {instances} without the label inference_role, so that {whose} requests count twice",
            "give these targets the label inference_role: prefill; docs/kubernetes.md says how",
        )
