"""What the compiler makes and everything after it works on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassbox.board.annotation import QueriedEvents
from glassbox.board.assembling import AssembledDashboard
from glassbox.query.buckets import Buckets
from glassbox.query.expr import Expr
from glassbox.query.rules import AlertGroup, RecordGroup

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
class CompiledQuery:
    """A query as it is sent or evaluated.

    `where` is the place of the rule, panel or annotation that it is of, `reader` the same as the subject of a sentence;
    `recorded_as` is the name of its result, if it has one.
    """

    where: str
    reader: str
    expr: Expr
    recorded_as: str = ""


@dataclass(frozen=True)
class CompiledContent:
    """What the files of a bundle are made of: declarations whose queries can be read.

    `dashboards` by uid in a bundle, by slug until it is known; rules carry their expressions as they are evaluated.
    `always_recorded` is the name of a series that is missing only where nothing is recorded; empty where none is declared.
    """

    dashboards: Mapping[str, AssembledDashboard]
    records: tuple[RecordGroup, ...]
    alerts: tuple[AlertGroup, ...]
    always_recorded: str = ""

    @property
    def queries(self) -> Iterator[CompiledQuery]:
        """Every query of every rule, panel and annotation."""
        for records in self.records:
            for record in records.records:
                reader = f"The record {record.name} of the group {records.name}"
                yield CompiledQuery(f"{records.name}, {record.name}", reader, record.expr, record.name)
        for alerts in self.alerts:
            for alert in alerts.alerts:
                yield CompiledQuery(f"{alerts.name}, {alert.name}", f"The alert {alert.name}", alert.expr)
        for uid, board in self.dashboards.items():
            yield from _queries_of(uid, board)


def _queries_of(uid: str, board: AssembledDashboard) -> Iterator[CompiledQuery]:
    on_board = f"of the dashboard {board.slug!r}"
    for panel in board.panels.values():
        for target in panel.targets:
            reader = f"The panel {panel.title!r} {on_board}"
            yield CompiledQuery(f"{uid}, {panel.title}, {target.ref_id}", reader, target.expr)
    for note in board.annotations:
        if isinstance(note, QueriedEvents):
            yield CompiledQuery(
                f"{uid}, {note.name}, annotation", f"The annotation {note.name!r} {on_board}", note.query
            )


@dataclass(frozen=True)
class LeftOut:
    """What the settings leave out: alerts by name, and the uids of dashboards with panels that led to one that is left out."""

    alerts: frozenset[str] = frozenset()
    dead_ends: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GrafanaNotifications:
    """What Grafana's alerting sends, as its provisioning API takes it; `contact_points` has an entry for each integration.

    `secrets` of a contact point names the environment variable of each secret setting. Without a `route` nothing is declared.
    """

    contact_points: tuple[Json, ...] = ()
    mute_timings: tuple[Json, ...] = ()
    templates: tuple[Json, ...] = ()
    route: Json | None = None


@dataclass(frozen=True)
class Bundle:
    """Compiled content: plain data, ready to be written or pushed, and the `content` that it was made of.

    `dashboards` by uid; `recording_rules` and `alerts` as Prometheus rule files by file name; `grafana_groups` are
    alert rule groups as Grafana's provisioning API takes them. `buckets` are those that every series with a label `le`
    has, by its name, of recorded ones those of the first engine; `buckets_of_engines` are those of the others, by name and
    engine. `runbooks` are the folders that hold the alerts' runbooks.
    """

    dashboards: dict[str, Json]
    recording_rules: dict[str, Json]
    alerts: dict[str, Json]
    grafana_groups: tuple[Json, ...]
    buckets: dict[str, Buckets]
    content: CompiledContent
    buckets_of_engines: dict[tuple[str, str], Buckets] = field(default_factory=dict)
    runbooks: tuple[Path, ...] = ()
    left_out: LeftOut = LeftOut()
    notifications: GrafanaNotifications = GrafanaNotifications()
