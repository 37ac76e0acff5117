"""Content in, bundle out. Policies that hold everywhere are applied here, not in the content: jobs, tags, owners, links, intervals."""

from collections.abc import Iterable, Mapping
from typing import Any

from glassbox.compile.bundle import Bundle, DataSource, Json
from glassbox.compile.content import Content
from glassbox.compile.currency import print_in
from glassbox.compile.grafana_rules import grafana_group, uid_in
from glassbox.compile.normalise import modern_dashboard, plain
from glassbox.compile.panel_links import PanelLink, panel_link
from glassbox.compile.runbook_links import link_runbooks
from glassbox.errors import GlassboxError
from glassbox.metrics import HISTOGRAMS
from glassbox.query.buckets import Buckets, CustomBuckets, buckets_of
from glassbox.query.expr import Expr, Source, regex
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Subject
from glassbox.settings.model import Settings

TAG = "glassbox"
# What most provisioning files call it; pushing asks the server instead.
CONVENTIONAL_DATA_SOURCE_UID = "prometheus"


def compile_bundle(content: Content, settings: Settings, data_source: DataSource | None = None) -> Bundle:
    """Compile what is declared. `data_source` is what dashboards start with and what Grafana's alert rules ask.

    Without a server to ask, dashboards leave the choice to Grafana, and rules name the settings' or a conventional uid.
    """
    alert_groups = content.alerts(settings)
    _refuse_duplicates("alert", (alert.name for group in alert_groups for alert in group.alerts))
    record_groups = content.recording_rules(settings)
    _refuse_duplicates("record", (_identity(record) for group in record_groups for record in group.records))
    record_group_names = [group.name for group in record_groups]
    _refuse_duplicates("rule group", record_group_names + [group.name for group in alert_groups])
    boards = _dashboards(content, settings, data_source)
    links = {alert.name: panel_link(alert, boards) for group in alert_groups for alert in group.alerts}
    link_runbooks(boards, (alert for group in alert_groups for alert in group.alerts), settings)
    alert_files = {f"{group.name}.yaml": _alert_file(group, links, settings) for group in alert_groups}
    uid = data_source.uid if data_source else settings.grafana.data_source or CONVENTIONAL_DATA_SOURCE_UID
    return Bundle(
        dashboards={board["uid"]: board for board in boards.values()},
        recording_rules={f"{group.name}.yaml": _record_file(group, settings) for group in record_groups},
        alerts=alert_files,
        grafana_groups=tuple(
            grafana_group(group, folder_uid=settings.grafana.folder_uid, data_source_uid=uid, links=links)
            for file in alert_files.values()
            for group in file["groups"]
        ),
        buckets=_buckets(record_groups, settings.histogram_buckets),
        runbooks=content.runbooks,
    )


def _buckets(groups: Iterable[RecordGroup], custom: CustomBuckets) -> dict[str, Buckets]:
    recorded = [record for group in groups for record in group.records if record.histogram_names]
    sources: tuple[Source, ...] = (*(histogram.bucket for histogram in HISTOGRAMS.values()), *recorded)
    return {
        name: buckets_of(source.histogram_names, custom)
        for source in sources
        for name in (source.name, *source.former_names)
    }


def _dashboards(content: Content, settings: Settings, data_source: DataSource | None) -> dict[str, Json]:
    """All dashboards by slug; their uids are those of the folder."""
    compiled = [_dashboard(plain(build(settings)), content) for build in content.dashboards]
    for board in compiled:
        print_in(settings.cost.currency, board)
    _refuse_duplicates("dashboard", (board["uid"] for board in compiled))
    uids = {board["uid"]: uid_in(settings.grafana.folder_uid, board["uid"]) for board in compiled}
    by_slug = {board["uid"]: board for board in compiled}
    for slug, board in by_slug.items():
        _lead_to(uids, board)
        board["uid"] = uids[slug]
    if data_source:
        for board in compiled:
            _start_with(board, data_source)
    return by_slug


def _dashboard(old: Json, content: Content) -> Json:
    names = [variable["name"] for variable in old["templating"]["list"]]
    return modern_dashboard(old, tags=[TAG], annotations=content.annotations(names))


def _lead_to(uids: dict[str, str], value: Any) -> None:
    """Put uids into the links `/d/<slug>?...` of everything in `value`."""
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _lead_to(uids, item)
    if isinstance(value, dict) and str(value.get("url", "")).startswith("/d/"):
        slug, _, rest = value["url"].removeprefix("/d/").partition("?")
        if slug not in uids:
            raise GlassboxError(f"A link leads to the dashboard {slug!r}, which does not exist: correct its slug.")
        value["url"] = f"/d/{uids[slug]}?{rest}"


def _start_with(board: Json, data_source: DataSource) -> None:
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            variable["current"] = {"text": data_source.name, "value": data_source.uid}


def _record_file(group: RecordGroup, settings: Settings) -> Json:
    rules = [_record_rule(record, settings) for record in group.records]
    return _rule_file(group.name, rules, group.interval_seconds or settings.evaluation_interval_seconds)


def _record_rule(record: Record, settings: Settings) -> Json:
    labels = {"labels": dict(record.labels)} if record.labels else {}
    return {"record": record.name, "expr": str(scoped(record.expr, settings)), **labels}


def _alert_file(group: AlertGroup, links: Mapping[str, PanelLink], settings: Settings) -> Json:
    rules = [_alert_rule(alert, group.subject, links[alert.name], settings) for alert in group.alerts]
    return _rule_file(group.name, rules, settings.evaluation_interval_seconds)


def _rule_file(name: str, rules: list[Json], interval_seconds: int) -> Json:
    return {"groups": [{"name": name, "interval": f"{interval_seconds}s", "rules": rules}]}


def _alert_rule(alert: Alert, subject: Subject, link: PanelLink, settings: Settings) -> Json:
    links = {"runbook": f"alerts/runbooks/{alert.name}.md", "dashboard": link.path}
    if url := settings.runbook_url(alert.name):
        links["runbook_url"] = url
    if settings.grafana.url:
        links["dashboard_url"] = f"{settings.grafana.url.rstrip('/')}{link.path}"
    return {
        "alert": alert.name,
        "expr": str(scoped(alert.expr, settings)),
        "for": alert.for_,
        "labels": {"severity": alert.severity.value, "owner": getattr(settings.owners, subject.value)},
        "annotations": {"summary": alert.summary, "description": alert.description, **links},
    }


def scoped(expr: Expr, settings: Settings) -> Expr:
    """The query in which metric names that other software uses as well are read from the service jobs only."""
    return expr.filtered({"job": regex(settings.jobs.services_regex)}, shared_names_only=True)


def _identity(record: Record) -> str:
    labels = ", ".join(f"{label}={value}" for label, value in record.labels)
    return f"{record.name}{{{labels}}}" if labels else record.name


def _refuse_duplicates(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise GlassboxError(f"Two definitions of the {kind} {name!r}: names must be unique, rename one.")
        seen.add(name)
