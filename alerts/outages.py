"""Alerts on what is there to serve: nothing of a service (callers suffer), fewer targets than there should be, or targets that report nothing.

"Nothing" has two halves: targets that do not answer, and targets that are no longer known. `sum(up) == 0` sees only the first,
and `count(up == 1) < n` sees neither. Both also look the same when a service is scaled to zero, and when it starts: what was
in use when it was last seen, and whether a target ever answered, tell these apart.
"""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr
from glassbox.query.promql import absent, group_by, instant, over_time
from glassbox.query.rules import Alert, Severity
from glassbox.query.selectors import regex
from glassbox.query.wording import last, span
from glassbox.settings.model import Jobs, Settings
from recording_rules import answering, engine, instances, requests, targets
from recording_rules.levels import INSTANCE, JOB, PLACE, SERVED, TARGET
from recording_rules.memory import GONE_REMEMBERED
from recording_rules.sources import OF_PREFILL

_PANEL = ("inference-overview", "Health")

# A model is new in its job for longer than what it replaced is remembered, however long the roll-out takes.
_NEW_FOR = "2h"
_WHERE = "{{ with $labels.namespace }} in {{ . }}{{ end }}{{ with $labels.cluster }} ({{ . }}){{ end }}"
_NO_CAPACITY_SUMMARY = f"{{{{ if $labels.model_name }}}}Nothing serves {{{{ $labels.model_name }}}} ({{{{ $labels.job }}}}) any more{{{{ else }}}}{{{{ $labels.job }}}}{_WHERE} has no capacity: {{{{ if $value }}}}0 of {{{{ $value }}}} targets answer{{{{ else }}}}no targets left{{{{ end }}}}{{{{ end }}}}"
_NO_CAPACITY_DESCRIPTION = f"{{{{ if $labels.model_name }}}}No target of {{{{ $labels.job }}}} serves {{{{ $labels.model_name }}}} any more. The model answered requests when it was last seen. Other targets of the job answer.{{{{ else if $value }}}}Prometheus cannot scrape any target of {{{{ $labels.job }}}}{_WHERE}, or only now and then.{{{{ else }}}}Prometheus knows no target of {{{{ $labels.job }}}}. All are gone, or service discovery lost them.{{{{ end }}}}"
_DOWN_SUMMARY = (
    "{{ $labels.job }}{{ if $labels.instance }} on {{ $labels.instance }} "
    "{{ if lt $value 0.0 }}does not start{{ else if $value }}fails most scrapes{{ else }}is down{{ end }}"
    "{{ else }} has too few targets: {{ $value }}{{ end }}"
)
_DOWN_DESCRIPTION = f"{{{{ if $labels.instance }}}}Prometheus cannot scrape {{{{ $labels.instance }}}} of {{{{ $labels.job }}}}{{{{ if lt $value 0.0 }}}}, which has not answered within the {last(GONE_REMEMBERED)}{{{{ else if $value }}}} most of the time: {{{{ $value | humanizePercentage }}}} of the scrapes in the {last(targets.GAPS_WINDOW)} succeeded{{{{ end }}}}.{{{{ else }}}}Prometheus knows {{{{ $value }}}} targets of {{{{ $labels.job }}}}, fewer than jobs.replicas requires.{{{{ end }}}}"
_NO_CAPACITY_CANNOT_SEE = (
    "A job that was idle when service discovery lost its targets: jobs.expected makes it page. "
    "Targets that answer scrapes while no request is answered: InferenceNothingAnswered. "
    "A namespace whose targets are no longer known while another namespace answers, and a job that may be at zero "
    "(0 in jobs.replicas) in one of its namespaces only: up by namespace. "
    f"A model whose targets are all taken away within {span(_NEW_FOR)} of another model's arrival in their job: that looks like a new name. "
    "Callers who ask for a model's former name after a roll-out: HTTP 404 at the gateway. "
    "Prefill instances that are all gone while decode instances answer, and decode instances that are all gone where prefill "
    "instances lack the label inference_role: InferenceQPSLow."
)
_DOWN_CANNOT_SEE = (
    "A target that leaves service discovery while others of its job stay, without jobs.replicas; any target of a job with 0 there. "
    "A target that answers scrapes while its engine hangs: InferenceEngineStalled."
)
_MUTE_CANNOT_SEE = (
    "A target that reports its running requests and nothing else: the panels of its model are empty. "
    "It does not know whether the engine of a process that answers is still loading, nor that a server was not asked yet: "
    "TGI and Dynamo have no series before the first request after a start, so it fires until then."
)


def _down(jobs: Jobs) -> Expr:
    """Targets that are down. Jobs that may be at zero are left out."""
    return instant(answering.DOWN, job=regex(jobs.wanted_regex))


def _gone(jobs: Jobs) -> Expr:
    """Jobs in use whose targets have all left lately, and required jobs without any (`jobs.expected`), which are never forgotten."""
    lately = over_time("last", targets.TARGETS, GONE_REMEMBERED).unless(instant(targets.TARGETS))
    gone = lately.and_(answering.in_use(JOB))
    for job in jobs.required:
        # A vanished job is already found above, with the same labels; `or` keeps one of the two.
        gone = gone.or_(absent(scrape.UP, job=job))
    return gone


def _renamed() -> Expr:
    """Models of jobs that have a new model, unless a target that they had is still there and does not serve the new one."""
    now, before = (
        group_by(SERVED, each) for each in (instant(engine.RUNNING), instant(engine.RUNNING).shifted(_NEW_FOR))
    )
    # A job that is new itself has no new model.
    new = now.unless(before).and_(before, on=JOB)
    had = group_by(INSTANCE, over_time("last", instances.RUNNING, GONE_REMEMBERED))
    serves_new = instant(instances.RUNNING).and_(new, on=SERVED)
    left_out = had.and_(instant(scrape.UP), on=TARGET).unless(serves_new, on=TARGET)
    return group_by(SERVED, had.and_(new, on=JOB)).unless(left_out, on=SERVED)


def _unserved() -> Expr:
    """Models that were in use when they were last seen and that no target serves now, in jobs that answer.

    A model that was idle when it went was taken away, or scaled to zero.
    """
    # Recorded gauges outlive a failed scrape, so that a dead target serves no model although it still has them.
    there = instances.serving().unless(instant(answering.DOWN), on=TARGET)
    now = there.unless(_prefills_for_others(there), on=INSTANCE)
    lost = answering.in_use(SERVED).unless(now, on=SERVED).and_(instant(answering.STEADY), on=JOB)
    return group_by(SERVED, lost).unless(_renamed())


def _prefills_for_others(serving: Expr) -> Expr:
    """Prefill instances of jobs that had decode instances of the model within the hour: alone they answer no caller.

    The requests that prefill instances finish are not recorded.
    """
    prefill = instant(scrape.UP, **OF_PREFILL)
    return serving.and_(prefill, on=TARGET).and_(over_time("last", requests.REQUESTS, GONE_REMEMBERED), on=SERVED)


def _job_down(down: Expr) -> Expr:
    """Jobs none of whose targets answers steadily, with the number of their targets, unless all are new ones that start.

    Where callers were there a moment ago, a start is an outage as well, and so is one of a job that may be at zero.
    """
    unanswering = instant(targets.TARGETS).unless(instant(answering.STEADY), on=JOB)
    return unanswering.and_(group_by(JOB, down).or_(answering.in_use(JOB)))


def _place_down(down: Expr) -> Expr:
    """The same of a job's targets in one namespace or cluster, while other targets of the job answer."""
    unanswering = targets.TARGETS_BY_PLACE.unless(instant(answering.STEADY), on=PLACE)
    return unanswering.and_(down, on=PLACE).and_(instant(answering.STEADY), on=JOB)


def _no_capacity(jobs: Jobs) -> Expr:
    """What has no target that answers steadily, with the number of its targets: 0 where none is known, and for models."""
    down = _down(jobs)
    nothing = _job_down(down).or_(_place_down(down)).or_(_gone(jobs) * 0).or_(_unserved() * 0)
    # Grafana also distinguishes alerts by the metric's name. The product drops it, so that a job stays one alert
    # while its targets go from down to gone.
    return nothing * 1


def _less_than_wanted(jobs: Jobs) -> Expr:
    """Targets that are down or flapping, and jobs with too few targets (their number)."""
    # Grafana would treat a name of the series as a label: the product drops it.
    less = _down(jobs) * 1
    for job, replicas in sorted(jobs.replicas.items()):
        # Fewer than one means no capacity at all.
        if replicas > 1:
            less = less.or_((instant(targets.TARGETS, job=job) < replicas) * 1)
    return less


def _mute() -> Expr:
    """Targets that answer scrapes, with gaps or without, and expose nothing that boards and alerts read."""
    answers = over_time("max", scrape.UP, answering.GAP).equals(1).or_(instant(scrape.UP).equals(1))
    # The product drops the name `up`, which Grafana would treat as a label.
    return answers.and_(instant(scrape.UP)).unless(instances.reporting(), on=TARGET) * 1


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
            cannot_see=_NO_CAPACITY_CANNOT_SEE,
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
            cannot_see=_DOWN_CANNOT_SEE,
        ),
        Alert(
            name="InferenceTargetMute",
            expr=_mute(),
            for_="5m",
            severity=Severity.TICKET,
            also_explained_on=(("replicas", "Replicas"), ("monitoring", "Mute targets")),
            panel=("monitoring", "Jobs"),
            summary="{{ $labels.job }} on {{ $labels.instance }} answers scrapes but reports nothing",
            description="{{ $labels.instance }} of {{ $labels.job }} is up, but nothing that it exposes is recorded, neither of an engine nor of requests. No other alert sees it.",
            cannot_see=_MUTE_CANNOT_SEE,
        ),
    )
