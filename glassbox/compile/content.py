"""What a repository declares: dashboards, alerts and recorded series, as the compiler takes them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassbox.query.measures import Measures
from glassbox.query.rules import AlertGroup, RecordGroup
from glassbox.settings.model import Settings


@dataclass(frozen=True)
class Content:
    """Declarations, each a function of the settings.

    `runbooks` are folders that hold `<alert>.md`. `annotations` gives what is drawn over the panels of a dashboard with variables of
    these names. `measures` are what baselines are made of, where there are any.
    """

    dashboards: tuple[Callable[[Settings], Any], ...]
    alerts: Callable[[Settings], tuple[AlertGroup, ...]]
    recording_rules: Callable[[Settings], tuple[RecordGroup, ...]]
    runbooks: tuple[Path, ...]
    annotations: Callable[[Collection[str]], list[dict[str, Any]]]
    measures: Measures | None = None
