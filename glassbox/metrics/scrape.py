"""What Prometheus itself writes for every target (Prometheus documentation, "Automatically generated labels and time series")."""

from glassbox.metrics.types import Gauge, Unit

UP = Gauge(
    name="up",
    unit=Unit.BOOLEAN,
    # Where service discovery sets them, as the Prometheus Operator does, or a Prometheus above several adds them.
    optional_labels=("cluster", "namespace", "pod"),
    shared_name=True,
    help="1 when the last scrape succeeded, 0 when it failed.",
)
SCRAPE_DURATION = Gauge(
    name="scrape_duration_seconds", unit=Unit.SECONDS, shared_name=True, help="How long the last scrape took."
)
SCRAPE_SAMPLES_SCRAPED = Gauge(
    name="scrape_samples_scraped", unit=Unit.EVENTS, shared_name=True, help="Samples that the target exposed."
)
SCRAPE_SAMPLES_KEPT = Gauge(
    name="scrape_samples_post_metric_relabeling",
    unit=Unit.EVENTS,
    shared_name=True,
    help="Samples left after metric relabelling.",
)
SCRAPE_SERIES_ADDED = Gauge(
    name="scrape_series_added", unit=Unit.EVENTS, shared_name=True, help="Approximate number of new series."
)
