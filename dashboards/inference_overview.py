"""Inference overview: is it healthy, and if not, what kind of trouble is it? One screen of 1080 lines, for any engine."""

from functools import reduce

from dashboards import states
from dashboards.choices import GPU_INSTANCE, GPU_JOB, JOB, MODEL, REPLICA_OF_MODEL
from dashboards.lines import BY_GPU
from dashboards.states import NOT_MEASURED, errors_or_state, latency_steps, or_idle, or_trouble
from dashboards.verdicts import verdict_panel
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import bars, gauge, stat, table, timeseries
from glassbox.board.style import GREEN, NEUTRAL, PERCENTILES, RED, UP_DOWN, YELLOW, Steps, Words
from glassbox.board.tables import CLICKED, DrillDown, Next, Page
from glassbox.metrics import prometheus_server
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, instant, max_by, ratio, sum_by
from glassbox.query.rules import Severity
from glassbox.query.selectors import regex
from glassbox.query.wording import last, percent
from glassbox.settings.model import Gpu, Settings
from recording_rules import abandoned, gpu, requests, targets, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import SERVED, TARGET

_TARGET_OF_VERSION = (*TARGET, "model_version")

# A GPU that is active this little waits for work or for its CPU, which is neither good nor bad.
_GPU_LIGHT_RATIO = 0.3
_ERRORS_HIGH_RATIO = 0.01
_ERROR_STEPS = Steps(GREEN, ((0.001, YELLOW), (_ERRORS_HIGH_RATIO, RED)))


_NOW = Size(height=5)
_HANGS = 2
_HEALTH = Words((*UP_DOWN.words, (_HANGS, "HANGS", RED)))
_ALERT = ("alertname", "job", "model_name", "instance")
_SEVERITIES = {Severity.PAGE: RED, Severity.TICKET: YELLOW, Severity.REPORT: NEUTRAL}
_RANKS = Words(tuple((rank, each.value, color) for rank, (each, color) in enumerate(_SEVERITIES.items(), start=1)))


def _now(settings: Settings) -> Row:
    """The current state, readable without an axis."""
    return row(
        "",
        verdict_panel(
            "The most urgent case that holds for each model. What to do about it, and the evidence, are on Capacity and diagnosis.",
            Size(width=7, height=5),
        ),
        stat(
            "QPS now",
            or_trouble(sum_by((), instant(requests.REQUESTS))),
            why=f"Finished requests per second over the {last(requests.WINDOW)}, all models. A model that stays below {settings.thresholds.qps_low:g} raises InferenceQPSLow. {states.meanings(states.ANSWERED)}",
            words=states.words(states.ANSWERED),
            size=_NOW,
        ),
        stat(
            "Failed requests",
            errors_or_state(_failed_share()),
            why=f"Share of requests over the {last(RATE_WINDOW_SECONDS)} that were answered with a server error, or that callers gave up, where those are more than {percent(settings.thresholds.abandoned_share_ratio)}. Above {percent(_ERRORS_HIGH_RATIO)}, look at the verdict and the service's log first. If a replica is chosen, those given up are left out. Words in place of the number are explained in docs/verdict.md.",
            steps=_ERROR_STEPS,
            words=states.words(states.FAILED),
            size=Size(width=5, height=5),
        ),
        stat(
            "Latency p95",
            or_idle(requests.DURATION.quantile(0.95, ())),
            why=f"95% of the requests that finished within the {last(RATE_WINDOW_SECONDS)} took at most this time; those that wait or were given up have none. Red from {settings.thresholds.latency_high_seconds:g} s on: InferenceLatencyHigh may follow. {states.meanings(states.FINISHED)}",
            steps=latency_steps(settings.thresholds.latency_high_seconds),
            words=states.words(states.FINISHED),
            size=_NOW,
        ),
        stat(
            "Targets up",
            avg_by((), targets.OF_SERVICES).measured_in(Unit.RATIO),
            why="Share of targets that answered the last scrape. Below 100%, the health table names the missing one. A target that answers may still serve nobody: see the verdict.",
            # All of them may answer while no request is answered.
            steps=Steps(RED, ((1, NEUTRAL),)),
            size=_NOW,
            empty="No target",
        ),
    )


def _failed_share() -> Expr:
    return ratio(sum_by((), instant(abandoned.FAILED)), sum_by((), instant(abandoned.JUDGED)))


def _gpu_steps(limits: Gpu) -> Steps:
    return Steps(NEUTRAL, ((min(_GPU_LIGHT_RATIO, limits.busy_ratio), YELLOW), (limits.busy_ratio, RED)))


def _course(limits: Gpu) -> Row:
    """History, and whether the GPUs work."""
    return row(
        "",
        timeseries(
            "QPS",
            {
                "": sum_by(SERVED, instant(requests.REQUESTS)),
                "endpoint": sum_by(("job", "endpoint"), instant(requests.REQUESTS_BY_ENDPOINT)),
            },
            why="Finished requests per second, and those of each endpoint where our exporter counts them. A drop with healthy targets means that callers are gone, or that requests are stuck, given up or long: see the verdict.",
            size=Size(width=7),
        ),
        timeseries(
            "Latency",
            {"p50": requests.DURATION.quantile(0.5, ()), "p95": requests.DURATION.quantile(0.95, ())},
            lines={name: PERCENTILES[name] for name in ("p50", "p95")},
            why="Time of finished requests from arrival to the end of the answer, all models. If p95 moves away from p50, some requests are long or wait. If both rise, all requests are slower. LLM serving shows in which phase.",
            size=Size(width=6),
        ),
        gauge(
            "GPU utilisation",
            max_by(BY_GPU, instant(gpu.ACTIVITY)),
            why="Share of time in which the GPU is active: its compute engine where that is profiled, else any kernel. A low value proves an idle GPU. A high value does not prove that work is done.",
            steps=_gpu_steps(limits),
            size=Size(width=5),
            empty=NOT_MEASURED,
        ),
        stat(
            "GPU utilisation, busiest",
            or_trouble(max_by((), instant(gpu.ACTIVITY))),
            why=f"The busiest GPU's share of active time: blue below {percent(min(_GPU_LIGHT_RATIO, limits.busy_ratio))}, yellow to {percent(limits.busy_ratio)}, red above. {states.meanings(states.OF_GPUS)} An idle GPU is not good news then.",
            steps=_gpu_steps(limits),
            words=states.words(states.OF_GPUS),
            size=Size(width=6, height=8),
            empty=NOT_MEASURED,
        ),
    )


def _parts(settings: Settings) -> Row:
    """Memory of each GPU, health of each target, and firing alerts."""
    return row(
        "",
        bars(
            "GPU memory",
            ratio(max_by(BY_GPU, instant(gpu.MEMORY_USED)), max_by(BY_GPU, instant(gpu.MEMORY_TOTAL))),
            why="Share of its memory that each GPU uses; the GPU dashboard has the bytes. vLLM reserves its share at start, so a full bar alone is no cause for alarm.",
            maximum=1,
            size=Size(width=6, height=9),
            empty=NOT_MEASURED,
        ),
        table(
            "Health",
            _health(),
            why="Every target of the service, and whether it answered the last scrape. DOWN raises InferenceInstanceDown after its wait, unless the target is starting or its job may be at zero. HANGS: it answers scrapes, and an engine of it makes no token; InferenceEngineStalled may follow. Click an instance to see that replica alone.",
            value="Status",
            words=_HEALTH,
            drill_down=DrillDown("instance", "replicas", "instance", keeping=(JOB,)),
            size=Size(width=7, height=9),
            empty="No target",
        ),
        table(
            "Firing alerts",
            _firing(),
            why="Prometheus' own alerts that fire now: pages first, then tickets, then reports. The chosen service does not narrow them, since alerts on GPUs belong to none. No row is good news only while Monitoring health is well. Alerts that Grafana evaluates are on its alerting page. Click an alert for its runbook.",
            value="Severity",
            words=_RANKS,
            smallest_first=True,
            drill_down=_runbooks(settings),
            size=Size(width=11, height=9),
            empty="No alert fires",
            may_be_empty=True,
        ),
    )


def _health() -> Expr:
    up = max_by(_TARGET_OF_VERSION, targets.OF_SERVICES)
    hangs = up.equals(1).and_(instant(workload.STALLED), on=TARGET)
    return (hangs * 0 + _HANGS).or_(up)


def _firing() -> Expr:
    """The rank of each firing alert's severity. Heartbeats always fire, and have none."""
    ranked = (
        max_by(
            _ALERT,
            instant(prometheus_server.ALERTS, alertstate="firing", severity=each.value, job=regex(".+")),
        )
        * rank
        for rank, each in enumerate(_SEVERITIES, start=1)
    )
    return reduce(Expr.or_, ranked).measured_in(Unit.NONE)


def _runbooks(settings: Settings) -> Page | None:
    """Where the runbook of the alert in a row can be read, if the settings say so."""
    url = settings.runbook_url(CLICKED)
    return Page("alertname", "Runbook of ${__value.raw}", url) if url else None


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "inference-overview",
        "Inference overview",
        question="Is it healthy, and if not, what kind of trouble is it?",
        variables=(JOB, MODEL, REPLICA_OF_MODEL, GPU_JOB, GPU_INSTANCE),
        leads_to=Next("capacity-and-diagnosis", "What to do about it"),
        rows=(_now(settings), _course(settings.gpu), _parts(settings)),
    )
