"""Content in, bundle out. Policies that hold everywhere are applied here, not in the content: jobs, tags, owners, links, intervals."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from glassbox.board.assembling import assemble
from glassbox.board.identity import identified
from glassbox.compile.alert_choices import chosen_alerts, refuse_unknown
from glassbox.compile.bundle import Bundle, CompiledContent, DataSource, Json, LeftOut
from glassbox.compile.content import Content
from glassbox.compile.dashboard_json import dashboard_json
from glassbox.compile.grafana_notifications import grafana_notifications
from glassbox.compile.grafana_rules import grafana_group, uid_in
from glassbox.compile.left_out import dead_ends, names_read, without_links, without_unread
from glassbox.compile.links import PanelLink, panel_link, runbook_links
from glassbox.compile.not_recorded import panels_of_records, say_where_not_recorded
from glassbox.compile.per_engine import for_each_engine
from glassbox.compile.prometheus_rules import alert_file, record_file
from glassbox.compile.threshold_exceptions import Rules, declared_rules
from glassbox.compile.threshold_panels import with_exceptions
from glassbox.compile.unknown_series import known_series, refuse_unknown_series
from glassbox.errors import DeclarationError
from glassbox.metrics import HISTOGRAMS
from glassbox.query.buckets import Buckets, CustomBuckets, buckets_of
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.query.rules import Alert, RecordGroup
from glassbox.query.selectors import Source, regex
from glassbox.settings.model import ALERTS_IN_PROMETHEUS, Settings

# What most provisioning files call it; pushing asks the server instead.
CONVENTIONAL_DATA_SOURCE_UID = "prometheus"


def compile_bundle(content: Content, settings: Settings, data_source: DataSource | None = None) -> Bundle:
    """Compile what is declared. `data_source` is what dashboards start with and what Grafana's alert rules ask.

    Without a server to ask, dashboards leave the choice to Grafana, and rules name the settings' or a conventional uid.
    """
    declared = _declared(content, settings)
    refuse_unknown("exclude.dashboards", "dashboard", settings.exclude.dashboards, declared.dashboards)
    compiled = _without_left_out(declared, content, settings)
    uids = {slug: uid_in(settings.grafana.folder_uid, slug) for slug in declared.dashboards}
    links = _panel_links(compiled, declared, uids, settings)
    alert_files = {f"{group.name}.yaml": alert_file(group, links, settings) for group in compiled.alerts}
    dashboards = _dashboards(declared, compiled, uids, settings, data_source)
    kept = without_links(dashboards, {uids[slug] for slug in settings.exclude.dashboards}, settings.exclude.alerts)
    records = tuple(for_each_engine(compiled.records, settings.engines))
    return Bundle(
        dashboards=kept,
        recording_rules={f"{group.name}.yaml": record_file(group, settings) for group in records},
        alerts=alert_files,
        grafana_groups=tuple(_grafana_groups(alert_files, links, settings, data_source)),
        buckets=_buckets(compiled.records, settings.histogram_buckets),
        buckets_of_engines=_buckets_of_engines(compiled.records, settings.histogram_buckets),
        content=replace(
            compiled, dashboards={uids[slug]: board for slug, board in compiled.dashboards.items()}, records=records
        ),
        runbooks=content.runbooks,
        left_out=LeftOut(frozenset(settings.exclude.alerts), dead_ends(kept) - dead_ends(dashboards)),
        notifications=grafana_notifications(settings),
    )


def _grafana_groups(
    alert_files: Mapping[str, Json], links: Mapping[str, PanelLink], settings: Settings, data_source: DataSource | None
) -> Iterator[Json]:
    """The groups that Grafana evaluates; none where Prometheus evaluates the alerts."""
    if settings.alerts_evaluated_by == ALERTS_IN_PROMETHEUS:
        return
    uid = data_source.uid if data_source else settings.grafana.data_source or CONVENTIONAL_DATA_SOURCE_UID
    for file in alert_files.values():
        for group in file["groups"]:
            yield grafana_group(group, target=settings.grafana, data_source_uid=uid, links=links)


def compile_rules(content: Content, settings: Settings) -> dict[str, Json]:
    """The files of alerts and recorded series by name, as in a bundle but without links to dashboards: this takes half the time."""
    rules = _evaluated(content, settings)
    alerts = (alert_file(group, {}, settings) for group in chosen_alerts(rules.alerts, settings))
    records = (record_file(group, settings) for group in for_each_engine(rules.records, settings.engines))
    return {f"{file['groups'][0]['name']}.yaml": file for file in (*records, *alerts)}


def _evaluated(content: Content, settings: Settings) -> Rules:
    """All rules that are declared, with expressions as they are evaluated."""
    rules = declared_rules(content, settings)
    _refuse_clashes(rules)
    return Rules(
        alerts=tuple(
            replace(group, alerts=tuple(replace(each, expr=_scoped(each.expr, settings)) for each in group.alerts))
            for group in rules.alerts
        ),
        records=tuple(
            replace(group, records=tuple(replace(each, expr=_scoped(each.expr, settings)) for each in group.records))
            for group in rules.records
        ),
    )


def _declared(content: Content, settings: Settings) -> CompiledContent:
    """Everything that is declared, whatever the settings leave out, with expressions as they are evaluated."""
    rules = _evaluated(content, settings)
    boards = [
        assemble(identified(with_exceptions(build, settings), settings.identity_labels), content.annotations)
        for build in content.dashboards
    ]
    _refuse_duplicates("dashboard", (board.slug for board in boards))
    always = content.always_recorded.name if content.always_recorded else ""
    declared = CompiledContent({board.slug: board for board in boards}, rules.records, rules.alerts, always)
    _refuse_unknown_series(declared, content, settings)
    return declared


def _without_left_out(declared: CompiledContent, content: Content, settings: Settings) -> CompiledContent:
    """The content without what the settings leave out, and without recorded series that nothing reads then."""
    boards = {slug: board for slug, board in declared.dashboards.items() if slug not in settings.exclude.dashboards}
    alerts = chosen_alerts(declared.alerts, settings)
    before, after = names_read(declared.dashboards.values(), declared.alerts), names_read(boards.values(), alerts)
    after |= {declared.always_recorded} if boards else set()
    left_out = settings.exclude.dashboards or settings.exclude.alerts
    records = without_unread(declared.records, before, after, content.measures) if left_out else declared.records
    return replace(declared, dashboards=boards, records=records, alerts=alerts)


def _refuse_unknown_series(compiled: CompiledContent, content: Content, settings: Settings) -> None:
    records = (record for group in compiled.records for record in group.records)
    queries = [(query.reader, query.expr) for query in compiled.queries]
    measures = content.measures.all if content.measures else ()
    queries += [(f"The measure {each.name} of baselines", each.expr) for each in measures]
    queries += [("What is always recorded", instant(content.always_recorded))] if content.always_recorded else []
    queries += [
        (f"The variable {variable.name!r} of the dashboard {board.slug!r}", instant(source))
        for board in compiled.dashboards.values()
        for variable in board.declared.offered
        for source in variable.offering
    ]
    refuse_unknown_series(queries, known_series(records, content.metrics), settings)


def _alerts(compiled: CompiledContent) -> list[Alert]:
    return [alert for group in compiled.alerts for alert in group.alerts]


def _panel_links(
    compiled: CompiledContent, declared: CompiledContent, uids: Mapping[str, str], settings: Settings
) -> dict[str, PanelLink]:
    """The links of alerts to their panels, by alert; none to a dashboard that is left out."""
    return {
        alert.name: panel_link(alert, declared.dashboards, uids)
        for alert in _alerts(compiled)
        if alert.panel[0] not in settings.exclude.dashboards
    }


def _dashboards(
    declared: CompiledContent,
    compiled: CompiledContent,
    uids: Mapping[str, str],
    settings: Settings,
    data_source: DataSource | None,
) -> dict[str, Json]:
    """Every declared dashboard by uid, with links to the runbooks of the alerts that are compiled."""
    runbooks = runbook_links(_alerts(compiled), declared.dashboards, settings)
    currency = settings.cost.currency
    boards = {
        uids[slug]: dashboard_json(board, uids=uids, runbooks=runbooks, currency=currency, data_source=data_source)
        for slug, board in declared.dashboards.items()
    }
    for slug, board in compiled.dashboards.items() if compiled.always_recorded else ():
        say_where_not_recorded(boards[uids[slug]], panels_of_records(board), compiled.always_recorded)
    return boards


def _buckets(groups: Iterable[RecordGroup], custom: CustomBuckets) -> dict[str, Buckets]:
    recorded = [record for group in groups for record in group.records if record.histogram_names]
    sources: tuple[Source, ...] = (*(histogram.bucket for histogram in HISTOGRAMS.values()), *recorded)
    return {
        name: buckets_of(source.histogram_names, custom)
        for source in sources
        for name in (source.name, *source.former_names)
    }


def _buckets_of_engines(groups: Iterable[RecordGroup], custom: CustomBuckets) -> dict[tuple[str, str], Buckets]:
    return {
        (record.name, engine): buckets_of(record.histogram_names_of(engine), custom)
        for group in groups
        for record in group.records
        if record.histogram_names
        for engine, _ in record.expr.by_engine
    }


def _scoped(expr: Expr, settings: Settings) -> Expr:
    """The query in which metric names that other software uses as well are read from the service jobs only."""
    return expr.filtered({"job": regex(settings.jobs.services_regex)}, shared_names_only=True)


def _refuse_clashes(rules: Rules) -> None:
    _refuse_duplicates("alert", (alert.name for group in rules.alerts for alert in group.alerts))
    _refuse_duplicates("record", (str(record) for group in rules.records for record in group.records))
    _refuse_duplicates("rule group", [group.name for group in rules.records] + [group.name for group in rules.alerts])


def _refuse_duplicates(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DeclarationError(
                f"Two definitions of the {kind} {name!r}: names must be unique, rename one.", kind, name
            )
        seen.add(name)
