"""What exists: one module for each exporter, data and the standard library only."""

import pkgutil
from importlib import import_module

from glassbox.metrics.types import Histogram, Metric


def _declared(exporter: str) -> tuple[Metric, ...]:
    """Every metric that the module, or one of its `PARTS`, gives a name, in the order of definition."""
    module = import_module(f"{__name__}.{exporter}")
    modules = (module, *getattr(module, "PARTS", ()))
    return tuple(each for part in modules for each in vars(part).values() if isinstance(each, Metric))


# By module, since two exporters use the name http_requests_total with other labels.
CATALOGUE: dict[str, tuple[Metric, ...]] = {
    module.name: metrics for module in pkgutil.iter_modules(__path__) if (metrics := _declared(module.name))
}


_OF_OUR_EXPORTER = {metric.name for metric in CATALOGUE["service"]}


def _owns(exporter: str, metric: Metric) -> bool:
    """Whether a name stands for this exporter's metric.

    The part before a colon is an exporter's name: Triton has histograms under names of vLLM. A name without one is that of our
    exporter where it has it too: of others' nothing reads buckets.
    """
    prefix, colon, _ = metric.name.partition(":")
    return prefix == exporter if colon else exporter == "service" or metric.name not in _OF_OUR_EXPORTER


HISTOGRAMS: dict[str, Histogram] = {
    metric.name: metric
    for exporter, metrics in CATALOGUE.items()
    for metric in metrics
    if isinstance(metric, Histogram) and _owns(exporter, metric)
}
