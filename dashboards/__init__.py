"""Dashboards: one module, one function, one question each. A new one is listed here."""

from collections.abc import Callable
from typing import Any

from dashboards import capacity, gpu, inference_service, llm_serving, monitoring, replicas, slo

ALL: tuple[Callable[[], Any], ...] = (
    inference_service.build,
    llm_serving.build,
    replicas.build,
    gpu.build,
    slo.build,
    capacity.build,
    monitoring.build,
)
