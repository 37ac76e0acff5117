"""Labels of exporters that Prometheus renamed to `exported_...`, since the target has labels of the same names."""

from collections.abc import Iterator, Sequence

from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import grouped, narrowed
from glassbox.prometheus.api import Prometheus

_ADVICE = "set honor_labels: true where it is scraped, which is honorLabels in a ServiceMonitor"
# What tells targets apart: all that another server gathered would be one target.
_GATHERED = ("job", "instance")
# What our series read of an engine.
_OF_ENGINES = ("model_name", "model_version", "inference_engine")


def hidden_labels(prometheus: Prometheus, services: str, gpus: Sequence[str]) -> Iterator[Obstacle]:
    """What is hidden in the series of these selectors; the one of services may be empty. Raises GlassboxError.

    Pods of GPUs and endpoints of our exporter are read under both names.
    """
    if services:
        yield from _hidden(prometheus, services, (*_GATHERED, *_OF_ENGINES))
    for selector in gpus:
        yield from _hidden(prometheus, selector, _GATHERED)


def _hidden(prometheus: Prometheus, selector: str, labels: Sequence[str]) -> Iterator[Obstacle]:
    renamed = (narrowed(selector, f'exported_{label}!=""') for label in labels)
    named = (
        f'label_replace(count by (job) ({series}), "hidden", "{label}", "", "")'
        for series, label in zip(renamed, labels, strict=True)
    )
    for job, rows in sorted(grouped(prometheus.now(" or ".join(named)), "job").items()):
        found = [label for label in labels if any(row.labels.get("hidden") == label for row in rows)]
        written = " and ".join(f"exported_{label}" for label in found)
        if set(found) & set(_GATHERED):
            yield Obstacle(
                job, f"has series of other targets, which stand in {written}, so that they count as one target", _ADVICE
            )
        elif found:
            yield Obstacle(
                job, f"has labels of its own in {written}, so that our series take those of the target", _ADVICE
            )
