"""What a repository declares: dashboards, alerts and recorded series, as the compiler takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glassbox.board.annotation import Annotation
from glassbox.board.dashboard import Dashboard
from glassbox.metrics.types import Metric
from glassbox.query.measures import Measures
from glassbox.query.rules import AlertGroup, RecordGroup
from glassbox.query.selectors import Source
from glassbox.settings.model import Settings


@dataclass(frozen=True)
class Content:
    """Declarations: dashboards, alerts and recorded series as functions of the settings.

    `runbooks` are folders that hold `<alert>.md`. `annotations` are drawn over the panels of every dashboard.
    `measures` are what baselines are made of, where there are any. `metrics` are those of exporters that are not in the catalogue.
    `always_recorded` is a series that is recorded whatever is found, so that its absence says that nothing is recorded.
    """

    dashboards: tuple[Callable[[Settings], Dashboard], ...]
    alerts: Callable[[Settings], tuple[AlertGroup, ...]]
    recording_rules: Callable[[Settings], tuple[RecordGroup, ...]]
    runbooks: tuple[Path, ...]
    annotations: tuple[Annotation, ...]
    measures: Measures | None = None
    metrics: tuple[Metric, ...] = ()
    always_recorded: Source | None = None
