"""What exists: one module for each exporter, data and the standard library only."""

from glassbox.metrics import dcgm, nvidia_gpu_exporter, process, prometheus_server, scrape, service, vllm
from glassbox.metrics.types import Histogram, Metric

# By exporter, since two of them use the name http_requests_total with other labels.
CATALOGUE: dict[str, tuple[Metric, ...]] = {
    "vllm": vllm.CATALOGUE,
    "service": service.CATALOGUE,
    "dcgm": dcgm.CATALOGUE,
    "nvidia_gpu_exporter": nvidia_gpu_exporter.CATALOGUE,
    "prometheus": (*scrape.CATALOGUE, *prometheus_server.CATALOGUE),
    "process": process.CATALOGUE,
}

HISTOGRAMS: dict[str, Histogram] = {
    metric.name: metric for metrics in CATALOGUE.values() for metric in metrics if isinstance(metric, Histogram)
}
