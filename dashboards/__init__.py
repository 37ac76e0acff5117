"""Dashboards: one module, one function, one question each. A new one is listed here."""

from collections.abc import Callable
from typing import Any

from dashboards import capacity, comparison, cost, gpu, inference_overview, llm_serving, monitoring, replicas, slo
from kit.settings import Settings

ALL: tuple[Callable[[Settings], Any], ...] = (
    inference_overview.build,
    llm_serving.build,
    replicas.build,
    comparison.build,
    gpu.build,
    cost.build,
    slo.build,
    capacity.build,
    monitoring.build,
)
