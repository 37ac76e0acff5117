"""Alerts on the monitoring itself. Rules that fail and alerts that do not arrive are silent, however bad things are."""

from glassbox.metrics import prometheus_server
from glassbox.query.promql import always, increase
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import last, span
from glassbox.settings.model import Jobs, Settings
from recording_rules.blind_spots import UNLISTED_SECONDS, UNLISTED_WINDOW, spanning, unlisted
from recording_rules.levels import PLACES

_FAILURES_WINDOW = "5m"


def group(settings: Settings) -> AlertGroup:
    """The alerts. They have no thresholds, but they know this installation's jobs."""
    return AlertGroup(
        "monitoring",
        Subject.MONITORING,
        (
            Alert(
                name="PrometheusRuleFailures",
                expr=increase(prometheus_server.RULE_FAILURES, _FAILURES_WINDOW) > 0,
                # Twice the window: a failure that does not repeat has left the window by then.
                for_="10m",
                severity=Severity.TICKET,
                also_explained_on=(("monitoring", "Rule failures"),),
                panel=("monitoring", "Rule failures by group"),
                summary="Rules fail in {{ $labels.rule_group }}",
                description=f"{{{{ $value | humanize }}}} rule evaluations in {{{{ $labels.rule_group }}}} failed within the {last(_FAILURES_WINDOW)}, and they keep failing. Their series and alerts are missing.",
                cannot_see="Rules that succeed and return nothing because their series are missing, groups that are skipped or too slow, failures that happen less often than that, this group's own failures, and a Prometheus that does not scrape itself. Watchdog covers the last but one; for the rest, look at the other panels of Monitoring health.",
            ),
            Alert(
                name="Watchdog",
                expr=always(),
                for_="0s",
                severity=Severity.HEARTBEAT,
                panel=("monitoring", "Alerts nobody took"),
                summary="Alerts reach their receiver",
                description="This alert always fires. If it stops arriving, Prometheus, Alertmanager or the connection between them is broken.",
                cannot_see="It proves that this Prometheus evaluates rules and that alerts reach the receiver of heartbeats. It does not prove that targets are scraped, that other rules have data, or that the receivers of pages and tickets work: look at Monitoring health. Of two Prometheus servers, one hides the loss of the other, unless each has a dead man's switch of its own.",
            ),
            _unlisted(settings.jobs),
            _spanning(),
        ),
    )


def _unlisted(jobs: Jobs) -> Alert:
    return Alert(
        name="MonitoringJobUnlisted",
        expr=unlisted(jobs),
        for_="0s",
        # Outages of a service that works for callers are silent: that cannot wait for a weekly report.
        severity=Severity.TICKET,
        panel=("monitoring", "Services not listed"),
        summary="{{ $labels.job }} looks like a service, and no alert reports its outages",
        description=f"{{{{ $labels.job }}}} had the series of an inference service for {span(UNLISTED_SECONDS)} or more of the {last(UNLISTED_WINDOW)} (number of targets: {{{{ $value }}}}), but jobs.services does not list the job. Its outages and HTTP errors raise no alert.",
        cannot_see="A service that never answered a scrape, one that answers for less than that, a Triton or a front end that finished no request, and one of an engine that our records do not know. Compare the jobs in Monitoring health with what you run.",
    )


def _spanning() -> Alert:
    labels = " or ".join(PLACES)
    return Alert(
        name="MonitoringJobSpansTenants",
        expr=spanning(),
        # A service that moves from one namespace to another is in both for a while.
        for_="30m",
        severity=Severity.REPORT,
        panel=("monitoring", "Services by cluster and namespace"),
        summary="{{ $labels.job }} may be several services under one name",
        description=f"The targets of {{{{ $labels.job }}}} differ in their labels {labels}: there are {{{{ $value }}}} sets of them. Recorded series add them up, so one that is slow or fails is hidden by one that is well. Give each a job of its own.",
        cannot_see=f"Services that are distinguished by other labels than {labels}, or by none, and jobs that are not in jobs.services. The list of targets in Monitoring health shows their addresses.",
    )
