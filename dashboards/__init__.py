"""Dashboards: one module, one function, one question each. List a new one here."""

from collections.abc import Callable

from dashboards import (
    capacity_and_diagnosis,
    cost_and_energy,
    engine_comparison,
    gpu,
    inference_overview,
    llm_serving,
    monitoring,
    replicas,
    slo,
)
from glassbox.board.dashboard import Dashboard
from glassbox.settings.model import Settings

ALL: tuple[Callable[[Settings], Dashboard], ...] = (
    inference_overview.build,
    llm_serving.build,
    replicas.build,
    engine_comparison.build,
    gpu.build,
    cost_and_energy.build,
    slo.build,
    capacity_and_diagnosis.build,
    monitoring.build,
)
