"""Monitoring health: is the monitoring blind? An alert that reads nothing is silent.

What Prometheus reports about itself and its targets is read as it is: it is few series, one per target or rule group.
"""

from dashboards.choices import ANY_JOB, ANY_TARGET, PROMETHEUS_JOB
from dashboards.lines import BY_JOB
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import comparison, stat, table, timeseries
from glassbox.board.style import GREEN, RED, UP_DOWN, YELLOW, Steps
from glassbox.board.tables import Next
from glassbox.metrics import prometheus_server, scrape
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import age, avg_by, count_by, increase, instant, max_by, min_by, ratio, sum_by, with_label
from glassbox.query.wording import last, span
from glassbox.settings.model import Jobs, Settings
from recording_rules import instances, targets
from recording_rules.blind_spots import UNLISTED_SECONDS, UNLISTED_WINDOW, unlisted
from recording_rules.levels import TARGET

_GROUP, _NAME = ("rule_group",), ("group",)
_ANY = Steps(GREEN, ((1, RED),))
# Evaluations that take longer than their interval are skipped; at half of it, twice the replicas are too many.
_LOAD_STEPS = Steps(GREEN, ((0.5, YELLOW), (1, RED)))

# On this board, no data is not good news.
_NOTHING_SCRAPED, _NOT_SCRAPED = "Nothing is scraped", "Prometheus is not scraped"


def _named(groups: Expr) -> Expr:
    """Rule groups by their bare name. Prometheus puts the path of the file in front, which leaves no room for lines."""
    return with_label("group", groups, copied_from="rule_group", pattern="(?:.*;)?(.+)")


_KNOWN = count_by(BY_JOB, instant(scrape.UP))
_ANSWERING = sum_by(BY_JOB, instant(scrape.UP)).measured_in(Unit.NONE)
_SCRAPE_SECONDS = max_by(BY_JOB, instant(scrape.SCRAPE_DURATION))
_SERIES = sum_by(BY_JOB, instant(scrape.SCRAPE_SAMPLES_KEPT))
_NEW_SERIES = sum_by(BY_JOB, instant(scrape.SCRAPE_SERIES_ADDED))
# Only services have engine series. Other jobs are not services and are not counted.
_REPORTING = count_by(BY_JOB, instances.reporting())
_RULE_LOAD = max_by(
    _NAME,
    _named(
        ratio(
            max_by(_GROUP, instant(prometheus_server.RULE_GROUP_DURATION)),
            max_by(_GROUP, instant(prometheus_server.RULE_GROUP_INTERVAL)),
        )
    ),
)
_FAILURES = increase(prometheus_server.RULE_FAILURES, "1h")
_FAILURES_OF_GROUP = sum_by(_NAME, _named(sum_by(_GROUP, _FAILURES)))
# A group that was never evaluated reports 0, which is 1970.
_LAST_EVALUATION = max_by(_GROUP, instant(prometheus_server.RULE_GROUP_LAST_EVALUATION)) > 0
_SINCE_EVALUATION = age(min_by(_NAME, _named(_LAST_EVALUATION)))


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "monitoring",
        "Monitoring health",
        question="Is the monitoring blind?",
        variables=(ANY_JOB, ANY_TARGET, PROMETHEUS_JOB),
        leads_to=Next("inference-overview", "How the services are doing"),
        rows=(_summary(), _jobs(), _coverage(settings.jobs), _scrapes(), *_rules()),
    )


def _summary() -> Row:
    # Of a target that is down, nobody knows what it would report.
    answering = targets.OF_SERVICES.equals(1)
    silent = answering.unless(instances.reporting(), on=TARGET)
    mute = sum_by((), silent).or_(sum_by((), answering) * 0).measured_in(Unit.NONE)
    return Row(
        "",
        (
            stat(
                "Targets down",
                sum_by((), _KNOWN) - sum_by((), _ANSWERING),
                why="Targets of all jobs whose last scrape failed. Those of services raise InferenceInstanceDown. The table below names the job.",
                steps=_ANY,
                empty=_NOTHING_SCRAPED,
            ),
            stat(
                "Mute targets",
                mute,
                why="Services that answer scrapes, but report nothing about their engine or requests. A target that stays mute raises InferenceTargetMute.",
                steps=_ANY,
                empty=_NOTHING_SCRAPED,
            ),
            stat(
                "Rule failures",
                sum_by((), _FAILURES),
                why="Rule evaluations within the hour that ended with an error. Above 0, series or alerts were missing. Failures that continue raise PrometheusRuleFailures.",
                steps=_ANY,
                empty=_NOT_SCRAPED,
            ),
            stat(
                "Slowest rule group",
                max_by((), _RULE_LOAD),
                why="Duration of the last evaluation over its interval, for the worst group. From 100%, evaluations are skipped, and recorded series have gaps.",
                steps=_LOAD_STEPS,
                empty=_NOT_SCRAPED,
            ),
            stat(
                "Alerts nobody took",
                sum_by((), increase(prometheus_server.NOTIFICATIONS_DROPPED, "1h")),
                why="Notifications within the hour that no Alertmanager accepted. Above 0, check Alertmanager and the addresses in prometheus.yml.",
                steps=_ANY,
                empty=_NOT_SCRAPED,
            ),
        ),
    )


def _jobs() -> Row:
    return row(
        "Targets",
        comparison(
            "Jobs",
            {
                "Targets": _KNOWN,
                "Answering": _ANSWERING,
                "Reporting requests": _REPORTING,
                "Slowest scrape": _SCRAPE_SECONDS,
                "Series": _SERIES,
                "New series": _NEW_SERIES,
            },
            why="What each job delivers. Fewer answering than targets: some are down. Fewer reporting requests than answering: some are mute. Empty means that the job is not a service.",
            empty=_NOTHING_SCRAPED,
        ),
        table(
            "Last scrape",
            max_by(TARGET, instant(scrape.UP)),
            why="Every target of every job, and whether its last scrape succeeded. Prometheus shows the reason under Status, Targets.",
            value="Status",
            words=UP_DOWN,
            empty=_NOTHING_SCRAPED,
        ),
    )


def _coverage(jobs: Jobs) -> Row:
    """Services whose outages no alert reports, and those that hide one another."""
    services = targets.TARGETS_BY_PLACE.and_(instant(targets.TARGETS), on=BY_JOB)
    return row(
        "Services",
        table(
            "Services not listed",
            unlisted(jobs),
            why=f"Jobs with series of an engine or of our exporter that are not in jobs.services, and how many of their targets had such series for {span(UNLISTED_SECONDS)} or more of the {last(UNLISTED_WINDOW)}. What engines report is recorded all the same, but outages and HTTP errors raise no alert. No row: there is none. Add the job to the settings. Each raises MonitoringJobUnlisted.",
            value="Targets",
            size=Size(width=7),
            empty="None found",
            may_be_empty=True,
        ),
        table(
            "Services by cluster and namespace",
            services,
            why="How many targets each service has in each cluster and namespace. Recorded series have neither label. So of a service with several rows, one that is slow or fails is hidden by one that is well: give each a job name of its own. It raises MonitoringJobSpansTenants.",
            value="Targets",
            size=Size(width=9),
            empty="No service",
        ),
        table(
            "Targets seen twice",
            count_by(TARGET, targets.OF_SERVICES) > 1,
            why="Targets of services of which this data source has several series up, and how many. Everything that they do counts as often. It happens where two Prometheus scrape the same targets and no one removes the duplicates (Thanos: --query.replica-label; Mimir: the HA tracker; VictoriaMetrics: -dedup.minScrapeInterval and equal labels).",
            value="Series",
            size=Size(width=8),
            empty="None found",
            may_be_empty=True,
        ),
    )


def _scrapes() -> Row:
    return row(
        "Scrapes",
        timeseries(
            "Scrape success",
            avg_by(BY_JOB, instant(scrape.UP)).measured_in(Unit.RATIO),
            why="Share of a job's targets that answered. Short dips are restarts, or scrapes that took too long.",
            maximum=1,
            empty=_NOTHING_SCRAPED,
        ),
        timeseries(
            "Slowest scrape",
            _SCRAPE_SECONDS,
            why="Scrape duration of the slowest target of each job. Near scrape_timeout, busy targets will appear to be down.",
        ),
        timeseries(
            "Series by job",
            _SERIES,
            why="Samples kept from one scrape of all targets. Steps up come with versions and replicas. Steady growth comes from labels that keep taking new values.",
        ),
        timeseries(
            "New series by job",
            _NEW_SERIES,
            why="Series that are in the last scrape but not in the one before. Restarts cause single peaks. A plateau fills Prometheus' memory.",
        ),
    )


def _rules() -> tuple[Row, Row]:
    """Two beside each other, so that the names of the groups have room."""
    load = row(
        "Rules",
        timeseries(
            "Evaluation load by group",
            _RULE_LOAD,
            many=True,
            why="Duration of the last evaluation over its interval. At 100%, the next one is skipped.",
            empty=_NOT_SCRAPED,
        ),
        timeseries(
            "Age of the last evaluation",
            _SINCE_EVALUATION,
            many=True,
            why="Age of the newest recorded values of each group. Above twice the interval, boards and alerts read the past.",
            empty=_NOT_SCRAPED,
        ),
    )
    failures = Row(
        "",
        (
            timeseries(
                "Rule failures by group",
                _FAILURES_OF_GROUP,
                many=True,
                why="Failed evaluations within the hour. Prometheus shows the error beside the rule under Status, Rules.",
                empty=_NOT_SCRAPED,
            ),
            timeseries(
                "Series in memory",
                max_by(("instance",), instant(prometheus_server.HEAD_SERIES)),
                why="Series that Prometheus holds. Memory grows with them, by a few kilobytes each.",
                empty=_NOT_SCRAPED,
            ),
        ),
    )
    return load, failures
