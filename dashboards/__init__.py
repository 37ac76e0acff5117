"""Dashboards: one module, one function, one question each. A new one is listed here."""

from collections.abc import Callable
from typing import Any

from dashboards import gpu, inference_service, llm_serving

ALL: tuple[Callable[[], Any], ...] = (inference_service.build, llm_serving.build, gpu.build)
