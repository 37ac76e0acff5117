"""What the compiler makes and everything after it works on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassbox.query.buckets import Buckets

Json = dict[str, Any]


def every_panel(panels: Iterable[Json] | None) -> Iterator[Json]:
    """A dashboard's panels, each row before those that are folded into it; nothing for None."""
    for panel in panels or ():
        yield panel
        yield from every_panel(panel.get("panels"))


@dataclass(frozen=True)
class DataSource:
    """A data source of a Grafana organisation; `type` is the plugin's id, such as "prometheus"."""

    uid: str
    name: str
    type: str
    is_default: bool


@dataclass(frozen=True)
class Bundle:
    """Compiled content: plain data, ready to be written or pushed.

    `dashboards` by uid; `recording_rules` and `alerts` as Prometheus rule files by file name; `grafana_groups` are
    alert rule groups as Grafana's provisioning API takes them. `buckets` are those that every series with a label `le`
    has, by its name; `runbooks` are the folders that hold the alerts' runbooks.
    """

    dashboards: dict[str, Json]
    recording_rules: dict[str, Json]
    alerts: dict[str, Json]
    grafana_groups: tuple[Json, ...]
    buckets: dict[str, Buckets]
    runbooks: tuple[Path, ...] = ()
