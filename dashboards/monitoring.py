"""Monitoring health: is the monitoring blind? An alert that reads nothing is silent.

What Prometheus says of itself and of its targets is read as it is: few series, one each for a target or rule group.
"""

from dashboards.choices import ANY_JOB, ANY_TARGET, PROMETHEUS_JOB
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import comparison, stat, table, timeseries
from glassbox.board.style import GREEN, RED, UP_DOWN, YELLOW, Steps
from glassbox.board.tables import Next
from glassbox.metrics import prometheus_server, scrape
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import age, avg_by, count_by, increase, instant, max_by, min_by, ratio, sum_by, with_label
from glassbox.settings.model import Settings
from recording_rules import instances, targets
from recording_rules.levels import TARGET

_JOB = ("job",)
_GROUP, _NAME = ("rule_group",), ("group",)
_ANY = Steps(GREEN, ((1, RED),))
# Evaluations longer than their interval are left out; at half of it, twice the replicas are too many.
_LOAD_STEPS = Steps(GREEN, ((0.5, YELLOW), (1, RED)))

# Here nothing is no good news: "No traffic" would read as such.
_UNKNOWN = "No data"


def _named(groups: Expr) -> Expr:
    """Rule groups with their name alone: Prometheus puts the path of the file in front, which leaves no room for lines."""
    return with_label("group", groups, copied_from="rule_group", pattern="(?:.*;)?(.+)")


_KNOWN = count_by(_JOB, instant(scrape.UP))
_ANSWERING = sum_by(_JOB, instant(scrape.UP)).measured_in(Unit.NONE)
_SCRAPE_SECONDS = max_by(_JOB, instant(scrape.SCRAPE_DURATION))
_SERIES = sum_by(_JOB, instant(scrape.SCRAPE_SAMPLES_KEPT))
_NEW_SERIES = sum_by(_JOB, instant(scrape.SCRAPE_SERIES_ADDED))
# Only services are asked for engine series; others are no service targets and not counted.
_TALKING = count_by(_JOB, count_by(TARGET, instant(instances.RUNNING)))
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
# A group that was never evaluated says 0, which is 1970.
_LAST_EVALUATION = max_by(_GROUP, instant(prometheus_server.RULE_GROUP_LAST_EVALUATION)) > 0
_SINCE_EVALUATION = age(min_by(_NAME, _named(_LAST_EVALUATION)))


def build(_settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "monitoring",
        "Monitoring health",
        question="Is the monitoring blind?",
        variables=(ANY_JOB, ANY_TARGET, PROMETHEUS_JOB),
        leads_to=Next("inference-overview", "How the services are"),
        rows=(_summary(), _jobs(), _scrapes(), _rules()),
    )


def _summary() -> Row:
    # Those that are down count for 0.
    silent = targets.OF_SERVICES.unless(instant(instances.RUNNING), on=TARGET)
    mute = sum_by((), silent).or_(sum_by((), targets.OF_SERVICES) * 0).measured_in(Unit.NONE)
    return Row(
        "",
        (
            stat(
                "Targets down",
                sum_by((), _KNOWN) - sum_by((), _ANSWERING),
                why="Targets of all jobs whose last scrape failed. Those of services raise InferenceInstanceDown; the table below names the job.",
                steps=_ANY,
                empty=_UNKNOWN,
            ),
            stat(
                "Mute targets",
                mute,
                why="Services that answer scrapes and expose nothing of their engine or requests. After five minutes each raises InferenceTargetMute.",
                steps=_ANY,
                empty=_UNKNOWN,
            ),
            stat(
                "Rule failures",
                sum_by((), _FAILURES),
                why="Evaluations within the hour that ended with an error. Above 0 series or alerts were missing; for ten minutes it raises PrometheusRuleFailures.",
                steps=_ANY,
                empty=_UNKNOWN,
            ),
            stat(
                "Slowest rule group",
                max_by((), _RULE_LOAD),
                why="Time of the last evaluation over the interval, for the worst group. From 100 % on evaluations are left out, and recorded series have gaps.",
                steps=_LOAD_STEPS,
                empty=_UNKNOWN,
            ),
            stat(
                "Alerts nobody took",
                sum_by((), increase(prometheus_server.NOTIFICATIONS_DROPPED, "1h")),
                why="Notifications within the hour that no Alertmanager accepted. Above 0 look at Alertmanager and at the addresses in prometheus.yml.",
                steps=_ANY,
                empty=_UNKNOWN,
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
                "Tell of requests": _TALKING,
                "Slowest scrape": _SCRAPE_SECONDS,
                "Series": _SERIES,
                "New series": _NEW_SERIES,
            },
            why="What each job brings. Fewer answering than targets: some are down. Fewer that tell of requests than answer: some are mute; empty means that the job is no service.",
        ),
        table(
            "Last scrape",
            max_by(TARGET, instant(scrape.UP)),
            why="Every target of every job and whether its last scrape succeeded. The reason stands in Prometheus under Status, Targets.",
            value="Status",
            words=UP_DOWN,
        ),
    )


def _scrapes() -> Row:
    return row(
        "Scrapes",
        timeseries(
            "Scrape success",
            avg_by(_JOB, instant(scrape.UP)).measured_in(Unit.RATIO),
            why="Share of a job's targets that answered. Short dips are restarts or scrapes that took too long.",
            maximum=1,
            empty=_UNKNOWN,
        ),
        timeseries(
            "Slowest scrape",
            _SCRAPE_SECONDS,
            why="Time of the slowest target of each job. Near scrape_timeout, targets will look down while they are only busy.",
            empty=_UNKNOWN,
        ),
        timeseries(
            "Series by job",
            _SERIES,
            why="Samples kept from a scrape of all targets. Steps up come with versions and replicas, steady growth with labels that take ever new values.",
            empty=_UNKNOWN,
        ),
        timeseries(
            "New series by job",
            _NEW_SERIES,
            why="Series that the last scrape had and the one before had not. Restarts make single peaks; a plateau fills Prometheus' memory.",
            empty=_UNKNOWN,
        ),
    )


def _rules() -> Row:
    return row(
        "Rules",
        timeseries(
            "Evaluation load by group",
            _RULE_LOAD,
            why="Time of the last evaluation over its interval. At 100 % the next one is left out.",
            empty=_UNKNOWN,
        ),
        timeseries(
            "Age of the last evaluation",
            _SINCE_EVALUATION,
            why="How old the newest recorded values of each group are. Above twice the interval, boards and alerts read the past.",
            empty=_UNKNOWN,
        ),
        timeseries(
            "Rule failures by group",
            _FAILURES_OF_GROUP,
            why="Failed evaluations within the hour. Prometheus shows the error beside the rule under Status, Rules.",
            empty=_UNKNOWN,
        ),
        timeseries(
            "Series in memory",
            max_by(("instance",), instant(prometheus_server.HEAD_SERIES)),
            why="Series that Prometheus holds. Memory grows with them, at some kilobytes each.",
            empty=_UNKNOWN,
        ),
    )
