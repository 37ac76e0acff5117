"""What a push says about recorded series, which it cannot bring itself: whether the data source has them, and what to do if not."""

from collections.abc import Iterator

from glassbox.compile.bundle import DataSource
from glassbox.grafana.client import Grafana
from glassbox.grafana.failures import GrafanaError


def before_push(grafana: Grafana, source: DataSource, always: str) -> Iterator[str]:
    """A sentence if the recorded series are missing, judged by the series `always`, or if the data source cannot be asked."""
    try:
        there = not always or grafana.has_series(source, always)
    except GrafanaError as error:
        yield f"Whether the recorded series are in the data source {source.name} is not known: {error}"
    else:
        if not there:
            yield f"The recorded series are not in the data source {source.name}: until they are, panels say 'Not recorded'."


def after_push(grafana: Grafana, source: DataSource, always: str, *, brought: bool) -> Iterator[str]:
    """What to do where they are still missing; `brought` says that the same run brought the rules to a place."""
    for _ in before_push(grafana, source, always):
        if brought:
            yield f"The rules were brought just now: if {source.name} reads them, their series are there after the next evaluation."
        else:
            yield (
                f"Next, unless it was done: load build/recording_rules into the Prometheus that data source {source.name} reads, "
                "or look first with python deploy.py try --prometheus URL."
            )
