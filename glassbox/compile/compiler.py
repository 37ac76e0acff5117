"""Content in, bundle out. Policies that hold everywhere are applied here, not in the content: jobs, tags, owners, links, intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from glassbox.board.assembling import AssembledDashboard, assemble
from glassbox.compile.bundle import Bundle, CompiledContent, DataSource, Json
from glassbox.compile.content import Content
from glassbox.compile.dashboard_json import dashboard_json
from glassbox.compile.grafana_rules import grafana_group, uid_in
from glassbox.compile.links import PanelLink, panel_link, runbook_links
from glassbox.compile.unknown_series import known_series, refuse_unknown_series
from glassbox.errors import GlassboxError
from glassbox.metrics import HISTOGRAMS
from glassbox.query.buckets import Buckets, CustomBuckets, buckets_of
from glassbox.query.expr import Expr, Source, regex
from glassbox.query.rules import Alert, AlertGroup, Record, RecordGroup, Subject
from glassbox.settings.model import Settings

# What most provisioning files call it; pushing asks the server instead.
CONVENTIONAL_DATA_SOURCE_UID = "prometheus"


def compile_bundle(content: Content, settings: Settings, data_source: DataSource | None = None) -> Bundle:
    """Compile what is declared. `data_source` is what dashboards start with and what Grafana's alert rules ask.

    Without a server to ask, dashboards leave the choice to Grafana, and rules name the settings' or a conventional uid.
    """
    alert_groups, record_groups = _alert_groups(content, settings), _record_groups(content, settings)
    _refuse_duplicates("rule group", [group.name for group in record_groups] + [group.name for group in alert_groups])
    boards = _boards(content, settings)
    uids = {slug: uid_in(settings.grafana.folder_uid, slug) for slug in boards}
    compiled = CompiledContent({uids[slug]: board for slug, board in boards.items()}, record_groups, alert_groups)
    _refuse_unknown_series(compiled, content, settings)
    alerts = [alert for group in alert_groups for alert in group.alerts]
    links = {alert.name: panel_link(alert, boards, uids) for alert in alerts}
    alert_files = {f"{group.name}.yaml": _alert_file(group, links, settings) for group in alert_groups}
    uid = data_source.uid if data_source else settings.grafana.data_source or CONVENTIONAL_DATA_SOURCE_UID
    render = partial(
        dashboard_json,
        uids=uids,
        runbooks=runbook_links(alerts, boards, settings),
        currency=settings.cost.currency,
        data_source=data_source,
    )
    return Bundle(
        dashboards={uids[slug]: render(board) for slug, board in boards.items()},
        recording_rules={f"{group.name}.yaml": _record_file(group, settings) for group in record_groups},
        alerts=alert_files,
        grafana_groups=tuple(
            grafana_group(group, folder_uid=settings.grafana.folder_uid, data_source_uid=uid, links=links)
            for file in alert_files.values()
            for group in file["groups"]
        ),
        buckets=_buckets(record_groups, settings.histogram_buckets),
        content=compiled,
        runbooks=content.runbooks,
    )


def _boards(content: Content, settings: Settings) -> dict[str, AssembledDashboard]:
    """All dashboards by slug."""
    boards = [assemble(build(settings), content.annotations) for build in content.dashboards]
    _refuse_duplicates("dashboard", (board.slug for board in boards))
    return {board.slug: board for board in boards}


def _alert_groups(content: Content, settings: Settings) -> tuple[AlertGroup, ...]:
    """All alerts, with their expressions as they are evaluated."""
    groups = content.alerts(settings)
    _refuse_duplicates("alert", (alert.name for group in groups for alert in group.alerts))
    return tuple(
        replace(group, alerts=tuple(replace(each, expr=scoped(each.expr, settings)) for each in group.alerts))
        for group in groups
    )


def _record_groups(content: Content, settings: Settings) -> tuple[RecordGroup, ...]:
    """All recorded series, with their expressions as they are evaluated."""
    groups = content.recording_rules(settings)
    _refuse_duplicates("record", (_identity(record) for group in groups for record in group.records))
    return tuple(
        replace(group, records=tuple(replace(each, expr=scoped(each.expr, settings)) for each in group.records))
        for group in groups
    )


def _refuse_unknown_series(compiled: CompiledContent, content: Content, settings: Settings) -> None:
    records = (record for group in compiled.records for record in group.records)
    queries = [(query.reader, query.expr) for query in compiled.queries]
    queries += [(f"The measure {each.name} of baselines", each.expr) for each in content.measures.all]
    refuse_unknown_series(queries, known_series(records, content.metrics), settings)


def _buckets(groups: Iterable[RecordGroup], custom: CustomBuckets) -> dict[str, Buckets]:
    recorded = [record for group in groups for record in group.records if record.histogram_names]
    sources: tuple[Source, ...] = (*(histogram.bucket for histogram in HISTOGRAMS.values()), *recorded)
    return {
        name: buckets_of(source.histogram_names, custom)
        for source in sources
        for name in (source.name, *source.former_names)
    }


def _record_file(group: RecordGroup, settings: Settings) -> Json:
    rules = [_record_rule(record) for record in group.records]
    return _rule_file(group.name, rules, group.interval_seconds or settings.evaluation_interval_seconds)


def _record_rule(record: Record) -> Json:
    labels = {"labels": dict(record.labels)} if record.labels else {}
    return {"record": record.name, "expr": str(record.expr), **labels}


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
        "expr": str(alert.expr),
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
