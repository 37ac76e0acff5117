"""Dashboards: one module, one function, one question each. A new one is listed here."""

from collections.abc import Callable
from typing import Any

from dashboards import comparison, gpu, inference_service, llm_serving, monitoring, replicas, slo

ALL: tuple[Callable[[], Any], ...] = (
    inference_service.build,
    llm_serving.build,
    replicas.build,
    comparison.build,
    gpu.build,
    slo.build,
    monitoring.build,
)
