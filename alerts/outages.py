"""Alerts on what is there to serve: nothing of a service (callers suffer), fewer targets than there should be, or targets that report nothing.

"Nothing" has two halves: targets that do not answer, and targets that are no longer known. `sum(up) == 0` sees only the first,
and `count(up == 1) < n` sees neither.
"""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr, Matcher, regex
from glassbox.query.promql import absent, changes, group_by, instant, over_time
from glassbox.query.rules import Alert, Severity
from glassbox.query.wording import last
from glassbox.settings.model import Jobs, Settings
from recording_rules import engine, instances, requests, targets
from recording_rules.levels import JOB, SERVED, TARGET
from recording_rules.memory import GONE_REMEMBERED

_PANEL = ("inference-overview", "Health")

_FLAPPING_WINDOW = "10m"
_FLAPPING_UP_RATIO = 0.5
# Down, up, down, up: an outage and its recovery are two changes.
_FLAPPING_CHANGES = 4

_NO_CAPACITY_SUMMARY = "{{ if $labels.model_name }}Nothing serves {{ $labels.model_name }} ({{ $labels.job }}) any more{{ else }}{{ $labels.job }} has no capacity: {{ if $value }}0 of {{ $value }} targets answer{{ else }}no targets left{{ end }}{{ end }}"
_NO_CAPACITY_DESCRIPTION = "{{ if $labels.model_name }}No target of {{ $labels.job }} serves {{ $labels.model_name }} any more. The model answered requests when it was last seen. Other targets of the job answer.{{ else if $value }}Prometheus cannot scrape any target of {{ $labels.job }}, or only now and then.{{ else }}Prometheus knows no target of {{ $labels.job }}. All are gone, or service discovery lost them.{{ end }}"
_DOWN_SUMMARY = (
    "{{ $labels.job }}{{ if $labels.instance }} on {{ $labels.instance }} "
    "{{ if $value }}fails most scrapes{{ else }}is down{{ end }}{{ else }} has too few targets: {{ $value }}{{ end }}"
)
_DOWN_DESCRIPTION = f"{{{{ if $labels.instance }}}}Prometheus cannot scrape {{{{ $labels.instance }}}} of {{{{ $labels.job }}}}{{{{ if $value }}}} most of the time: {{{{ $value | humanizePercentage }}}} of the scrapes in the {last(_FLAPPING_WINDOW)} succeeded{{{{ end }}}}.{{{{ else }}}}Prometheus knows {{{{ $value }}}} targets of {{{{ $labels.job }}}}, fewer than jobs.replicas requires.{{{{ end }}}}"


def _wanted(jobs: Jobs) -> Matcher:
    """Jobs that are not scaled to zero on purpose."""
    return regex(jobs.wanted_regex)


def _flapping(jobs: Jobs) -> Expr:
    """The share of scrapes that succeeded, for targets that go down repeatedly and are down more than up."""
    wanted = _wanted(jobs)
    up_ratio = over_time("avg", scrape.UP, _FLAPPING_WINDOW, job=wanted)
    often = changes(scrape.UP, _FLAPPING_WINDOW, job=wanted) >= _FLAPPING_CHANGES
    # The windows still contain a target that has gone; its current `up` does not.
    return (up_ratio < _FLAPPING_UP_RATIO).and_(often).and_(instant(scrape.UP, job=wanted))


def _gone(jobs: Jobs) -> Expr:
    """Jobs that had targets until lately, and required jobs without any (`jobs.expected`), which are never forgotten."""
    wanted = _wanted(jobs)
    gone = over_time("last", targets.TARGETS, GONE_REMEMBERED, job=wanted).unless(instant(targets.TARGETS))
    for job in jobs.required:
        # A vanished job is already found above, with the same labels; `or` keeps one of the two.
        gone = gone.or_(absent(scrape.UP, job=job))
    return gone


def _abandoned(jobs: Jobs) -> Expr:
    """Models that answered requests when they were last seen, within the hour, and that nothing serves now, in jobs that answer.

    A model that was idle when it went was taken away, or scaled to zero.
    """
    served = over_time("last", requests.REQUESTS, GONE_REMEMBERED, job=_wanted(jobs)) > 0
    now = group_by(SERVED, instant(engine.RUNNING))
    return group_by(SERVED, served).unless(now).and_(instant(targets.TARGETS_UP) > 0, on=JOB)


def _no_capacity(jobs: Jobs) -> Expr:
    """Jobs without a target that answers steadily, with the number of their targets: 0 where none is known, and for models."""
    steady = instant(scrape.UP).equals(1).unless(_flapping(jobs))
    unanswering = instant(targets.TARGETS, job=_wanted(jobs)).unless(steady, on=JOB)
    # Grafana also distinguishes alerts by the metric's name. The product drops it, so that a job stays one alert
    # while its targets go from down to gone.
    return unanswering.or_(_gone(jobs) * 0).or_(_abandoned(jobs) * 0) * 1


def _less_than_wanted(jobs: Jobs) -> Expr:
    """Targets that are down (0) or flapping (their share of good scrapes), and jobs with too few targets (their number)."""
    # As above: a target stays one alert while it changes between down and flapping.
    less = _flapping(jobs).or_(instant(scrape.UP, job=_wanted(jobs)).equals(0) * 0)
    for job, replicas in sorted(jobs.replicas.items()):
        # Fewer than one is no capacity at all.
        if replicas > 1:
            less = less.or_((instant(targets.TARGETS, job=job) < replicas) * 1)
    return less


def _mute() -> Expr:
    """Targets that answer scrapes and expose nothing that boards and alerts read."""
    # The product drops the name `up`, which Grafana would treat as a label.
    return instant(scrape.UP).equals(1).unless(instant(instances.RUNNING), on=TARGET) * 1


def alerts(settings: Settings) -> tuple[Alert, ...]:
    """The alerts, with this installation's jobs."""
    waits = f"{settings.thresholds.down_seconds}s"
    return (
        Alert(
            name="InferenceNoCapacity",
            expr=_no_capacity(settings.jobs),
            for_=waits,
            severity=Severity.PAGE,
            panel=_PANEL,
            summary=_NO_CAPACITY_SUMMARY,
            description=_NO_CAPACITY_DESCRIPTION,
        ),
        Alert(
            name="InferenceInstanceDown",
            expr=_less_than_wanted(settings.jobs),
            for_=waits,
            severity=Severity.TICKET,
            also_explained_on=(("monitoring", "Targets down"),),
            panel=_PANEL,
            summary=_DOWN_SUMMARY,
            description=_DOWN_DESCRIPTION,
        ),
        Alert(
            name="InferenceTargetMute",
            expr=_mute(),
            for_="5m",
            severity=Severity.TICKET,
            also_explained_on=(("replicas", "Replicas"), ("monitoring", "Mute targets")),
            panel=("monitoring", "Jobs"),
            summary="{{ $labels.job }} on {{ $labels.instance }} answers scrapes but reports nothing",
            description="{{ $labels.instance }} of {{ $labels.job }} is up, but exposes no metrics of its engine or requests. No other alert sees it.",
        ),
    )
