"""What exists: one module for each exporter, data and the standard library only."""

import pkgutil
from importlib import import_module

from glassbox.metrics.types import Histogram, Metric


def _declared(exporter: str) -> tuple[Metric, ...]:
    """Every metric that the module gives a name, in the order of definition."""
    return tuple(each for each in vars(import_module(f"{__name__}.{exporter}")).values() if isinstance(each, Metric))


# By module, since two exporters use the name http_requests_total with other labels.
CATALOGUE: dict[str, tuple[Metric, ...]] = {
    module.name: metrics for module in pkgutil.iter_modules(__path__) if (metrics := _declared(module.name))
}


def _owns(exporter: str, metric: Metric) -> bool:
    """Whether the part before a colon, which is an exporter's name, is its own: Triton has histograms under names of vLLM."""
    prefix, colon, _ = metric.name.partition(":")
    return not colon or prefix == exporter


HISTOGRAMS: dict[str, Histogram] = {
    metric.name: metric
    for exporter, metrics in CATALOGUE.items()
    for metric in metrics
    if isinstance(metric, Histogram) and _owns(exporter, metric)
}
