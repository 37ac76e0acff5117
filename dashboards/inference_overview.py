"""Inference overview: is it healthy, and if not, what kind of trouble is it? One screen of 1080 lines, for any engine."""

from dashboards.choices import GPU_INSTANCE, GPU_JOB, JOB, MODEL, REPLICA_OF_MODEL
from dashboards.verdicts import verdict_panel
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import bars, gauge, stat, table, timeseries
from glassbox.board.style import GREEN, RED, UP_DOWN, YELLOW, Steps
from glassbox.board.tables import DrillDown, Next, Page
from glassbox.metrics import prometheus_server
from glassbox.metrics.types import Unit
from glassbox.query.expr import regex
from glassbox.query.promql import avg_by, instant, max_by, ratio, sum_by
from glassbox.query.rules import Severity
from glassbox.settings.model import Settings
from recording_rules import gpu, requests, targets
from recording_rules.levels import SERVED

_BOARD = ("instance", "gpu")
_TARGET = ("job", "instance", "model_version")

# Green says idle, not good: a GPU below 30 % waits for work or for its CPU.
_GPU_STEPS = Steps(GREEN, ((0.3, YELLOW), (0.8, RED)))
_ERROR_STEPS = Steps(GREEN, ((0.001, YELLOW), (0.01, RED)))


_NOW = Size(height=5)
_ALERT = ("severity", "alertname", "job", "model_name", "instance")


def _now(settings: Settings) -> Row:
    """What holds at this moment, readable without an axis."""
    return row(
        "",
        verdict_panel(
            "What to do about each model: the first of these that is true. The evidence is on Capacity and diagnosis.",
            Size(width=8, height=5),
        ),
        stat(
            "QPS now",
            sum_by((), instant(requests.REQUESTS)),
            why=f"Finished requests each second over the last minute, all models. Below {settings.thresholds.qps_low:g} three times in a row raises InferenceQPSLow.",
            size=_NOW,
        ),
        stat(
            "Errors",
            ratio(sum_by((), instant(requests.HTTP_ERRORS)), sum_by((), instant(requests.HTTP_REQUESTS))),
            why="Share of requests answered with a server error over 5 minutes. Above 1 % look at the service's log first.",
            steps=_ERROR_STEPS,
            size=_NOW,
        ),
        stat(
            "Latency p95",
            requests.DURATION.quantile(0.95, ()),
            why="95 % of requests of the last 5 minutes were answered within this time.",
            size=_NOW,
        ),
        stat(
            "Targets up",
            avg_by((), targets.OF_SERVICES).measured_in(Unit.RATIO),
            why="Share of targets that answered the last scrape. Below 100 % the health table names the missing one.",
            steps=Steps(RED, ((1, GREEN),)),
            size=_NOW,
            empty="No target",
        ),
    )


def _course() -> Row:
    """How it went, and whether the GPUs work."""
    return row(
        "",
        timeseries(
            "QPS",
            {
                "": sum_by(SERVED, instant(requests.REQUESTS)),
                "endpoint": sum_by(("job", "endpoint"), instant(requests.REQUESTS_BY_ENDPOINT)),
            },
            why="Finished requests each second, and those of each endpoint where our exporter counts them. A drop with healthy targets means that callers are gone or stuck in front.",
            size=Size(width=8),
        ),
        timeseries(
            "Latency",
            {"p50": requests.DURATION.quantile(0.5, ()), "p95": requests.DURATION.quantile(0.95, ())},
            why="Arrival to the end of the answer, all models. p95 away from p50: some requests are long or wait; both up: all do. LLM serving says in which phase.",
            size=Size(width=7),
        ),
        gauge(
            "GPU utilisation",
            max_by(_BOARD, instant(gpu.ACTIVITY)),
            why="Share of time the GPU is active: its compute engine where that is profiled, else any kernel. Low proves an idle GPU; high does not prove work done.",
            steps=_GPU_STEPS,
            size=Size(width=6),
        ),
        stat(
            "GPU utilisation, busiest",
            max_by((), instant(gpu.ACTIVITY)),
            why="The busiest GPU's share of active time: green below 30 %, yellow to 80 %, red above.",
            steps=_GPU_STEPS,
            size=Size(width=3, height=8),
            empty="Not measured",
        ),
    )


def _parts(settings: Settings) -> Row:
    """Memory of each GPU, health of each target, and what fires."""
    people = regex("|".join((Severity.PAGE.value, Severity.TICKET.value)))
    return row(
        "",
        bars(
            "GPU memory",
            {
                "used": max_by(_BOARD, instant(gpu.MEMORY_USED)),
                "total": max_by(_BOARD, instant(gpu.MEMORY_TOTAL)),
            },
            why="Memory by GPU. vLLM reserves its share at start, so a full bar alone is no alarm.",
            size=Size(width=6, height=9),
        ),
        table(
            "Health",
            max_by(_TARGET, targets.OF_SERVICES),
            why="Every target of the service and whether it answered the last scrape. DOWN raises InferenceInstanceDown. Click an instance to see that replica alone.",
            value="Status",
            words=UP_DOWN,
            drill_down=DrillDown("instance", "replicas", "instance", keeping=(JOB,)),
            size=Size(width=7, height=9),
        ),
        table(
            "Firing alerts",
            max_by(_ALERT, instant(prometheus_server.ALERTS, alertstate="firing", severity=people, job=regex(".+"))),
            why="Pages and tickets of Prometheus' own rules that fire now, whatever service is chosen, since those on GPUs belong to none; no row is good news. Alerts that Grafana evaluates are on its alerting page. Click an alert for its runbook.",
            value=None,
            drill_down=_runbooks(settings),
            size=Size(width=11, height=9),
        ),
    )


def _runbooks(settings: Settings) -> Page | None:
    """Where the runbook of the alert in a row can be read, if the settings say."""
    url = settings.runbook_url("${__value.raw}")
    return Page("alertname", "Runbook of ${__value.raw}", url) if url else None


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "inference-overview",
        "Inference overview",
        question="Is it healthy, and if not, what kind of trouble is it?",
        variables=(JOB, MODEL, REPLICA_OF_MODEL, GPU_JOB, GPU_INSTANCE),
        leads_to=Next("capacity-and-diagnosis", "What to do about it"),
        rows=(_now(settings), _course(), _parts(settings)),
    )
