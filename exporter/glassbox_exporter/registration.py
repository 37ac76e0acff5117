"""Adding collectors to a registry: all of them or none."""

from collections.abc import Iterable
from contextlib import ExitStack

from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from glassbox_exporter.errors import ExporterError


def register(registry: CollectorRegistry, collectors: Iterable[Collector]) -> None:
    """Add `collectors` to `registry`.

    Raises ExporterError, and adds none, when the registry already holds a metric of one of their names.
    """
    with ExitStack() as undo:
        for collector in collectors:
            _register_one(registry, collector)
            undo.callback(registry.unregister, collector)
        undo.pop_all()


def _register_one(registry: CollectorRegistry, collector: Collector) -> None:
    try:
        registry.register(collector)
    except ValueError as error:
        raise ExporterError(
            f"The metric registry already holds a metric of the same name ({error}): "
            "give the exporter a CollectorRegistry of its own with registry=..."
        ) from error
